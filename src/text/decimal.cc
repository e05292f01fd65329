#include "text/decimal.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "text/decimal_tables.h"

namespace slipway {
namespace {

constexpr int kMaxDigits = 19;  // any 19 digits fit into 64 bits
constexpr int64_t kExponentLimit = 1'000'000'000;
constexpr uint64_t kExactIntegers = uint64_t{1} << 53;  // up to it, all are doubles

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

struct DigitSum {
  static constexpr uint64_t kPowers[] = {1,       10,        100,        1'000,      10'000,
                                         100'000, 1'000'000, 10'000'000, 100'000'000};
  uint64_t value = 0;
  int64_t significant = 0;  // never fewer than there are; a few leading zeros may be counted

  const char* Take(const char* at, const char* end) {
    if (end - at >= 2 && IsDigit(*at) && !IsDigit(at[1])) return TakeOne(at);
    for (size_t digits = 8; digits == 8 && end - at >= 8; at += digits) {
      const uint64_t word = LoadEight(at);
      digits = DigitsAtFront(word);
      if (digits == 0) return at;
      value = value * kPowers[digits] + ParseEightDigits(BehindZeros(word, digits));
      significant += static_cast<int64_t>(digits);
      if (digits < 8) return at + digits;
    }
    while (at != end && IsDigit(*at)) at = TakeOne(at);
    return at;
  }

 private:
  const char* TakeOne(const char* at) {
    value = value * 10 + static_cast<uint64_t>(*at - '0');
    significant += significant != 0 || value != 0;
    return at + 1;
  }
};

/// Saturating exponent after 'e'; `at` is at its sign or first digit.
const char* TakeExponent(const char* at, const char* end, int64_t* exponent, const char** broken) {
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (at == end || !IsDigit(*at)) {
    *broken = at;
    return nullptr;
  }
  int64_t value = 0;
  for (; at != end && IsDigit(*at); ++at)
    if (value < kExponentLimit) value = value * 10 + (*at - '0');
  if (value > kExponentLimit) value = kExponentLimit;
  *exponent += negative ? -value : value;
  return at;
}

/// digits × 10^exponent with at most two roundings: of the digits, and of one operation.
std::optional<double> NearDouble(const Decimal& number) {
  if (!number.exact || number.exponent < -kMaxExactPower || number.exponent > kMaxExactPower)
    return std::nullopt;
  const auto whole = static_cast<double>(number.digits);
  return number.exponent < 0 ? whole / kPowersOfTen[static_cast<size_t>(-number.exponent)]
                             : whole * kPowersOfTen[static_cast<size_t>(number.exponent)];
}

/// The standard library's conversion, with overflow told apart from underflow.
template <typename Float>
bool FromChars(const Decimal& number, Float* out) {
  const char* const end = number.text.data() + number.text.size();
  const auto result = std::from_chars(number.text.data(), end, *out);
  if (result.ec == std::errc()) return std::isfinite(*out);
  // Out of range: only a value below the least subnormal can have a negative decimal magnitude
  // here.
  const char* at = number.text.data() + (number.negative ? 1 : 0);
  int64_t leading = number.exponent;
  for (bool significant = false; at != end && (IsDigit(*at) || *at == '.'); ++at) {
    if (*at == '.') continue;
    significant |= *at != '0';
    leading += significant;
  }
  if (leading > 0) return false;
  *out = number.negative ? -Float{0} : Float{0};
  return true;
}

/// The digits of a number that is not 0, from the first that is not 0.
class SignificantDigits {
 public:
  explicit SignificantDigits(const Decimal& number)
      : rest_(number.text.substr(0, number.text.find_first_of("eE"))) {
    rest_.remove_prefix(rest_.find_first_of("123456789"));
    const bool has_point = rest_.find('.') != std::string_view::npos;
    power_ = number.exponent + std::ssize(rest_) - (has_point ? 2 : 1);
  }

  /// Of ten, where the first one stands.
  int64_t power() const { return power_; }
  bool IsAtEnd() const { return rest_.empty(); }
  /// '0' behind the last one.
  char Next() {
    if (rest_.starts_with('.')) rest_.remove_prefix(1);
    if (rest_.empty()) return '0';
    const char digit = rest_.front();
    rest_.remove_prefix(1);
    return digit;
  }

