#include "text/number_array.h"

#include <concepts>
#include <limits>

#include "text/float_run.h"

namespace slipway {
namespace {

template <typename T>
std::string RangeOf() {
  if constexpr (std::same_as<T, float>)
    return "a number within the range of a 32-bit float";
  else if constexpr (std::same_as<T, double>)
    return "a number within the range of a 64-bit float";
  else
    return fmt::format("a whole number from {} to {}", std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max());
}

template <std::signed_integral T>
bool Convert(const Decimal& number, T* out) {
  int64_t wide;
  if (!ToInt64(number, &wide) || wide != static_cast<T>(wide)) return false;
  *out = static_cast<T>(wide);
  return true;
}

template <std::unsigned_integral T>
bool Convert(const Decimal& number, T* out) {
  uint64_t wide;
  if (!ToUint64(number, &wide) || wide != static_cast<T>(wide)) return false;
  *out = static_cast<T>(wide);
  return true;
}

bool Convert(const Decimal& number, float* out) { return ToFloat(number, out); }
bool Convert(const Decimal& number, double* out) { return ToDouble(number, out); }

/// Past ",", or ", ", when a number starts right there; else where it was. Other spacing is as
/// good, but left to the reader.
const char* NextInRun(const char* at, const char* end) {
  if (end - at < 3 || *at != ',') return at;
  const char* next = at + 1;
  if (*next == ' ') ++next;
  return *next == '-' || (*next >= '0' && *next <= '9') ? next : at;
}

/// Reads what float_run.h can of the floats at the reader.
void ReadPlainFloats(JsonReader& reader, std::span<float> out, size_t* count) {
  if (*count >= out.size()) return;
  const std::string_view rest = reader.rest();
  const char* at = rest.data();
  *count += ReadFloatRun(at - reader.position(), &at, at + rest.size(), out.data() + *count,
                         out.size() - *count);
  reader.Advance(static_cast<size_t>(at - rest.data()));
}

/// Reads numbers separated by commas for as long as they come plainly, at least one.
template <typename T, typename Conversion, typename Range>
Status ReadRun(JsonReader& reader, std::span<T> out, size_t* count, const Conversion& convert,
               const Range& range) {
  for (;;) {
    if constexpr (std::same_as<T, float>) ReadPlainFloats(reader, out, count);
    Decimal number;
    RETURN_IF_ERROR(reader.ReadDecimal(&number));
    T value;
    if (!convert(number, &value)) return reader.RefuseNumber(number, range());
    if (*count < out.size()) out[*count] = value;
    ++*count;
    const std::string_view rest = reader.rest();
    const char* const next = NextInRun(rest.data(), rest.data() + rest.size());
    if (next == rest.data()) return OkStatus();
    reader.Advance(static_cast<size_t>(next - rest.data()));
  }
}

}  // namespace

template <typename T>
Status ReadNumberArray(JsonReader& reader, std::span<T> out, size_t* count) {
  *count = 0;
  const auto convert = [](const Decimal& number, T* value) { return Convert(number, value); };
  return ReadNestedArray(
      reader, [&](JsonReader& r) { return ReadRun(r, out, count, convert, RangeOf<T>); });
}

template Status ReadNumberArray(JsonReader&, std::span<int8_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<int16_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<int32_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<int64_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<uint8_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<uint16_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<uint32_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<uint64_t>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<float>, size_t*);
template Status ReadNumberArray(JsonReader&, std::span<double>, size_t*);

Status ReadNumberArray(JsonReader& reader, std::span<uint16_t> out, NarrowFn narrow,
                       size_t* count) {
  *count = 0;
  const auto convert = [narrow](const Decimal& number, uint16_t* value) {
    double wide;
    return ToDouble(number, &wide) && narrow(wide, value);
  };
  return ReadNestedArray(reader, [&](JsonReader& r) {
    return ReadRun(r, out, count, convert,
                   [] { return "a number within the range of the 16-bit type"; });
  });
}

Status ReadBoolArray(JsonReader& reader, std::span<uint8_t> out, size_t* count) {
  *count = 0;
  return ReadNestedArray(reader, [&](JsonReader& r) -> Status {
    bool value;
    RETURN_IF_ERROR(r.ReadBool(&value));
    if (*count < out.size()) out[*count] = value ? 1 : 0;
    ++*count;
    return OkStatus();
  });
}

}  // namespace slipway
