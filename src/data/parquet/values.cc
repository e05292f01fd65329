#include "data/parquet/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

#include "tensor/half.h"

namespace slipway::data::parquet {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kNanoseconds = 1'000'000'000;
constexpr int64_t kJulianDayOf1970 = 2'440'588;

template <typename T>
T LoadAs(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

/// A point in time, cut as its text is: what is read from either is the same double.
struct Moment {
  int64_t days, second;  // of the day
  int64_t fraction;      // in ticks
};

Moment MomentOf(int64_t days, int64_t ticks, int64_t per_second) {
  const int64_t per_day = kSecondsPerDay * per_second;
  int64_t day = ticks / per_day;
  int64_t rest = ticks % per_day;
  if (rest < 0) {
    rest += per_day;
    --day;
  }
  return {days + day, rest / per_second, rest % per_second};
}

/// As ParseTime adds them up.
double SecondsOf(const Moment& moment, int64_t per_second) {
  const double fraction = static_cast<double>(moment.fraction) / static_cast<double>(per_second);
  return static_cast<double>(moment.days) * static_cast<double>(kSecondsPerDay) +
         (static_cast<double>(moment.second) + fraction);
}

/// INT96: nanoseconds of a day, then the Julian day.
Moment LoadInt96(const char* at) {
  return MomentOf(int64_t{LoadAs<int32_t>(at + 8)} - kJulianDayOf1970, LoadAs<int64_t>(at),
                  kNanoseconds);
}

int64_t LoadInt(const ColumnSchema& column, const char* at) {
  return column.physical == Physical::kInt64 ? LoadAs<int64_t>(at) : LoadAs<int32_t>(at);
}

template <typename Load>
void Each(const char* bytes, size_t width, size_t count, double* out, Load load) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<double>(load(bytes + i * width));
}

template <typename T>
void EachAs(const char* bytes, size_t count, double* out) {
  Each(bytes, sizeof(T), count, out, [](const char* at) { return LoadAs<T>(at); });
}

template <int64_t kTicks>
void Timestamps(const char* bytes, size_t count, double* out) {
  Each(bytes, sizeof(int64_t), count, out,
       [](const char* at) { return SecondsOf(MomentOf(0, LoadAs<int64_t>(at), kTicks), kTicks); });
}

void TimestampsOf(const ColumnSchema& column, const char* bytes, size_t count, double* out) {
  if (column.physical == Physical::kInt96)
    Each(bytes, column.width, count, out,
         [](const char* at) { return SecondsOf(LoadInt96(at), kNanoseconds); });
  else if (column.ticks == 1'000)
    Timestamps<1'000>(bytes, count, out);
  else if (column.ticks == 1'000'000)
    Timestamps<1'000'000>(bytes, count, out);
  else
    Timestamps<kNanoseconds>(bytes, count, out);
}

void PlainNumbersOf(const ColumnSchema& column, const char* bytes, size_t count, double* out) {
  switch (column.physical) {
    case Physical::kInt32:
      return EachAs<int32_t>(bytes, count, out);
    case Physical::kInt64:
      return EachAs<int64_t>(bytes, count, out);
    case Physical::kFloat:
      return EachAs<float>(bytes, count, out);
    default:
      std::copy_n(bytes, count * sizeof(double), reinterpret_cast<char*>(out));
  }
}

/// The digits of a big-endian number in two's complement, with a sign.
std::string DigitsOf(std::string_view bytes) {
  constexpr uint64_t kBase = 1'000'000'000;
  const bool negative = !bytes.empty() && static_cast<int8_t>(bytes.front()) < 0;
  std::string rest(bytes);  // its magnitude
  if (negative) {
    bool carry = true;
    for (size_t i = rest.size(); i-- > 0;) {
      rest[i] = static_cast<char>(~rest[i] + (carry ? 1 : 0));
      carry = carry && rest[i] == 0;
    }
  }
  std::string digits;  // from the last on
  for (size_t begin = 0; begin < rest.size();) {
    uint64_t remainder = 0;
    for (size_t i = begin; i < rest.size(); ++i) {
      remainder = remainder << 8 | static_cast<uint8_t>(rest[i]);
      rest[i] = static_cast<char>(remainder / kBase);
      remainder %= kBase;
    }
    while (begin < rest.size() && rest[begin] == 0) ++begin;
    for (int i = 0; i < 9; ++i, remainder /= 10) digits += static_cast<char>('0' + remainder % 10);
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  if (digits.empty()) digits = "0";
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

bool IsInt(const ColumnSchema& column) {
  return column.physical == Physical::kInt32 || column.physical == Physical::kInt64;
}

/// Where both are exact, one division rounds once, to the nearest.
bool DivideExactly(int64_t unscaled, int32_t scale, double* out) {
  constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr int64_t kExact = int64_t{1} << 53;
  if (unscaled < -kExact || unscaled > kExact || scale > 22) return false;
  *out = static_cast<double>(unscaled) / kPowersOfTen[scale];
  return true;
}

double NearestDecimal(std::string_view digits, int32_t scale) {
  const std::string text = fmt::format("{}e-{}", digits, scale);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double DecimalAt(const ColumnSchema& column, const char* at) {
  if (!IsInt(column)) return DecimalOf({at, column.width}, column.scale);
  const int64_t unscaled = LoadInt(column, at);
  double value;
  if (DivideExactly(unscaled, column.scale, &value)) return value;
  return NearestDecimal(fmt::format("{}", unscaled), column.scale);
}

void AppendDecimal(std::string digits, int32_t scale, std::string& out) {
  const size_t sign = digits.starts_with('-') ? 1 : 0, places = static_cast<size_t>(scale);
  if (digits.size() - sign <= places) digits.insert(sign, places + 1 - (digits.size() - sign), '0');
  if (places > 0) digits.insert(digits.size() - places, 1, '.');
  out += digits;
}

void AppendClock(const Moment& moment, int64_t per_second, std::string& out) {
  out += fmt::format("{:02}:{:02}:{:02}", moment.second / 3600, moment.second / 60 % 60,
                     moment.second % 60);
  if (moment.fraction == 0) return;
  const std::string fraction = fmt::format("{}", per_second + moment.fraction);  // 1, then digits
  out += '.';
  out.append(fraction, 1, fraction.find_last_not_of('0'));
}

/// Of the years 0 to 9999; else the days themselves.
void AppendDate(int64_t days, std::string& out) {
  if (days < -719'528 || days > 2'932'896) {
    out += fmt::format("{} days", days);
    return;
  }
  const std::chrono::sys_days day{std::chrono::days(days)};
  const std::chrono::year_month_day date(day);
  out += fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

void AppendUuid(std::string_view bytes, std::string& out) {
  for (size_t i = 0; i < bytes.size(); ++i)
    out += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                       static_cast<uint8_t>(bytes[i]));
}

void AppendNumber(const ColumnSchema& column, const char* at, std::string& out) {
  if (column.physical == Physical::kFloat) {
    out += fmt::format("{}", LoadAs<float>(at));
  } else if (column.physical == Physical::kDouble) {
    out += fmt::format("{}", LoadAs<double>(at));
  } else if (column.meaning == Meaning::kUnsigned) {
    out += fmt::format("{}", column.width == 8 ? LoadAs<uint64_t>(at) : LoadAs<uint32_t>(at));
  } else {
    out += fmt::format("{}", LoadInt(column, at));
  }
}

}  // namespace

ColumnType TypeOf(const ColumnSchema& column) {
  switch (column.meaning) {
    case Meaning::kText:
    case Meaning::kUuid:
      return ColumnType::kText;
    case Meaning::kDate:
    case Meaning::kTimestamp:
      return ColumnType::kTime;
    case Meaning::kBoolean:
      return ColumnType::kBoolean;
    default:
      return ColumnType::kNumber;
  }
}

double DecimalOf(std::string_view bytes, int32_t scale) {
  if (bytes.size() <= sizeof(int64_t)) {
    const bool negative = !bytes.empty() && static_cast<int8_t>(bytes.front()) < 0;
    uint64_t unscaled = negative ? UINT64_MAX : 0;
    for (const char byte : bytes) unscaled = unscaled << 8 | static_cast<uint8_t>(byte);
    double value;
    if (DivideExactly(static_cast<int64_t>(unscaled), scale, &value)) return value;
  }
  return NearestDecimal(DigitsOf(bytes), scale);
}

void NumbersOf(const ColumnSchema& column, const char* bytes, size_t count, double* out) {
  const size_t width = column.width;
  switch (column.meaning) {
    case Meaning::kUnsigned:
      return width == 8 ? EachAs<uint64_t>(bytes, count, out) : EachAs<uint32_t>(bytes, count, out);
    case Meaning::kHalf:
      return Each(bytes, width, count, out,
                  [](const char* at) { return Fp16ToFloat(LoadAs<uint16_t>(at)); });
    case Meaning::kDecimal:
      return Each(bytes, width, count, out, [&](const char* at) { return DecimalAt(column, at); });
    case Meaning::kDate:
      return Each(bytes, width, count, out,
                  [](const char* at) { return int64_t{LoadAs<int32_t>(at)} * kSecondsPerDay; });
    case Meaning::kTimestamp:
      return TimestampsOf(column, bytes, count, out);
    case Meaning::kTimeOfDay:
      return Each(bytes, width, count, out, [&](const char* at) {
        return static_cast<double>(LoadInt(column, at)) / static_cast<double>(column.ticks);
      });
    default:
      PlainNumbersOf(column, bytes, count, out);
  }
}

void AppendText(const ColumnSchema& column, std::string_view bytes, std::string& out) {
  const char* const at = bytes.data();
  switch (column.meaning) {
    case Meaning::kText:
      out += bytes;
      return;
    case Meaning::kUuid:
      return AppendUuid(bytes, out);
    case Meaning::kHalf:
      out += fmt::format("{}", Fp16ToFloat(LoadAs<uint16_t>(at)));
      return;
    case Meaning::kDecimal:
      return AppendDecimal(IsInt(column) ? fmt::format("{}", LoadInt(column, at)) : DigitsOf(bytes),
                           column.scale, out);
    case Meaning::kDate:
      return AppendDate(LoadAs<int32_t>(at), out);
    case Meaning::kTimestamp: {
      const Moment moment = column.physical == Physical::kInt96
                                ? LoadInt96(at)
                                : MomentOf(0, LoadAs<int64_t>(at), column.ticks);
      AppendDate(moment.days, out);
      out += ' ';
      return AppendClock(moment, column.ticks, out);
    }
    case Meaning::kTimeOfDay:
      return AppendClock(MomentOf(0, LoadInt(column, at), column.ticks), column.ticks, out);
    case Meaning::kBoolean:
      out += bytes.front() != 0 ? "true" : "false";
      return;
    case Meaning::kNumber:
    case Meaning::kUnsigned:
      return AppendNumber(column, at, out);
  }
}

}  // namespace slipway::data::parquet
