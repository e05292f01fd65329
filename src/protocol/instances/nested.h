#pragma once
// One tensor as nested JSON lists: [[1,2],[3,4]] is a tensor of shape [2,2], 5 one of rank 0.

#include <string>

#include "protocol/instances/elements.h"

namespace slipway::instances {

/// Reads values of equal shape into one tensor. The shape is that of the first value; lists of
/// other lengths or depths than it has are refused (no ragged tensors), and more than kMaxRank
/// levels.
class NestedReader {
 public:
  /// @param spec   of whose data type they are; as a table's they may be cells (ElementForms).
  /// @param arena  holds the data. Both outlive this.
  NestedReader(const TensorSpec& spec, Arena& arena)
      : dtype_(spec.dtype),
        elements_(spec.dtype, arena,
                  {.base64_objects = true, .table = spec.any_number ? &spec : nullptr}) {}

  /// Reads one value: an element, or lists of elements nested alike. BYTES elements may be
  /// {"b64": "<base64>"}.
  /// @return kBadRequest in the reader's form, naming the byte. Cost: O(text), no recursion.
  Status Read(JsonReader& json);

  /// How many values were read.
  size_t values() const { return values_; }

  /// The one value that was read.
  Tensor One() const { return {dtype_, shape_, elements_.data()}; }
  /// All values, stacked: the first dimension counts them.
  Tensor Stacked() const;

 private:
  using Lists = absl::InlinedVector<int64_t, 6>;  // the open lists, each with its length so far
  Status ReadElements(JsonReader& json, Lists& open);
  Status Open(JsonReader& json, Lists& open);
  Status Close(JsonReader& json, Lists& open);

  DType dtype_;
  ElementReader elements_;
  Shape shape_;              // -1: a list that was not closed yet
  bool rank_known_ = false;  // an element or an empty list was seen
  size_t values_ = 0;
};

/// A tensor without elements may still have lists: [[],[]]. At most so many are written.
inline constexpr int64_t kMaxEmptyLists = int64_t{1} << 20;

/// Appends the whole tensor; rank 0 as its one element.
/// @return kBadRequest for an element that has no JSON form, or more than kMaxEmptyLists empty
///   lists; `out` is then unspecified. Cost: O(text), no recursion.
Status AppendNested(const Tensor& tensor, ElementStyle style, std::string& out);

/// Appends the next value of `shape` from `elements`.
/// @return as AppendNested.
Status AppendNested(std::span<const int64_t> shape, ElementWriter& elements, std::string& out);

}  // namespace slipway::instances
