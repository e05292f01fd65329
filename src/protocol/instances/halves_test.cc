#include <span>
#include <string>

#include "protocol/instances/cell.h"
#include "tensor/half.h"
#include "text/number_array.h"

namespace slipway::instances {
namespace {

struct HalfType {
  DType dtype;
  NarrowFn narrow;
  float (*widen)(uint16_t);
  uint16_t greatest;  // finite
};
constexpr HalfType kHalfTypes[] = {{DType::kFp16, NarrowToFp16, Fp16ToFloat, 0x7BFF},
                                   {DType::kBf16, NarrowToBf16, Bf16ToFloat, 0x7F7F}};
constexpr uint16_t kRefused = 0xFFFF;

/// A positive number of at most 161 digits in full: "d.ddd…" and "e-05".
struct InFull {
  std::string digits, power;

  explicit InFull(double value, int places = 160) : digits(fmt::format("{:.{}e}", value, places)) {
    const size_t end = digits.find('e');
    power = digits.substr(end);
    digits.resize(end);
  }
  std::string Text() const { return digits + power; }
  /// A little above: one more digit.
  std::string Above() const { return digits + "1" + power; }
  /// A little below: the last digit that is not 0 is one less, and nines follow.
  std::string Below() const {
    std::string less = digits;
    const size_t last = less.find_last_of("123456789");
    --less[last];
    for (char& digit : std::span(less).subspan(last + 1))
      if (digit == '0') digit = '9';
    return less + power;
  }
};

/// From an array of JSON and from a cell of CSV, which agree.
uint16_t Read(const std::string& text, const HalfType& type) {
  const std::string array = "[" + text + "]";
  JsonReader reader(array);
  uint16_t of_array[1], of_cell;
  size_t count;
  if (!ReadNumberArray(reader, of_array, type.narrow, &count).ok()) of_array[0] = kRefused;
  if (!ParseCell(text, type.dtype, reinterpret_cast<std::byte*>(&of_cell)).ok()) of_cell = kRefused;
  EXPECT_EQ(of_array[0], of_cell) << text;
  return of_array[0];
}

TEST(HalvesTest, ADecimalHalfWayGoesToTheEvenOneAndOneBesideItToItsSide) {
  for (const HalfType& type : kHalfTypes) {
    for (uint16_t lower = 0; lower < type.greatest; ++lower) {
      const auto upper = static_cast<uint16_t>(lower + 1);
      const InFull middle((double{type.widen(lower)} + double{type.widen(upper)}) / 2);
      ASSERT_EQ(Read(middle.Text(), type), lower % 2 == 0 ? lower : upper) << middle.Text();
      ASSERT_EQ(Read(middle.Above(), type), upper) << middle.Text();
      ASSERT_EQ(Read(middle.Below(), type), lower) << middle.Text();
      ASSERT_EQ(Read("-" + middle.Above(), type), upper | 0x8000) << middle.Text();
    }
  }
}

TEST(HalvesTest, SoDoShortDecimalsThatAreNearestToTheSameDouble) {
  for (const HalfType& type : kHalfTypes) {
    for (uint16_t lower = 0; lower < type.greatest; ++lower) {
      const auto upper = static_cast<uint16_t>(lower + 1);
      const double value = (double{type.widen(lower)} + double{type.widen(upper)}) / 2;
      const InFull middle(value);
      for (const int places : {14, 15, 16, 17}) {
        InFull given(value, places);
        if (given.power != middle.power) continue;  // rounded up to the next power of ten
        const std::string text = given.Text();
        given.digits.resize(middle.digits.size(), '0');
        const int side = given.digits.compare(middle.digits);
        const uint16_t even = lower % 2 == 0 ? lower : upper;
        ASSERT_EQ(Read(text, type), side == 0 ? even : side < 0 ? lower : upper) << text;
      }
    }
  }
}

TEST(HalvesTest, HalfWayToTheNextPowerOfTwoIsInfiniteAndRefused) {
  for (const HalfType& type : kHalfTypes) {
    const auto before = static_cast<uint16_t>(type.greatest - 1);
    const double greatest = type.widen(type.greatest);
    const InFull limit(greatest + (greatest - double{type.widen(before)}) / 2);
    EXPECT_EQ(Read(limit.Below(), type), type.greatest);
    EXPECT_EQ(Read("-" + limit.Below(), type), type.greatest | 0x8000);
    EXPECT_EQ(Read(limit.Text(), type), kRefused);
    EXPECT_EQ(Read(limit.Above(), type), kRefused);
  }
}

}  // namespace
}  // namespace slipway::instances
