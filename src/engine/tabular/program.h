#pragma once
// A compiled model: straight-line steps over blocks of rows.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace slipway::tabular {

class Arena;

/// A number of Program::slots.
using Slot = int32_t;
inline constexpr Slot kNoSlot = -1;

/// Rows of a run that steps work on at once: where each slot keeps its values of them, row by row.
/// A BYTES element is a std::string_view.
struct Block {
  size_t rows;
  std::byte* const* slots;
  Arena* arena = nullptr;  // for what steps hand on besides slots, until the block is done

  template <typename T>
  const T* In(Slot slot) const {
    return reinterpret_cast<const T*>(slots[slot]);
  }
  template <typename T>
  T* Out(Slot slot) const {
    return reinterpret_cast<T*>(slots[slot]);
  }
};

struct SlotPlan {
  DType dtype;
  size_t row_bytes = 0;
  size_t offset = 0;  // in the scratch
};

/// One step of a program. It knows its slots. Threads: Run is safe on a const object.
class Step {
 public:
  virtual ~Step() = default;
  /// Whether the rows that it reads and writes are as long as its slots': asked of what was fused.
  virtual bool Fits(std::span<const SlotPlan> /*slots*/) const { return true; }
  /// Called once, when the program is complete and the step is in it.
  virtual Status Prepare() { return OkStatus(); }
  /// @return kBadRequest when it refuses the values of a row.
  virtual Status Run(const Block& block) const = 0;
};

/// Where a graph output comes from.
struct OutputSource {
  Slot slot = kNoSlot;
  Shape tail = {};                   // of a slot: the dimensions after the rows
  std::optional<size_t> input = {};  // handed through unchanged
  std::shared_ptr<const Tensor> constant = nullptr;
};

struct Program {
  struct PlannedStep {
    std::unique_ptr<Step> step;
    std::vector<Slot> reads;
    std::vector<Slot> writes;
    uint64_t outputs = 0;  // bit i: output i needs it; outputs from 63 on share a bit
  };

  std::vector<SlotPlan> slots;
  std::vector<PlannedStep> steps;
  std::vector<Slot> inputs;  // by graph input; kNoSlot where no step reads it
  std::vector<OutputSource> outputs;
  size_t block_rows = 1;
  size_t scratch_bytes = 0;  // for one block
};

/// Bytes of one element in a slot.
size_t SlotElementSize(DType dtype);

/// What one row [tail…] takes in a slot; nullopt when that, or one dimension, is more than
/// kMaxRowBytes, or there are too many dimensions.
std::optional<size_t> RowBytes(DType dtype, std::span<const int64_t> tail);
inline constexpr size_t kMaxRowBytes = size_t{16} << 20;

/// Drops the steps that no output needs.
void DropUnused(Program& program);

/// Gives each slot its place in the scratch, prepares the steps.
/// @return kUnsupported when one row takes more than kMaxRowBytes.
Status Plan(Program& program);

/// Calls `visit.template operator()<T>()` with the C++ type of a slot's elements; FP16 and BF16
/// have none and are never computed with.
template <typename Visitor>
auto VisitType(DType dtype, Visitor&& visit) {
  switch (dtype) {
    case DType::kBool:
      return visit.template operator()<bool>();
    case DType::kUint8:
      return visit.template operator()<uint8_t>();
    case DType::kUint16:
      return visit.template operator()<uint16_t>();
    case DType::kUint32:
      return visit.template operator()<uint32_t>();
    case DType::kUint64:
      return visit.template operator()<uint64_t>();
    case DType::kInt8:
      return visit.template operator()<int8_t>();
    case DType::kInt16:
      return visit.template operator()<int16_t>();
    case DType::kInt32:
      return visit.template operator()<int32_t>();
    case DType::kInt64:
      return visit.template operator()<int64_t>();
    case DType::kFp16:
    case DType::kBf16:
    case DType::kFp32:
      return visit.template operator()<float>();
    case DType::kFp64:
      return visit.template operator()<double>();
    case DType::kBytes:
      break;
  }
  return visit.template operator()<std::string_view>();
}

}  // namespace slipway::tabular
