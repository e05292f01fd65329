#include "import/document.h"

#include <gtest/gtest.h>

namespace slipway::importing {
namespace {

StatusOr<Value> Read(std::string_view text, const Limits& limits = {}) {
  return ReadJson(std::as_bytes(std::span(text)), {.name = "test", .float32 = true}, limits);
}

TEST(DocumentTest, OnlyArraysOfNothingButNumbersAreNumbers) {
  const auto document = Read("[[1,2.5],3,true,[],[false,4],[5,null]]");
  ASSERT_TRUE(document.ok()) << document.status();
  const auto& elements = std::get<Array>(document->is);
  ASSERT_EQ(elements.size(), 6u);
  EXPECT_EQ(std::get<Numbers>(elements[0].is), (Numbers{1, 2.5}));
  EXPECT_EQ(std::get<double>(elements[1].is), 3);
  EXPECT_EQ(std::get<double>(elements[2].is), 1);
  EXPECT_EQ(std::get<Numbers>(elements[3].is), Numbers());
  EXPECT_EQ(std::get<Numbers>(elements[4].is), (Numbers{0, 4}));
  EXPECT_EQ(std::get<Array>(elements[5].is).size(), 2u);
}

TEST(DocumentTest, EveryNumberOfARunCounts) {
  std::string text = "[0";
  for (int i = 1; i < 200; ++i) text += ",1";
  text += "]";
  EXPECT_TRUE(Read(text, {.max_objects = 201}).ok());  // the array is one
  EXPECT_EQ(ReasonOf(Read(text, {.max_objects = 200}).status()), Reason::kTooLarge);
}

TEST(DocumentTest, NumbersThatAFloatCannotHoldAreRefused) {
  EXPECT_EQ(MessageOf(Read("[1,1e39]").status()),
            "test: JSON, byte 3: expected a number within the range of a 32-bit float, got 1e39");
}

}  // namespace
}  // namespace slipway::importing
