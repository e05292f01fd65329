#include "terms/city_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::terms {
namespace {

// The lower halves are what CatBoost 1.2.10 wrote of these categories.
TEST(CityHashTest, KnowsCategoriesAsCatboostDoes) {
  const std::pair<std::string, uint32_t> cases[] = {
      {"", 797982799},
      {"1", 1121341681},
      {"a", 3489901818},
      {"29", 3940690768},
      {"ccc", 2897599157},
      {"dddd", 2024015699},
      {"ninechars", 1027280714},
      {"twelve bytes", 1154196004},
      {"a longer word than eight", 3791651116},
      {std::string(40, 'x'), 3236838547},
      {std::string(70, 'y'), 4165773509},
      {std::string(129, 'z'), 367260222},
      {std::string(200, 'x'), 692612926},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(static_cast<uint32_t>(CityHash(text)), expected) << text;
}

}  // namespace
}  // namespace slipway::terms
