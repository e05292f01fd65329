#pragma once
// Numbers as JSON text. Floats in the fewest digits that read back as the same value, always with a
// '.' or an exponent ("1.0"), so that a reader can tell them from whole numbers.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

namespace slipway {

/// Room for any number, in bytes.
inline constexpr size_t kMaxNumberText = 32;

/// Writes `value` at `to` (kMaxNumberText bytes) and returns the end; nullptr, nothing written, for
/// NaN and the infinities, which JSON cannot say.
char* FormatNumber(float value, char* to);
char* FormatNumber(double value, char* to);
char* FormatNumber(int64_t value, char* to);
char* FormatNumber(uint64_t value, char* to);
template <std::integral T>
char* FormatNumber(T value, char* to) {
  if constexpr (std::is_signed_v<T>)
    return FormatNumber(static_cast<int64_t>(value), to);
  else
    return FormatNumber(static_cast<uint64_t>(value), to);
}

/// Appends `value`; false, nothing appended, for NaN and the infinities.
template <typename T>
bool AppendNumber(std::string& out, T value) {
  char buffer[kMaxNumberText];
  const char* const end = FormatNumber(value, buffer);
  if (end == nullptr) return false;
  out.append(buffer, static_cast<size_t>(end - buffer));
  return true;
}

/// Appends "[1.5,2.0]".
/// @param value  called with each index below `count`, in order.
/// @return `count`, or the index of the first NaN or infinity, with `out` unspecified.
template <typename Value>
size_t AppendNumberArray(std::string& out, size_t count, Value&& value) {
  constexpr size_t kChunk = 64;
  char buffer[kChunk * (kMaxNumberText + 1)];
  out += '[';
  for (size_t done = 0; done < count;) {
    char* at = buffer;
    const size_t stop = std::min(count, done + kChunk);
    for (; done < stop; ++done) {
      char* const end = FormatNumber(value(done), at);
      if (end == nullptr) return done;
      at = end;
      *at++ = ',';
    }
    if (done == count) --at;  // no comma after the last
    out.append(buffer, static_cast<size_t>(at - buffer));
  }
  out += ']';
  return count;
}

template <typename T>
size_t AppendNumberArray(std::string& out, std::span<const T> values) {
  return AppendNumberArray(out, values.size(), [&](size_t i) { return values[i]; });
}

}  // namespace slipway
