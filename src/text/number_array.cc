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

/// Reads what float_run.h can of the floats at the reader; room for the one after them is left.
void ReadPlainFloats(JsonReader& reader, std::span<float> out, size_t* count) {
  const std::string_view rest = reader.rest();
  const char* at = rest.data();
  *count += ReadFloatRun(at - reader.position(), &at, at + rest.size(), out.data() + *count,
                         out.size() - *count - 1);
  reader.Advance(static_cast<size_t>(at - rest.data()));
}

/// Reads a NaN token when they are numbers of this kind and one is next.
template <typename T, typename Conversion>
bool TryToken(JsonReader& reader, const Conversion& convert, T* out) {
  double token;
  if constexpr (std::invocable<Conversion, double, T*>)
    return reader.TryNanToken(&token) && convert(token, out);
  return false;
}

/// Reads the number that is due right here; false, consuming nothing, where there is none that the
/// type takes.
template <typename T, typename Conversion>
bool TryNumber(JsonReader& reader, const Conversion& convert, T* out) {
  const std::string_view rest = reader.rest();
  Decimal number;
  const char* broken;
  const char* const after = ScanDecimal(rest.data(), rest.data() + rest.size(), &number, &broken);
  if (after == nullptr || !convert(number, out)) return false;
  reader.Advance(static_cast<size_t>(after - rest.data()));
  return true;
}

/// @param convert  Decimal → number, false refuses it; and the value of a NaN token → number, where
///                 there are such.
template <typename T, typename Conversion, typename Range>
Status ReadRun(JsonReader& reader, std::span<T> out, size_t* count, const Conversion& convert,
               const Range& range) {
  *count = 0;
  for (;;) {
    if constexpr (std::same_as<T, float>) ReadPlainFloats(reader, out, count);
    if (!TryNumber(reader, convert, &out[*count]) && !TryToken(reader, convert, &out[*count])) {
      Decimal number;
      RETURN_IF_ERROR(reader.ReadDecimal(&number));
      if (!convert(number, &out[*count])) return reader.RefuseNumber(number, range());
    }
    if (++*count == out.size()) return OkStatus();
    const std::string_view rest = reader.rest();
    const char* const next = NextInRun(rest.data(), rest.data() + rest.size());
    if (next == rest.data()) return OkStatus();
    reader.Advance(static_cast<size_t>(next - rest.data()));
  }
}

/// An array as its runs; what does not fit into `out` is counted only.
template <typename T, typename Run>
Status ReadRuns(JsonReader& reader, std::span<T> out, size_t* count, const Run& run) {
  *count = 0;
  return ReadNestedArray(reader, [&](JsonReader& r) -> Status {
    T spare[16];
    const std::span<T> room = *count < out.size() ? out.subspan(*count) : std::span<T>(spare);
    size_t read;
    RETURN_IF_ERROR(run(r, room, &read));
    *count += read;
    return OkStatus();
  });
}

template <typename T>
struct Nearest {
  bool operator()(const Decimal& number, T* out) const { return Convert(number, out); }
  bool operator()(double token, T* out) const
    requires std::floating_point<T>
  {
    *out = static_cast<T>(token);
    return true;
  }
};

struct Narrowed {
  NarrowFn narrow;
  bool operator()(double value, uint16_t* out) const { return narrow(value, out); }
  bool operator()(const Decimal& number, uint16_t* out) const {
    double wide;
    return ToDoubleToNarrow(number, &wide) && narrow(wide, out);
  }
};

struct Untyped {
  Fractions fractions;
  bool operator()(double token, double* out) const { return *out = token, true; }
  bool operator()(const Decimal& number, double* out) const {
    if (int64_t whole; ToInt64(number, &whole)) return *out = static_cast<double>(whole), true;
    if (fractions == Fractions::kFp64) return ToDouble(number, out);
    float narrow;
    if (!ToFloat(number, &narrow)) return false;
    *out = narrow;
    return true;
  }
};

}  // namespace

template <typename T>
Status ReadNumberRun(JsonReader& reader, std::span<T> out, size_t* count) {
  return ReadRun(reader, out, count, Nearest<T>(), RangeOf<T>);
}

template <typename T>
Status ReadNumberArray(JsonReader& reader, std::span<T> out, size_t* count) {
  return ReadRuns(reader, out, count, [](JsonReader& r, std::span<T> room, size_t* read) {
    return ReadNumberRun(r, room, read);
  });
}

template Status ReadNumberRun(JsonReader&, std::span<int8_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<int16_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<int32_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<int64_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<uint8_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<uint16_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<uint32_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<uint64_t>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<float>, size_t*);
template Status ReadNumberRun(JsonReader&, std::span<double>, size_t*);

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

Status ReadNumberRun(JsonReader& reader, std::span<uint16_t> out, NarrowFn narrow, size_t* count) {
  return ReadRun(reader, out, count, Narrowed{narrow},
                 [] { return "a number within the range of the 16-bit type"; });
}

Status ReadNumberRun(JsonReader& reader, std::span<double> out, Fractions fractions,
                     size_t* count) {
  return ReadRun(reader, out, count, Untyped{fractions},
                 fractions == Fractions::kFp32 ? RangeOf<float> : RangeOf<double>);
}

Status ReadNumberArray(JsonReader& reader, std::span<uint16_t> out, NarrowFn narrow,
                       size_t* count) {
  return ReadRuns(reader, out, count,
                  [narrow](JsonReader& r, std::span<uint16_t> room, size_t* read) {
                    return ReadNumberRun(r, room, narrow, read);
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
