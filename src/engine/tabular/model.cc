#include "engine/tabular/model.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/tabular/arena.h"

namespace slipway::tabular {
namespace {

// Less than this is malloc's small change and not counted among all runs.
constexpr size_t kCounted = size_t{64} << 10;
constexpr size_t kKeptScratch = size_t{1} << 20;  // a thread's own, between runs

struct AlignedDelete {
  void operator()(std::byte* p) const { ::operator delete[](p, std::align_val_t{64}); }
};
using Scratch = std::unique_ptr<std::byte[], AlignedDelete>;

Scratch NewScratch(size_t bytes) {
  return Scratch(new (std::align_val_t{64}) std::byte[std::max<size_t>(bytes, 1)]);
}

/// The thread's own where it is small: a run then allocates nothing but its results.
class ScratchLease {
 public:
  explicit ScratchLease(size_t bytes) {
    thread_local Scratch kept;
    thread_local size_t kept_bytes = 0;
    if (bytes > kKeptScratch) {
      own_ = NewScratch(bytes);
    } else if (kept_bytes < bytes) {
      kept = NewScratch(bytes);
      kept_bytes = bytes;
    }
    data_ = own_ != nullptr ? own_.get() : kept.get();
  }
  std::byte* data() const { return data_; }

 private:
  Scratch own_;
  std::byte* data_;
};

/// The elements of a BYTES tensor, read on as blocks come.
void ReadElements(BytesReader& reader, size_t count, std::byte* to) {
  auto* elements = reinterpret_cast<std::string_view*>(to);
  for (size_t i = 0; i < count; ++i)
    if (!reader.Next(&elements[i])) elements[i] = {};
}

/// Bytes of elements on the wire.
size_t WireBytes(std::span<const std::string_view> elements) {
  size_t bytes = 0;
  for (const std::string_view element : elements) bytes += sizeof(uint32_t) + element.size();
  return bytes;
}

bool IsAligned(const std::byte* data, size_t element) {
  return reinterpret_cast<uintptr_t>(data) % std::max<size_t>(element, 1) == 0;
}

}  // namespace

bool RunMemory::Take(size_t bytes, size_t limit) {
  if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) return true;
  Return(bytes);
  return false;
}

/// A thread's own, which keeps a little between runs.
class ArenaLease {
 public:
  ~ArenaLease() { arena_.Shrink(kKeptScratch); }
  Arena& arena() { return arena_; }

 private:
  static Arena& OfThread() {
    thread_local Arena arena;
    return arena;
  }
  Arena& arena_ = OfThread();
};

/// One run: what it was given, where its slots are, and what it makes.
class Model::Execution {
 public:
  Execution(const Model& model, std::span<const Tensor* const> inputs,
            std::span<const size_t> outputs, std::vector<Tensor>& results)
      : model_(model),
        program_(model.program_),
        inputs_(inputs),
        outputs_(outputs),
        results_(results) {}

  Status Run(const RunOptions& options) {
    RETURN_IF_ERROR(CountRows());
    RETURN_IF_ERROR(Charge());
    results_.resize(outputs_.size());
    const ScratchLease scratch(wanted_ == 0 ? 0 : program_.scratch_bytes);
    RETURN_IF_ERROR(Prepare(scratch.data()));
    for (size_t begin = 0; begin < rows_; begin += program_.block_rows) {
      if (options.deadline && std::chrono::steady_clock::now() > *options.deadline)
        return MakeError(Reason::kDeadlineExceeded, "the run was ended at its deadline");
      RETURN_IF_ERROR(RunBlock(begin, std::min(program_.block_rows, rows_ - begin)));
    }
    Finish();
    return OkStatus();
  }

 private:
  /// A BYTES result, whose size is known when all of it is there.
  struct Text {
    Slot slot;
    size_t result;
    Buffer room = {};
    std::byte* start = nullptr;
    size_t used = 0;
  };

