#pragma once
// The elements of one tensor as JSON values, in row-major order. The nesting they stand in is the
// caller's business.

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "infer/arena.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"
#include "text/json_reader.h"
#include "text/number_format.h"

namespace slipway::instances {

/// What else than its plain form an element may be.
struct ElementForms {
  bool base64_objects = false;        // BYTES also as {"b64": "<base64>"}
  const TensorSpec* table = nullptr;  // of whose cells they are: null is a missing value, NaN or
                                      // "", true and false are 1 and 0, texts may say times
};

/// Gathers elements in an arena, however many come. Memory follows the text that was read: at most
/// 4 bytes for each of its bytes, twice that while it grows.
class ElementReader {
 public:
  /// @param arena  holds the data; outlives this.
  ElementReader(DType dtype, Arena& arena, ElementForms forms = {})
      : dtype_(dtype), arena_(&arena), forms_(forms) {}

  /// Makes room for `elements` (BYTES: ignored) when so many are likely to come.
  void Reserve(size_t elements);

  /// Reads the element that is due and, of numbers in a list, those that follow it plainly: at
  /// least one, at most `limit`. Afterwards JsonReader::NextElement is due.
  /// @return how many; kBadRequest in the reader's form when it is no element of the data type.
  ///   Whole numbers and 64-bit ones are exact or refused. NaN tokens are the reader's option.
  StatusOr<size_t> Read(JsonReader& json, size_t limit);

  size_t count() const { return count_; }
  /// What was read so far, as the arena holds it.
  Buffer data() const { return Buffer(memory_.first(used_)); }

 private:
  Status ReadNumbers(JsonReader& json, std::span<std::byte> room, size_t* count) const;
  /// A number, or a cell in its place.
  Status ReadCells(JsonReader& json, std::span<std::byte> room, size_t* count) const;
  Status ReadString(JsonReader& json);
  Status ReadBase64(JsonReader& json);
  void AppendString(const JsonReader& json, std::string_view element);
  void EnsureRoom(const JsonReader& json, size_t bytes);

  DType dtype_;
  Arena* arena_;
  ElementForms forms_;
  std::span<std::byte> memory_;
  size_t used_ = 0;  // bytes of memory_
  size_t count_ = 0;
};

/// How elements that JSON has no form for are written.
struct ElementStyle {
  NonFinite non_finite = NonFinite::kRefuse;
  bool base64 = false;  // every BYTES element as {"b64": "<base64>"}
};

/// Writes the elements of a tensor one after the other.
class ElementWriter {
 public:
  /// @param tensor  borrowed; its data fits its shape.
  ElementWriter(const Tensor& tensor, ElementStyle style)
      : tensor_(tensor), style_(style), strings_(tensor.data.bytes()) {}

  /// Appends the next `count` elements, which exist, with commas between and no brackets.
  /// @return kBadRequest "element 3 is not UTF-8, which JSON cannot say"; `out` is then
  /// unspecified.
  Status Append(size_t count, std::string& out);

 private:
  template <typename Value>
  Status AppendNumbers(size_t count, std::string& out, const Value& value) const;
  template <typename T>
  Status AppendNumbers(size_t count, std::string& out) const;
  Status AppendValues(size_t count, std::string& out);
  Status AppendStrings(size_t count, std::string& out);

  const Tensor& tensor_;
  ElementStyle style_;
  BytesReader strings_;
  size_t next_ = 0;  // element
};

}  // namespace slipway::instances
