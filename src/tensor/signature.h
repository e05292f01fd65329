#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace slipway {

/// One input or output of a model.
struct TensorSpec {
  std::string name;
  DType dtype = DType::kFp32;
  Shape shape;            // -1 = any
  bool optional = false;  // inputs only: may be left out
  std::vector<std::string> labels =
      {};                   // outputs only: names of the classes, by index; often empty
  bool any_rank = false;    // the model does not say how many dimensions it has; shape is then [-1]
  bool any_number = false;  // inputs [n,F] of FP32, FP64 or BYTES only, columns of a table: takes
                            // every numeric dtype, and, as the only input, any name
                            // (infer/table.h)
  bool on_request = false;  // outputs only: given to who asks for it by name
  std::vector<std::string> columns = {};  // inputs [n,F] only: names of the columns; often empty
  std::vector<bool> times = {};           // any_number only: which columns are seconds since
                                 // 1970-01-01T00:00:00Z, which texts may say (base/iso8601.h);
                                 // empty when none is

  bool operator==(const TensorSpec&) const = default;
};

/// True when a tensor of `shape` may be given for `spec`.
inline bool Takes(const TensorSpec& spec, std::span<const int64_t> shape) {
  return spec.any_rank ? shape.size() <= kMaxRank : Matches(spec.shape, shape);
}

/// True when element `index` of `spec`, in row-major order, is a time.
inline bool IsTime(const TensorSpec& spec, size_t index) {
  return !spec.times.empty() && spec.times[index % spec.times.size()];
}

/// A column of the tables that a model takes, as who saved it declared it.
struct ColumnSpec {
  enum class Kind { kBoolean, kInteger, kLong, kFloat, kDouble, kString };
  std::string name;
  Kind kind = Kind::kDouble;

  bool operator==(const ColumnSpec&) const = default;
};

/// What a model takes and gives.
struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  /// Where there are any, these columns of a table are looked for by name, others are passed over,
  /// and cells are converted to what was declared (docs/formats/tables.md).
  std::vector<ColumnSpec> columns = {};

  bool operator==(const Signature&) const = default;
};

/// Index in `specs` of the one called `name`; nullopt when there is none. Linear: signatures are
/// short.
inline std::optional<size_t> IndexOf(const std::vector<TensorSpec>& specs, std::string_view name) {
  for (size_t i = 0; i < specs.size(); ++i)
    if (specs[i].name == name) return i;
  return std::nullopt;
}

}  // namespace slipway
