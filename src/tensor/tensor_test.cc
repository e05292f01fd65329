#include <cmath>

#include "tensor/half.h"
#include "tensor/tensor.h"

namespace slipway {
namespace {

TEST(ShapeTest, CountsElementsWithoutOverflow) {
  EXPECT_EQ(*ElementCount({}), 1);
  EXPECT_EQ(*ElementCount(Shape{2, 0, 5}), 0);
  const auto huge = ElementCount(Shape{16, (int64_t{1} << 60) + 2});
  ASSERT_FALSE(huge.ok());
  EXPECT_NE(MessageOf(huge.status()).find("element count"), std::string::npos);
  EXPECT_FALSE(ElementCount(Shape{-5}).ok());
  EXPECT_FALSE(ByteCount(DType::kFp64, Shape{int64_t{1} << 61}).ok());
}

TEST(DTypeTest, NamesAreReadBackAndNothingElseIs) {
  for (int i = 0; i < kDTypeCount; ++i)
    EXPECT_EQ(ParseDType(NameOf(static_cast<DType>(i))), static_cast<DType>(i));
  for (const std::string_view name :
       {"", "fp32", "FP3", "FP320", "FLOAT", "BYTES    ", "UINT64UINT64"})
    EXPECT_EQ(ParseDType(name), std::nullopt) << name;
  EXPECT_EQ(ParseDType(std::string_view("\0BOOL", 5)), std::nullopt);
}

TEST(TensorTest, DataMustBeAsLongAsTheShapeSays) {
  const float values[3] = {1, 2, 3};
  const Tensor tensor{DType::kFp32, {4}, Buffer(std::as_bytes(std::span(values)))};
  EXPECT_EQ(MessageOf(CheckData(tensor)), "expected 16 bytes for FP32 [4], got 12");
}

TEST(TensorTest, BytesElementsAreWalked) {
  std::string wire;
  AppendBytesElement(wire, "ab");
  AppendBytesElement(wire, std::string_view("\0", 1));
  EXPECT_TRUE(CheckData({DType::kBytes, {2}, Buffer::Own(wire)}).ok());
  EXPECT_EQ(MessageOf(CheckData({DType::kBytes, {3}, Buffer::Own(wire)})),
            "expected 3 elements, got 2");
  wire[0] = '\x70';
  EXPECT_FALSE(CheckData({DType::kBytes, {2}, Buffer::Own(wire)}).ok());
}

TEST(HalfTest, EveryPatternSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float fp16 = Fp16ToFloat(half), bf16 = Bf16ToFloat(half);
    if (std::isnan(fp16)) {
      ASSERT_TRUE(std::isnan(Fp16ToFloat(DoubleToFp16(fp16))));
    } else {
      ASSERT_EQ(DoubleToFp16(fp16), half);
    }
    if (!std::isnan(bf16)) {
      ASSERT_EQ(DoubleToBf16(bf16), half);
    }
  }
}

TEST(HalfTest, RoundsOnceToNearestEven) {
  EXPECT_EQ(DoubleToFp16(65504), 0x7BFF);
  EXPECT_EQ(DoubleToFp16(65519.99), 0x7BFF);
  EXPECT_EQ(DoubleToFp16(65520), 0x7C00);
  EXPECT_EQ(DoubleToFp16(1 + 1.0 / 2048), 0x3C00);          // half way, to even
  EXPECT_EQ(DoubleToFp16(1 + 1.0 / 2048 + 1e-12), 0x3C01);  // a float in between would lose this
  EXPECT_EQ(DoubleToFp16(std::ldexp(1.0, -25)), 0);         // half way to the least subnormal
  EXPECT_EQ(DoubleToFp16(-std::ldexp(1.5, -25)), 0x8001);
}

}  // namespace
}  // namespace slipway
