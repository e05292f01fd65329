#include "infer/classification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slipway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename T>
Tensor Make(DType dtype, Shape shape, std::vector<T> values) {
  std::byte* bytes;
  Tensor tensor{dtype, std::move(shape), Buffer::Allocate(values.size() * sizeof(T), &bytes)};
  std::copy_n(reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(T), bytes);
  return tensor;
}

std::vector<std::string> Strings(const StatusOr<Tensor>& tensor) {
  std::vector<std::string> strings;
  if (!tensor.ok()) return {std::string(MessageOf(tensor.status()))};
  EXPECT_TRUE(CheckData(*tensor).ok());
  BytesReader reader(tensor->data.bytes());
  for (std::string_view each; reader.Next(&each);) strings.emplace_back(each);
  return strings;
}

// The example of Triton's specification: of [1, 5, 10, 4] the best two are at 2 and 1.
TEST(ClassifyTest, PicksTheLargestFirst) {
  const auto best = Classify(Make<int32_t>(DType::kInt32, {4}, {1, 5, 10, 4}), 2, false, {});
  ASSERT_TRUE(best.ok());
  EXPECT_EQ(best->dtype, DType::kBytes);
  EXPECT_EQ(best->shape, (Shape{2}));
  EXPECT_THAT(Strings(best), ElementsAre("10:2", "5:1"));
}

TEST(ClassifyTest, ClassifiesEachRowOfABatch) {
  const auto best =
      Classify(Make<float>(DType::kFp32, {2, 3}, {0.1f, 0.7f, 0.2f, 3, 1, 2}), 2, true, {});
  ASSERT_TRUE(best.ok());
  EXPECT_EQ(best->shape, (Shape{2, 2}));
  EXPECT_THAT(Strings(best), ElementsAre("0.7:1", "0.2:2", "3:0", "2:2"));
}

TEST(ClassifyTest, FlattensTheRestOfARow) {
  const auto tensor = Make<int8_t>(DType::kInt8, {2, 2, 2}, {1, 2, 3, 4, 8, 7, 6, 5});
  EXPECT_THAT(Strings(Classify(tensor, 1, true, {})), ElementsAre("4:3", "8:0"));
  EXPECT_THAT(Strings(Classify(tensor, 1, false, {})), ElementsAre("8:4"));
}

TEST(ClassifyTest, GivesNoMoreThanThereIs) {
  const auto best = Classify(Make<float>(DType::kFp32, {2}, {1, 2}), 4'000'000'000u, false, {});
  ASSERT_TRUE(best.ok());
  EXPECT_EQ(best->shape, (Shape{2}));
}

TEST(ClassifyTest, ScalarsAndEmptyTensorsAreFine) {
  EXPECT_THAT(Strings(Classify(Make<double>(DType::kFp64, {}, {2.5}), 3, true, {})),
              ElementsAre("2.5:0"));
  const auto no_rows = Classify(Make<float>(DType::kFp32, {0, 3}, {}), 2, true, {});
  ASSERT_TRUE(no_rows.ok());
  EXPECT_EQ(no_rows->shape, (Shape{0, 2}));
  const auto no_classes = Classify(Make<float>(DType::kFp32, {3, 0}, {}), 2, true, {});
  ASSERT_TRUE(no_classes.ok());
  EXPECT_EQ(no_classes->shape, (Shape{3, 0}));
}

TEST(ClassifyTest, AddsLabelsWhereThereAreSome) {
  const auto tensor = Make<float>(DType::kFp32, {4}, {4, 3, 2, 1});
  EXPECT_THAT(Strings(Classify(tensor, 4, false, {"cat", "", "a:b"})),
              ElementsAre("4:0:cat", "3:1", "2:2:a:b", "1:3"));
}

TEST(ClassifyTest, TiesGoByIndexAndNanIsLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const auto tensor = Make<float>(DType::kFp32, {6}, {nan, 1, -inf, 1, nan, inf});
  EXPECT_THAT(Strings(Classify(tensor, 6, false, {})),
              ElementsAre("inf:5", "1:1", "1:3", "-inf:2", "nan:0", "nan:4"));
}

TEST(ClassifyTest, ValuesReadBackExactly) {
  const auto tensor = Make<float>(DType::kFp32, {3}, {1e-9f, 0.1f, 16777217.0f});
  EXPECT_THAT(Strings(Classify(tensor, 3, false, {})),
              ElementsAre("16777216:2", "0.1:1", "1e-09:0"));
  const auto wide = Make<uint64_t>(DType::kUint64, {1}, {std::numeric_limits<uint64_t>::max()});
  EXPECT_THAT(Strings(Classify(wide, 1, false, {})), ElementsAre("18446744073709551615:0"));
}

TEST(ClassifyTest, OrdersHalfPrecisionAsNumbers) {
  // 1.0, −2.0, 0.5: as unsigned bits the negative one would be the largest.
  const auto fp16 = Make<uint16_t>(DType::kFp16, {3}, {0x3C00, 0xC000, 0x3800});
  EXPECT_THAT(Strings(Classify(fp16, 3, false, {})), ElementsAre("1:0", "0.5:2", "-2:1"));
  const auto bf16 = Make<uint16_t>(DType::kBf16, {3}, {0x3F80, 0xC000, 0x3F00});
  EXPECT_THAT(Strings(Classify(bf16, 3, false, {})), ElementsAre("1:0", "0.5:2", "-2:1"));
}

TEST(ClassifyTest, RefusesWhatHasNoOrderOrIsTooMuch) {
  const auto flags = Classify(Make<uint8_t>(DType::kBool, {2}, {0, 1}), 1, false, {});
  EXPECT_EQ(ReasonOf(flags.status()), Reason::kBadRequest);
  EXPECT_EQ(MessageOf(flags.status()), "classification needs numbers, got BOOL [2]");
  const auto many =
      Classify(Make<uint8_t>(DType::kUint8, {2048, 1024}, std::vector<uint8_t>(2048 * 1024)), 1024,
               true, {});
  EXPECT_EQ(ReasonOf(many.status()), Reason::kBadRequest);
  EXPECT_THAT(std::string(MessageOf(many.status())), HasSubstr("at most 1048576"));
}

}  // namespace
}  // namespace slipway
