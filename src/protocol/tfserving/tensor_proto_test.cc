#include "protocol/tfserving/tensor_proto.h"

#include "protobuf/message_writer.h"
#include "protocol/tfserving/data_type.h"
#include "protocol/tfserving/testing/plenty.h"

namespace slipway::tfserving {
namespace {

using protobuf::MessageWriter;
using testing::ElementsAre;
using testing::HasSubstr;

struct Got {
  std::string message;  // the tensor may borrow from it
  Status status;
  Tensor tensor;
  Arena arena;
};

std::unique_ptr<Got> Read(std::string message) {
  auto got = std::make_unique<Got>(std::move(message));
  Plenty plenty;
  got->status = TensorProtoReader(got->arena, plenty.repeated).Read(got->message, got->tensor);
  return got;
}

/// A tensor of `dtype` and `shape` with `value` as the bytes of field `number`.
std::string Message(DType dtype, const Shape& shape, uint32_t number, std::string_view value) {
  std::string message;
  MessageWriter writer(message);
  if (number != 0) writer.Bytes(number, value);
  writer.Varint(1, DataTypeNumber(dtype));
  AppendShape(2, &shape, message);
  return message;
}

template <typename T>
std::string BytesOf(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
class TypedTensorProtoTest : public testing::Test {};

template <DType kType, typename T>
struct Element {
  static constexpr DType kDtype = kType;
  using Value = T;
};
using Elements =
    testing::Types<Element<DType::kUint8, uint8_t>, Element<DType::kUint16, uint16_t>,
                   Element<DType::kUint32, uint32_t>, Element<DType::kUint64, uint64_t>,
                   Element<DType::kInt8, int8_t>, Element<DType::kInt16, int16_t>,
                   Element<DType::kInt32, int32_t>, Element<DType::kInt64, int64_t>,
                   Element<DType::kFp16, uint16_t>, Element<DType::kBf16, uint16_t>,
                   Element<DType::kFp32, float>, Element<DType::kFp64, double>>;
TYPED_TEST_SUITE(TypedTensorProtoTest, Elements);

TYPED_TEST(TypedTensorProtoTest, ComesBackAsItWas) {
  using T = typename TypeParam::Value;
  const std::vector<T> values = {std::numeric_limits<T>::lowest(), T{0}, T{1},
                                 std::numeric_limits<T>::max()};
  const Tensor tensor{TypeParam::kDtype, {2, 2}, Buffer::Own(BytesOf(values))};
  const TensorProtoPieces pieces = WriteTensorProto(tensor);
  std::string message = pieces.head;
  message.append(reinterpret_cast<const char*>(pieces.data.data()), pieces.data.size());
  const auto typed = Read(message);
  ASSERT_TRUE(typed->status.ok()) << typed->status;
  EXPECT_EQ(typed->tensor.dtype, TypeParam::kDtype);
  EXPECT_THAT(typed->tensor.shape, ElementsAre(2, 2));
  EXPECT_THAT(typed->tensor.template as<T>(), testing::ElementsAreArray(values));
  const auto raw = Read(Message(TypeParam::kDtype, {2, 2}, 4, BytesOf(values)));
  ASSERT_TRUE(raw->status.ok()) << raw->status;
  EXPECT_THAT(raw->tensor.template as<T>(), testing::ElementsAreArray(values));
}

TEST(TensorProtoTest, StringsAndBoolsComeBackAsTheyWere) {
  std::string wire;
  for (const std::string_view each : {"a", "", "\xff\0b"}) AppendBytesElement(wire, each);
  const Tensor strings{DType::kBytes, {3}, Buffer::Own(wire)};
  const auto text = Read(WriteTensorProto(strings).head);
  ASSERT_TRUE(text->status.ok()) << text->status;
  EXPECT_EQ(BytesOf<char>({wire.begin(), wire.end()}),
            std::string(reinterpret_cast<const char*>(text->tensor.data.data()),
                        text->tensor.data.size()));
  const Tensor bools{DType::kBool, {2}, Buffer::Own(std::string("\1\0", 2))};
  const auto flags = Read(WriteTensorProto(bools).head);
  ASSERT_TRUE(flags->status.ok());
  EXPECT_THAT(flags->tensor.as<uint8_t>(), ElementsAre(1, 0));
}

TEST(TensorProtoTest, TheLastElementStandsForThoseThatAreMissing) {
  const auto one = Read(Message(DType::kFp32, {2, 2}, 5, BytesOf<float>({1.5f})));
  ASSERT_TRUE(one->status.ok());
  EXPECT_THAT(one->tensor.as<float>(), ElementsAre(1.5f, 1.5f, 1.5f, 1.5f));
  const auto two = Read(Message(DType::kInt8, {3}, 7, "\1\2"));
  ASSERT_TRUE(two->status.ok());
  EXPECT_THAT(two->tensor.as<int8_t>(), ElementsAre(1, 2, 2));
  const auto none = Read(Message(DType::kInt64, {2}, 0, ""));
  ASSERT_TRUE(none->status.ok());
  EXPECT_THAT(none->tensor.as<int64_t>(), ElementsAre(0, 0));
  const auto text = Read(Message(DType::kBytes, {2}, 8, "ab"));
  ASSERT_TRUE(text->status.ok());
  EXPECT_EQ(text->tensor.data.size(), 12u);
}

TEST(TensorProtoTest, AClaimedShapeTakesNoMemory) {
  for (const DType dtype : {DType::kUint8, DType::kFp64, DType::kBytes}) {
    const auto got = Read(Message(dtype, {int64_t{1} << 40}, 0, ""));
    EXPECT_EQ(ReasonOf(got->status), Reason::kTooLarge) << NameOf(dtype);
  }
  Arena arena;
  Plenty plenty;
  TensorProtoReader reader(arena, plenty.repeated);
  const std::string message = Message(DType::kUint8, {RepeatedBytes::kMax / 2 + 1}, 0, "");
  Tensor tensor;
  EXPECT_TRUE(reader.Read(message, tensor).ok());
  EXPECT_EQ(ReasonOf(reader.Read(message, tensor)), Reason::kTooLarge);
}

TEST(TensorProtoTest, WhatIsRepeatedIsChargedUntilItIsReleased) {
  BodyMemory memory;
  memory.max_buffered_bytes = 3000;
  const std::string numbers = Message(DType::kInt64, {200}, 0, "");
  const std::string texts = Message(DType::kBytes, {100}, 8, "ab");  // 99 of 6 bytes are repeated
  Arena arena;
  Tensor tensor;
  BodyCharge first, second;
  RepeatedBytes of_first(memory, first), of_second(memory, second);
  ASSERT_TRUE(TensorProtoReader(arena, of_first).Read(numbers, tensor).ok());
  EXPECT_EQ(memory.budget->used(), 1600u);
  ASSERT_TRUE(TensorProtoReader(arena, of_second).Read(texts, tensor).ok());
  EXPECT_EQ(memory.budget->used(), 1600u + 594u);
  EXPECT_EQ(ReasonOf(TensorProtoReader(arena, of_second).Read(numbers, tensor)),
            Reason::kOverloaded);
  first.Release();
  EXPECT_EQ(memory.budget->used(), 594u);
  EXPECT_TRUE(TensorProtoReader(arena, of_second).Read(numbers, tensor).ok());
}

TEST(TensorProtoTest, AScalarHasNoDimensions) {
  std::string message;
  MessageWriter writer(message);
  writer.Varint(1, 3);
  writer.Varint(7, 42);
  const auto got = Read(message);
  ASSERT_TRUE(got->status.ok());
  EXPECT_TRUE(got->tensor.shape.empty());
  EXPECT_THAT(got->tensor.as<int32_t>(), ElementsAre(42));
}

TEST(TensorProtoTest, RefusesWhatIsNoTensor) {
  const auto refused = [](const std::string& message) {
    const auto got = Read(message);
    return got->status.ok() ? "OK" : std::string(MessageOf(got->status));
  };
  EXPECT_EQ(refused(""), "\"dtype\" 0 is no data type of a model");
  EXPECT_EQ(refused("\x08\x08"), "\"dtype\" 8 is no data type of a model");
  EXPECT_EQ(refused(Message(DType::kFp32, {1}, 5, BytesOf<float>({1, 2}))),
            "expected 1 elements for FP32 [1], got 2");
  EXPECT_EQ(refused(Message(DType::kFp32, {1}, 5, "abc")),
            "field \"float_val\": its last number is truncated");
  EXPECT_EQ(refused(Message(DType::kFp32, {2}, 4, "abcd")), "expected 8 bytes for FP32 [2], got 4");
  EXPECT_EQ(refused(Message(DType::kInt8, {1}, 7, "\x80\x01")),
            "field \"int_val\": expected numbers from -128 to 127, got 128");
  EXPECT_EQ(refused(Message(DType::kBool, {1}, 4, "\2")), "expected bytes 0 and 1 for DT_BOOL");
  EXPECT_THAT(refused(Message(DType::kBytes, {1}, 4, "\1a")), HasSubstr("string_val"));
  EXPECT_THAT(refused(Message(DType::kFp32, {-1}, 0, "")), HasSubstr("dimensions >= 0"));
  EXPECT_THAT(refused(Message(DType::kFp32, Shape(33, 1), 0, "")), HasSubstr("32 dimensions"));
  std::string unknown = "\x08\x01";
  AppendShape(2, nullptr, unknown);
  EXPECT_EQ(refused(unknown), "expected a shape, got one of unknown rank");
}

}  // namespace
}  // namespace slipway::tfserving
