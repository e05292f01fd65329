#pragma once
// Arrays of numbers, however deeply nested, read straight into their destination in row-major
// order.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "text/json_reader.h"

namespace slipway {

/// Reads one JSON array from `reader`: its elements are numbers or arrays of such, to any depth
/// that the reader allows; the nesting itself is not compared with anything.
/// @param out    receives the first out.size() numbers; more are checked and counted only.
/// @param count  receives how many numbers there were.
/// @return kBadRequest in the reader's form for anything that is no number of that type. Floats are
///   rounded once, to nearest; one that rounds to infinity is refused. Whole-number types take
///   neither fractions nor exponents ("1.0", "1e3"), nor values outside their range.
/// Cost: O(text), no allocation.
template <typename T>
Status ReadNumberArray(JsonReader& reader, std::span<T> out, size_t* count);

/// The same for numbers that are narrowed to FP16 or BF16 by the caller's rule, which rounds to
/// nearest: all in all the decimal is rounded once (ToDoubleToNarrow).
/// @param narrow  false refuses the value as out of range.
using NarrowFn = bool (*)(double value, uint16_t* out);
Status ReadNumberArray(JsonReader& reader, std::span<uint16_t> out, NarrowFn narrow, size_t* count);

/// The same for true and false, stored as 1 and 0.
Status ReadBoolArray(JsonReader& reader, std::span<uint8_t> out, size_t* count);

/// Reads the number that is due and those that follow it plainly in the same list, at least one and
/// at most out.size(), which is above 0. For callers that walk the nesting themselves: after it
/// JsonReader::NextElement is due. NaN tokens, when the reader allows them, are floats.
/// @param count  receives how many numbers there were.
/// @return as ReadNumberArray.
template <typename T>
Status ReadNumberRun(JsonReader& reader, std::span<T> out, size_t* count);
Status ReadNumberRun(JsonReader& reader, std::span<uint16_t> out, NarrowFn narrow, size_t* count);

/// The same for numbers that have no type but what their text says: a whole number is the nearest
/// double, any other is of `fractions`.
enum class Fractions : uint8_t { kFp32, kFp64 };
Status ReadNumberRun(JsonReader& reader, std::span<double> out, Fractions fractions, size_t* count);

/// Walks a nested array; `read` is called where an element is due and consumes it (or a run of
/// elements with the commas between them).
template <typename Read>
Status ReadNestedArray(JsonReader& reader, Read&& read) {
  RETURN_IF_ERROR(reader.BeginArray());
  for (int depth = 1; depth > 0;) {
    ASSIGN_OR_RETURN(const bool more, reader.NextElement());
    if (!more) {
      --depth;
      continue;
    }
    ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
    if (type == JsonType::kArray) {
      RETURN_IF_ERROR(reader.BeginArray());
      ++depth;
    } else {
      RETURN_IF_ERROR(read(reader));
    }
  }
  return OkStatus();
}

}  // namespace slipway