 private:
  std::string_view rest_;
  int64_t power_;
};

/// Below, at or above 0 as the magnitude of `number`, not 0, is below, at or above `value`: one
/// from 2^-140 to 2^128 whose last 32 bits are 0, so that 160 digits hold it.
int CompareMagnitude(const Decimal& number, double value) {
  if (number.exact && number.digits <= kExactIntegers &&
      std::abs(number.exponent) <= kMaxExactPower) {
    const auto whole = static_cast<double>(number.digits);
    const double power = kPowersOfTen[static_cast<size_t>(std::abs(number.exponent))];
    // Rounded once, so the sign is right.
    const double difference =
        number.exponent < 0 ? std::fma(-value, power, whole) : std::fma(whole, power, -value);
    return (difference > 0) - (difference < 0);
  }
  char text[200];
  const auto written =
      std::to_chars(text, std::end(text), value, std::chars_format::scientific, 160);
  Decimal exact;
  const char* broken;
  ScanDecimal(text, written.ptr, &exact, &broken);
  SignificantDigits given(number), wanted(exact);
  if (given.power() != wanted.power()) return given.power() < wanted.power() ? -1 : 1;
  while (!given.IsAtEnd() || !wanted.IsAtEnd())
    if (const int difference = given.Next() - wanted.Next(); difference != 0) return difference;
  return 0;
}

}  // namespace

const char* ScanDecimal(const char* at, const char* end, Decimal* out, const char** broken) {
  const char* const begin = at;
  Decimal number;
  if (at != end && *at == '-') {
    number.negative = true;
    ++at;
  }
  if (at == end || !IsDigit(*at)) {
    *broken = at;
    return nullptr;
  }
  DigitSum sum;
  if (*at == '0')
    ++at;
  else
    at = sum.Take(at, end);
  number.whole = true;
  if (at != end && *at == '.') {
    number.whole = false;
    const char* const fraction = ++at;
    at = sum.Take(at, end);
    if (at == fraction) {
      *broken = at;
      return nullptr;
    }
    number.exponent = fraction - at;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    number.whole = false;
    at = TakeExponent(at + 1, end, &number.exponent, broken);
    if (at == nullptr) return nullptr;
  }
  number.digits = sum.value;
  number.exact = sum.significant <= kMaxDigits;
  number.text = {begin, static_cast<size_t>(at - begin)};
  *out = number;
  return at;
}

bool ToDouble(const Decimal& number, double* out) {
  // Digits that a double holds exactly leave one rounding: the nearest double (Clinger 1990).
  if (const auto value = NearDouble(number); value && number.digits <= kExactIntegers) {
    *out = number.negative ? -*value : *value;
    return true;
  }
  return FromChars(number, out);
}

bool ToFloat(const Decimal& number, float* out) {
  if (const auto value = NearDouble(number); value && (*value == 0 || RoundsOnceToFloat(*value))) {
    const auto narrow = static_cast<float>(*value);
    *out = number.negative ? -narrow : narrow;
    return true;
  }
  return FromChars(number, out);
}

bool ToDoubleToNarrow(const Decimal& number, double* out) {
  // What lies half way between two values of FP16 or BF16 has at most 12 significant bits, and its
  // magnitude is in this range.
  constexpr uint64_t kBelowHalfWay = (uint64_t{1} << 32) - 1;
  constexpr double kLeast = 0x1p-140, kGreatest = 0x1p128;
  if (!ToDouble(number, out)) return false;
  const double nearest = std::fabs(*out);
  if ((std::bit_cast<uint64_t>(nearest) & kBelowHalfWay) != 0) return true;
  if (nearest < kLeast || nearest > kGreatest) return true;
  const int side = CompareMagnitude(number, nearest);
  if (side == 0) return true;
  *out = std::copysign(std::nextafter(nearest, side < 0 ? 0 : HUGE_VAL), *out);
  return true;
}

bool ToUint64(const Decimal& number, uint64_t* out) {
  if (!number.whole) return false;
  if (number.exact) {
    *out = number.digits;
    return !number.negative || number.digits == 0;
  }
  const char* const end = number.text.data() + number.text.size();
  const auto result = std::from_chars(number.text.data(), end, *out);
  return result.ec == std::errc() && result.ptr == end;
}

bool ToInt64(const Decimal& number, int64_t* out) {
  if (!number.whole || !number.exact) return false;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (number.digits > kMax + (number.negative ? 1 : 0)) return false;
  *out = static_cast<int64_t>(number.negative ? 0 - number.digits : number.digits);
  return true;
}

}  // namespace slipway
