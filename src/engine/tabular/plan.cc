#include <algorithm>

#include "base/check.h"
#include "engine/tabular/program.h"

namespace slipway::tabular {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kMaxBlockRows = 256;
constexpr size_t kTargetScratch = 192 << 10;  // a good part of a core's second-level cache

size_t RoundUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// From the first step that writes a slot to the last that reads it.
struct Life {
  size_t begin = SIZE_MAX;
  size_t end = 0;
};

std::vector<Life> LivesOf(const Program& program) {
  std::vector<Life> lives(program.slots.size());
  const auto touch = [&](Slot slot, size_t step) {
    Life& life = lives[slot];
    life.begin = std::min(life.begin, step);
    life.end = std::max(life.end, step);
  };
  for (size_t i = 0; i < program.steps.size(); ++i) {
    for (const Slot slot : program.steps[i].reads) touch(slot, i);
    for (const Slot slot : program.steps[i].writes) touch(slot, i);
  }
  for (const Slot slot : program.inputs)
    if (slot != kNoSlot) touch(slot, 0);
  for (const OutputSource& output : program.outputs)
    if (output.slot != kNoSlot) touch(output.slot, program.steps.size());
  return lives;
}

/// Slots whose lives overlap get places that do not: first fit, in the order of their beginning.
void PlaceSlots(Program& program) {
  const std::vector<Life> lives = LivesOf(program);
  std::vector<size_t> order(program.slots.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::erase_if(order, [&](size_t i) { return lives[i].begin > lives[i].end; });  // fused away
  std::ranges::stable_sort(order, {}, [&](size_t i) { return lives[i].begin; });
  const auto size = [&](size_t i) {
    return RoundUp(program.slots[i].row_bytes * program.block_rows);
  };
  std::vector<size_t> placed;  // still alive, by offset
  program.scratch_bytes = 0;
  for (const size_t slot : order) {
    std::erase_if(placed, [&](size_t other) { return lives[other].end < lives[slot].begin; });
    size_t offset = 0;
    auto at = placed.begin();
    for (; at != placed.end(); ++at) {
      if (program.slots[*at].offset >= offset + size(slot)) break;
      offset = std::max(offset, program.slots[*at].offset + size(*at));
    }
    placed.insert(at, slot);
    program.slots[slot].offset = offset;
    program.scratch_bytes = std::max(program.scratch_bytes, offset + size(slot));
  }
}

void FindOutputs(Program& program) {
  std::vector<uint64_t> needed(program.slots.size());
  for (size_t i = 0; i < program.outputs.size(); ++i)
    if (const Slot slot = program.outputs[i].slot; slot != kNoSlot)
      needed[slot] |= uint64_t{1} << std::min<size_t>(i, 63);
  for (auto step = program.steps.rbegin(); step != program.steps.rend(); ++step) {
    step->outputs = 0;
    for (const Slot slot : step->writes) step->outputs |= needed[slot];
    for (const Slot slot : step->reads) needed[slot] |= step->outputs;
  }
}

}  // namespace

size_t SlotElementSize(DType dtype) {
  return dtype == DType::kBytes ? sizeof(std::string_view) : ElementSize(dtype);
}

std::optional<size_t> RowBytes(DType dtype, std::span<const int64_t> tail) {
  if (tail.size() >= static_cast<size_t>(kMaxRank)) return std::nullopt;
  size_t bytes = SlotElementSize(dtype);
  for (const int64_t dim : tail) {
    if (dim < 0 || static_cast<size_t>(dim) > kMaxRowBytes) return std::nullopt;
    bytes *= static_cast<size_t>(dim);
    if (bytes > kMaxRowBytes) return std::nullopt;
  }
  return bytes;
}

void DropUnused(Program& program) {
  FindOutputs(program);
  std::erase_if(program.steps, [](const auto& planned) { return planned.outputs == 0; });
}

Status Plan(Program& program) {
  program.block_rows = 1;
  PlaceSlots(program);
  if (program.scratch_bytes > kMaxRowBytes)
    return Error(Reason::kUnsupported, "one row takes {} bytes, at most {} are supported",
                 program.scratch_bytes, kMaxRowBytes);
  for (auto& planned : program.steps) {
    SLIPWAY_CHECK(planned.step->Fits(program.slots), "a step's rows are as long as its slots'");
    RETURN_IF_ERROR(planned.step->Prepare());
  }
  while (program.block_rows < kMaxBlockRows) {
    program.block_rows *= 2;
    PlaceSlots(program);
    if (program.scratch_bytes <= kTargetScratch) continue;
    program.block_rows /= 2;
    PlaceSlots(program);
    break;
  }
  return OkStatus();
}

}  // namespace slipway::tabular
