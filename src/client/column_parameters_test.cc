#include "client/column_parameters.h"

namespace slipway::client {
namespace {

using Times = std::vector<bool>;

TensorSpec Given(const Shape& shape, std::string_view columns, std::string_view times) {
  TensorSpec spec{"x", DType::kFp64, shape};
  ColumnParameters parameters;
  parameters.Read("content_type", "[0]");
  parameters.Read("times", times);
  parameters.Read("columns", columns);
  std::move(parameters).GiveTo(spec);
  return spec;
}

TEST(ColumnParametersTest, TimesAreColumnsByTheirPlace) {
  EXPECT_EQ(Given({-1, 3}, "null", "[2, 0]").times, (Times{true, false, true}));
  EXPECT_EQ(Given({-1, -1}, R"(["a","b"])", "[1]").times, (Times{false, true}));
  EXPECT_EQ(Given({-1, 1}, "null", "[0]").times, Times{true});
  EXPECT_EQ(Given({-1, 2}, R"(["a","b"])", "[]").times, Times{});
}

TEST(ColumnParametersTest, WhatIsNoListOfColumnsSaysNothing) {
  const std::pair<Shape, std::string_view> table[] = {
      {{-1, 3}, "[3]"},    {{-1, 3}, "[0,-1]"},
      {{-1, 3}, "[0.5]"},  {{-1, 3}, "[0] 1"},
      {{-1, 3}, "[0"},     {{-1, 3}, R"(["a"])"},
      {{-1, 3}, "0"},      {{-1, 3}, "[18446744073709551615]"},
      {{-1, -1}, "[0]"},   {{-1}, "[0]"},
      {{-1, 2, 2}, "[0]"}, {{-1, int64_t{1} << 40}, "[0]"},
  };
  for (const auto& [shape, times] : table)
    EXPECT_EQ(Given(shape, "{}", times).times, Times{}) << times;
  EXPECT_TRUE(Given({-1, 2}, R"(["a",1])", "[0]").columns.empty());
}

}  // namespace
}  // namespace slipway::client
