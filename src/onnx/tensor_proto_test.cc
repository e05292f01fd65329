#include "onnx/tensor_proto.h"

#include "onnx/builder.h"

namespace slipway::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = ::onnx::TensorProto;

TEST(TensorProtoTest, EveryDtypeSurvivesTheRoundTrip) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    std::string bytes(3 * ElementSize(dtype), '\1');
    if (dtype == DType::kBytes)
      for (const char* element : {"a", "", "ccc"}) AppendBytesElement(bytes, element);
    const Tensor tensor{dtype, {3, 1}, Buffer::Own(bytes)};
    const auto back = ToTensor(ToProto("t", tensor));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->dtype, dtype);
    EXPECT_EQ(back->shape, tensor.shape);
    EXPECT_TRUE(std::ranges::equal(back->data.bytes(), tensor.data.bytes())) << NameOf(dtype);
  }
}

TEST(TensorProtoTest, TypedFieldsAreReadAsTheTypeTheyStandFor) {
  ::onnx::TensorProto proto;
  proto.add_dims(2);
  proto.add_int32_data(-1);
  proto.add_int32_data(300);
  proto.set_data_type(Type::INT16);
  EXPECT_THAT(ToTensor(proto)->as<int16_t>(), ElementsAre(-1, 300));
  proto.set_data_type(Type::INT8);
  EXPECT_THAT(ToTensor(proto)->as<int8_t>(), ElementsAre(-1, 44));
  proto.set_data_type(Type::FLOAT16);
  EXPECT_THAT(ToTensor(proto)->as<uint16_t>(), ElementsAre(0xFFFF, 300));
  proto.set_data_type(Type::UINT32);
  EXPECT_FALSE(ToTensor(proto).ok()) << "UINT32 lies in uint64_data";
  proto.add_uint64_data(7);
  proto.add_uint64_data(4'000'000'000);
  EXPECT_THAT(ToTensor(proto)->as<uint32_t>(), ElementsAre(7u, 4'000'000'000u));
}

TEST(TensorProtoTest, ValuesMustBeAsManyAsTheDimsSay) {
  ::onnx::TensorProto proto;
  proto.set_name("w");
  proto.set_data_type(Type::FLOAT);
  proto.add_dims(2);
  proto.add_float_data(1);
  const auto tensor = ToTensor(proto);
  ASSERT_FALSE(tensor.ok());
  EXPECT_EQ(ReasonOf(tensor.status()), Reason::kBadModel);
  EXPECT_THAT(std::string(MessageOf(tensor.status())), HasSubstr("tensor \"w\": expected 8 bytes"));
  proto.set_dims(0, int64_t{1} << 62);
  EXPECT_FALSE(ToTensor(proto).ok());
  proto.set_dims(0, -1);
  EXPECT_FALSE(ToTensor(proto).ok());
}

TEST(TensorProtoTest, OtherFilesAndNarrowTypesAreRefused) {
  ::onnx::TensorProto proto;
  proto.set_data_type(Type::INT4);
  EXPECT_EQ(ReasonOf(ToTensor(proto).status()), Reason::kUnsupported);
  proto.set_data_type(Type::FLOAT);
  proto.set_data_location(Type::EXTERNAL);
  EXPECT_EQ(ReasonOf(ToTensor(proto).status()), Reason::kBadModel);
}

}  // namespace
}  // namespace slipway::onnx