  Status CountRows() {
    std::optional<size_t> first;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (program_.inputs[i] == kNoSlot) continue;
      const auto rows = static_cast<size_t>(inputs_[i]->shape.front());
      if (first && rows != rows_)
        return Error(Reason::kBadRequest, "input \"{}\": expected {} rows as in \"{}\", got {}",
                     model_.signature_.inputs[i].name, rows_, model_.signature_.inputs[*first].name,
                     rows);
      if (!first) first = i;
      rows_ = rows;
    }
    for (const size_t output : outputs_)
      if (program_.outputs[output].slot != kNoSlot)
        wanted_ |= uint64_t{1} << std::min<size_t>(output, 63);
    return OkStatus();
  }

  size_t ResultBytes(size_t output) const {
    const OutputSource& source = program_.outputs[output];
    if (source.input) return inputs_[*source.input]->data.size();
    if (source.constant) return source.constant->data.size();
    const auto& slot = program_.slots[source.slot];
    return rows_ * slot.row_bytes;
  }

  /// What the run holds, but for texts, whose sizes are not known yet.
  Status Charge() {
    held_ = wanted_ == 0 ? 0 : program_.scratch_bytes;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const OutputSource& source = program_.outputs[outputs_[i]];
      const bool made_text =
          source.slot != kNoSlot && program_.slots[source.slot].dtype == DType::kBytes;
      if (made_text) continue;
      const size_t bytes = ResultBytes(outputs_[i]);
      RETURN_IF_ERROR(CheckAnswer(i, bytes));
      RETURN_IF_ERROR(Hold(bytes));
    }
    return OkStatus();
  }

  /// `bytes` more belong to a result.
  Status CheckAnswer(size_t result, size_t bytes) {
    result_bytes_ += bytes;
    if (result_bytes_ > model_.options_.max_output_bytes)
      return Error(Reason::kTooLarge, "output \"{}\": the answer takes more than {} bytes",
                   model_.signature_.outputs[outputs_[result]].name,
                   model_.options_.max_output_bytes);
    return OkStatus();
  }

  Status Hold(size_t bytes) {
    held_ += bytes;
    if (held_ > model_.options_.memory.run_bytes)
      return Error(Reason::kTooLarge, "the run needs more than the {} bytes of memory it may take",
                   model_.options_.memory.run_bytes);
    return OkStatus();
  }

  /// A buffer for a result; what is large counts until the caller lets it go.
  StatusOr<Buffer> Allocate(size_t bytes, std::byte** start) {
    if (bytes < kCounted) return Buffer::Allocate(bytes, start);
    if (!model_.memory_->Take(bytes, model_.options_.memory.all_runs_bytes))
      return Error(Reason::kOverloaded,
                   "the runs in progress have taken the {} bytes of memory that all may take",
                   model_.options_.memory.all_runs_bytes);
    std::byte* const data = NewScratch(bytes).release();
    *start = data;
    return Buffer({data, bytes},
                  std::shared_ptr<std::byte>(data, [memory = model_.memory_, bytes](std::byte* p) {
                    AlignedDelete{}(p);
                    memory->Return(bytes);
                  }));
  }

  Status Prepare(std::byte* scratch) {
    slots_.resize(program_.slots.size());
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i] = scratch + program_.slots[i].offset;
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (program_.inputs[i] != kNoSlot &&
          program_.slots[program_.inputs[i]].dtype == DType::kBytes)
        readers_.emplace_back(program_.inputs[i], BytesReader(inputs_[i]->data.bytes()));
    for (size_t i = 0; i < outputs_.size(); ++i) RETURN_IF_ERROR(PrepareResult(i));
    return OkStatus();
  }

  Status PrepareResult(size_t i) {
    const OutputSource& source = program_.outputs[outputs_[i]];
    Tensor& result = results_[i];
    result.dtype = model_.signature_.outputs[outputs_[i]].dtype;
    if (source.constant) {
      result = *source.constant;
      return OkStatus();
    }
    if (source.input) {
      const Tensor& input = *inputs_[*source.input];
      result.shape = input.shape;
      std::byte* start;
      ASSIGN_OR_RETURN(result.data, Allocate(input.data.size(), &start));
      if (input.data.size() > 0) std::memcpy(start, input.data.data(), input.data.size());
      return OkStatus();
    }
    result.shape.assign(1, static_cast<int64_t>(rows_));
    result.shape.insert(result.shape.end(), source.tail.begin(), source.tail.end());
    if (result.dtype == DType::kBytes) {
      texts_.push_back({.slot = source.slot, .result = i});
      return OkStatus();
    }
    std::byte* start;
    ASSIGN_OR_RETURN(result.data, Allocate(rows_ * program_.slots[source.slot].row_bytes, &start));
    written_.push_back({source.slot, start});
    return OkStatus();
  }

  Status RunBlock(size_t begin, size_t rows) {
    PlaceInputs(begin, rows);
    for (const auto& [slot, start] : written_)
      slots_[slot] = start + begin * program_.slots[slot].row_bytes;
    const Block block{rows, slots_.data(), &arena_.arena()};
    arena_.arena().Reset(model_.options_.memory.run_bytes - held_);
    for (const auto& planned : program_.steps)
      if ((planned.outputs & wanted_) != 0) RETURN_IF_ERROR(planned.step->Run(block));
    // A slot that is two outputs was written to the place of the last.
    for (const auto& [slot, start] : written_) {
      const size_t row_bytes = program_.slots[slot].row_bytes;
      std::byte* const place = start + begin * row_bytes;
      if (place != slots_[slot] && rows * row_bytes > 0)
        std::memcpy(place, slots_[slot], rows * row_bytes);
    }
    rows_done_ = begin + rows;
    for (Text& text : texts_) {
      const size_t columns = program_.slots[text.slot].row_bytes / sizeof(std::string_view);
      RETURN_IF_ERROR(Append(
          {reinterpret_cast<const std::string_view*>(slots_[text.slot]), rows * columns}, text));
    }
    return OkStatus();
  }

  Status Append(std::span<const std::string_view> elements, Text& text) {
    const size_t more = WireBytes(elements);
    RETURN_IF_ERROR(CheckAnswer(text.result, more));
    if (more > text.room.size() - text.used) RETURN_IF_ERROR(Grow(text, text.used + more));
    std::byte* to = text.start + text.used;
    for (const std::string_view element : elements) {
      const auto length = static_cast<uint32_t>(element.size());
      std::memcpy(to, &length, sizeof(length));
      if (length > 0) std::memcpy(to + sizeof(length), element.data(), length);
      to += sizeof(length) + length;
    }
    text.used += more;
    return OkStatus();
  }

  /// Room for all rows, if they are as long as those so far and an eighth longer; for these alone
  /// where that would be too much.
  Status Grow(Text& text, size_t wanted) {
    const double all = static_cast<double>(wanted) / static_cast<double>(rows_done_) *
                       static_cast<double>(rows_) * 1.125;
    const double most = static_cast<double>(model_.options_.memory.run_bytes - held_);
    const size_t size = rows_done_ < rows_ && all < most ? static_cast<size_t>(all) : wanted;
    RETURN_IF_ERROR(Hold(size));
    std::byte* start;
    ASSIGN_OR_RETURN(Buffer larger, Allocate(size, &start));
    if (text.used > 0) std::memcpy(start, text.start, text.used);
    held_ -= text.room.size();
    text.room = std::move(larger);
    text.start = start;
    return OkStatus();
  }

  void PlaceInputs(size_t begin, size_t rows) {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const Slot slot = program_.inputs[i];
      if (slot == kNoSlot) continue;
      const auto& plan = program_.slots[slot];
      if (plan.dtype == DType::kBytes) continue;
      const std::byte* const from = inputs_[i]->data.data() + begin * plan.row_bytes;
      if (IsAligned(from, SlotElementSize(plan.dtype))) {
        slots_[slot] = const_cast<std::byte*>(from);  // steps never write an input
      } else {
        std::memcpy(slots_[slot], from, rows * plan.row_bytes);
      }
    }
    for (auto& [slot, reader] : readers_)
      ReadElements(reader, rows * (program_.slots[slot].row_bytes / sizeof(std::string_view)),
                   slots_[slot]);
  }

  void Finish() {
    for (const Text& text : texts_)
      results_[text.result].data = text.start == nullptr
                                       ? Buffer::Own(std::string())
                                       : Buffer({text.start, text.used}, text.room.owner());
  }

  const Model& model_;
  const Program& program_;
  const std::span<const Tensor* const> inputs_;
  const std::span<const size_t> outputs_;
  std::vector<Tensor>& results_;
  ArenaLease arena_;
  size_t rows_ = 0;
  size_t rows_done_ = 0;  // this block included
  uint64_t wanted_ = 0;
  size_t held_ = 0;          // bytes of scratch and results
  size_t result_bytes_ = 0;  // of the answer
  absl::InlinedVector<std::byte*, 32> slots_;
  absl::InlinedVector<std::pair<Slot, std::byte*>, 4> written_;
  absl::InlinedVector<std::pair<Slot, BytesReader>, 1> readers_;
  absl::InlinedVector<Text, 1> texts_;
};

Model::Model(Program program, Signature signature, const LoadOptions& options,
             std::shared_ptr<RunMemory> memory)
    : program_(std::move(program)),
      signature_(std::move(signature)),
      options_(options),
      memory_(std::move(memory)) {}

Status Model::Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                  const RunOptions& options, std::vector<Tensor>& results) const {
  SLIPWAY_CHECK(inputs.size() == signature_.inputs.size(),
                "a run gives one pointer for every input");
  return Execution(*this, inputs, outputs, results).Run(options);
}

}  // namespace slipway::tabular
