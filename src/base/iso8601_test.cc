#include "base/iso8601.h"

namespace slipway {
namespace {

TEST(Iso8601Test, TellsSecondsSince1970) {
  const std::pair<std::string_view, double> table[] = {
      {"1970-01-01", 0},
      {"1969-12-31T23:59:59Z", -1},
      {"2024-02-29", 1'709'164'800},
      {"2024-02-29 23:59", 1'709'251'140},
      {"2024-02-29T23:59:59.5Z", 1'709'251'199.5},
      {"2024-02-29T23:59:59.5+01:00", 1'709'247'599.5},
      {"2024-02-29T00:00:00-0230", 1'709'173'800},
      {"2024-02-29T00:00+02", 1'709'157'600},
      {"0001-01-01", -62'135'596'800},
  };
  for (const auto& [text, expected] : table) {
    double seconds = 0.25;
    EXPECT_TRUE(ParseIso8601(text, &seconds)) << text;
    EXPECT_EQ(seconds, expected) << text;
  }
}

TEST(Iso8601Test, WhatIsNoDateOfTheCalendarIsNone) {
  for (const std::string_view text :
       {"", "2024", "2024-02", "2023-02-29", "2024-13-01", "2024-02-30", "24-02-29", "2024-2-9",
        "0000-01-01", "2024-02-29T", "2024-02-29T24:00", "2024-02-29T23:60", "2024-02-29T23:59:60",
        "2024-02-29T23:59:59.", "2024-02-29T23:59:59+24", "2024-02-29T23:59:59 +01", "2024-02-29x",
        " 2024-02-29", "2024-02-29T23:59:59ZZ"}) {
    double ignored;
    EXPECT_FALSE(ParseIso8601(text, &ignored)) << text;
  }
}

}  // namespace
}  // namespace slipway
