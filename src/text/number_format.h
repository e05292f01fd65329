#pragma once
// Numbers as JSON text. Floats in the fewest digits that read back as the same value, always with a
// '.' or an exponent ("1.0"), so that a reader can tell them from whole numbers.

#include <algorithm>
#include <array>
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

/// Writes values, each with a comma behind it, at `to`, which has room for as many times
/// kMaxNumberText + 1 bytes and is moved to their end.
/// @return how many were written: all, or those before the first that JSON cannot say.
template <typename T>
size_t FormatOneByOne(std::span<const T> values, char** to) {
  for (size_t done = 0; done < values.size(); ++done) {
    char* const end = FormatNumber(values[done], *to);
    if (end == nullptr) return done;
    *end = ',';
    *to = end + 1;
  }
  return values.size();
}

template <typename T>
size_t FormatNumbers(std::span<const T> values, char** to) {
  return FormatOneByOne(values, to);
}
/// The same, several computed at once.
size_t FormatNumbers(std::span<const float> values, char** to);

/// Appends `value`; false, nothing appended, for NaN and the infinities.
template <typename T>
bool AppendNumber(std::string& out, T value) {
  char buffer[kMaxNumberText];
  const char* const end = FormatNumber(value, buffer);
  if (end == nullptr) return false;
  out.append(buffer, static_cast<size_t>(end - buffer));
  return true;
}

/// What is written for NaN and the infinities, which JSON cannot say.
enum class NonFinite : uint8_t {
  kRefuse,
  kTokens,  // NaN, Infinity, -Infinity: what Python's json and TensorFlow Serving write
};

/// Writes the token for a number that is not finite, as FormatNumber does the others.
char* FormatNanToken(double value, char* to);

/// Appends "1.5,2.0".
/// @param value  called with each index below `count`, in order.
/// @return `count`, or the index of the first number that was refused, with `out` unspecified.
template <typename Value>
size_t AppendNumberList(std::string& out, size_t count, Value&& value,
                        NonFinite non_finite = NonFinite::kRefuse) {
  using T = std::decay_t<decltype(value(size_t{}))>;
  constexpr size_t kChunk = 64;
  std::array<T, kChunk> values;
  char buffer[kChunk * (kMaxNumberText + 1)];
  for (size_t done = 0; done < count;) {
    const size_t some = std::min(count - done, kChunk);
    for (size_t i = 0; i < some; ++i) values[i] = value(done + i);
    char* at = buffer;
    for (std::span<const T> rest(values.data(), some);;) {
      rest = rest.subspan(FormatNumbers(rest, &at));
      if (rest.empty()) break;
      if (non_finite == NonFinite::kRefuse) return done + some - rest.size();
      at = FormatNanToken(static_cast<double>(rest.front()), at);
      *at++ = ',';
      rest = rest.subspan(1);
    }
    done += some;
    if (done == count) --at;  // no comma after the last
    out.append(buffer, static_cast<size_t>(at - buffer));
  }
  return count;
}

/// Appends "[1.5,2.0]"; otherwise as AppendNumberList.
template <typename Value>
size_t AppendNumberArray(std::string& out, size_t count, Value&& value) {
  out += '[';
  const size_t written = AppendNumberList(out, count, value);
  out += ']';
  return written;
}

template <typename T>
size_t AppendNumberArray(std::string& out, std::span<const T> values) {
  return AppendNumberArray(out, values.size(), [&](size_t i) { return values[i]; });
}

}  // namespace slipway
