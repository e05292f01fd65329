#include "protocol/openinference/grpc_contents.h"

#include <inference/grpc_service.pb.h>

#include <limits>
#include <memory>
#include <utility>

#include "protocol/openinference/testing/tensor_values.h"

namespace slipway::openinference {
namespace {

using inference::InferTensorContents;

struct Outcome {
  Arena arena;
  Tensor tensor;
  Status status;
};

std::unique_ptr<Outcome> Read(DType dtype, Shape shape, const InferTensorContents& contents) {
  auto outcome = std::make_unique<Outcome>();
  outcome->tensor.dtype = dtype;
  outcome->tensor.shape = std::move(shape);
  outcome->status = ReadContents(contents.SerializeAsString(), outcome->arena, outcome->tensor);
  return outcome;
}

TEST(GrpcContentsTest, ElementsAreReadExactly) {
  InferTensorContents contents;
  const auto read = [&](DType dtype) {
    auto got = Read(dtype, {3}, contents);
    EXPECT_TRUE(got->status.ok()) << NameOf(dtype) << ": " << got->status;
    contents.Clear();
    return got;
  };
  const auto set = [](auto* field, auto values) { field->Add(values.begin(), values.end()); };

  set(contents.mutable_bool_contents(), std::vector{true, false, true});
  EXPECT_EQ(Values<uint8_t>(read(DType::kBool)->tensor), (std::vector<uint8_t>{1, 0, 1}));
  set(contents.mutable_int_contents(), std::vector{-128, 0, 127});
  EXPECT_EQ(Values<int8_t>(read(DType::kInt8)->tensor), (std::vector<int8_t>{-128, 0, 127}));
  set(contents.mutable_int_contents(), std::vector{-32768, 0, 32767});
  EXPECT_EQ(Values<int16_t>(read(DType::kInt16)->tensor), (std::vector<int16_t>{-32768, 0, 32767}));
  set(contents.mutable_int_contents(), std::vector<int32_t>{INT32_MIN, 0, INT32_MAX});
  EXPECT_EQ(Values<int32_t>(read(DType::kInt32)->tensor),
            (std::vector<int32_t>{INT32_MIN, 0, INT32_MAX}));
  set(contents.mutable_int64_contents(), std::vector<int64_t>{INT64_MIN, -1, INT64_MAX});
  EXPECT_EQ(Values<int64_t>(read(DType::kInt64)->tensor),
            (std::vector<int64_t>{INT64_MIN, -1, INT64_MAX}));
  set(contents.mutable_uint_contents(), std::vector<uint32_t>{0, 1, 255});
  EXPECT_EQ(Values<uint8_t>(read(DType::kUint8)->tensor), (std::vector<uint8_t>{0, 1, 255}));
  set(contents.mutable_uint_contents(), std::vector<uint32_t>{0, 1, 65535});
  EXPECT_EQ(Values<uint16_t>(read(DType::kUint16)->tensor), (std::vector<uint16_t>{0, 1, 65535}));
  set(contents.mutable_uint_contents(), std::vector<uint32_t>{0, 1, UINT32_MAX});
  EXPECT_EQ(Values<uint32_t>(read(DType::kUint32)->tensor),
            (std::vector<uint32_t>{0, 1, UINT32_MAX}));
  set(contents.mutable_uint64_contents(), std::vector<uint64_t>{0, 1, UINT64_MAX});
  EXPECT_EQ(Values<uint64_t>(read(DType::kUint64)->tensor),
            (std::vector<uint64_t>{0, 1, UINT64_MAX}));
  set(contents.mutable_fp32_contents(), std::vector{-0.0f, 1e-45f, 3.4028235e38f});
  EXPECT_EQ(Values<float>(read(DType::kFp32)->tensor), (std::vector{-0.0f, 1e-45f, 3.4028235e38f}));
  set(contents.mutable_fp64_contents(), std::vector{0.1, 5e-324, -1.5});
  EXPECT_EQ(Values<double>(read(DType::kFp64)->tensor), (std::vector{0.1, 5e-324, -1.5}));
  for (const char* element : {"", "a", "\xff"}) contents.add_bytes_contents(element);
  EXPECT_EQ(Strings(read(DType::kBytes)->tensor), (std::vector<std::string>{"", "a", "\xff"}));
}

TEST(GrpcContentsTest, RefusesWhatIsNotOfTheDataType) {
  InferTensorContents ints, longs, floats;
  ints.add_int_contents(300);
  longs.add_int64_contents(1);
  floats.add_fp32_contents(1);
  const std::tuple<DType, Shape, InferTensorContents, std::string_view> table[] = {
      {DType::kInt8,
       {1},
       ints,
       "field \"int_contents\": expected numbers from -128 to 127, got 300"},
      {DType::kInt32, {1}, longs, "expected \"int_contents\" for INT32, got \"int64_contents\""},
      {DType::kFp16, {1}, floats, "FP16 has no typed contents; send it in \"raw_input_contents\""},
      {DType::kInt32, {2}, ints, "expected 2 elements for INT32 [2], got 1"},
      {DType::kInt64,
       {INT64_MAX},
       longs,
       "expected 9223372036854775807 elements for INT64 [9223372036854775807], got 1"},
  };
  for (const auto& [dtype, shape, contents, message] : table) {
    const auto got = Read(dtype, shape, contents);
    ASSERT_FALSE(got->status.ok()) << message;
    EXPECT_EQ(ReasonOf(got->status), Reason::kBadRequest);
    EXPECT_EQ(MessageOf(got->status), message);
  }
}

TEST(GrpcContentsTest, WhatIsAppendedIsReadBack) {
  const auto check = [](DType dtype, std::string bytes) {
    const int64_t elements = static_cast<int64_t>(bytes.size() / ElementSize(dtype));
    const Tensor tensor{dtype, {elements}, Buffer::Own(std::move(bytes))};
    std::string message;
    ASSERT_TRUE(AppendContents(tensor, message).ok()) << NameOf(dtype);
    Arena arena;
    Tensor again{dtype, {elements}, {}};
    ASSERT_TRUE(ReadContents(message, arena, again).ok()) << NameOf(dtype);
    EXPECT_TRUE(std::ranges::equal(again.data.bytes(), tensor.data.bytes())) << NameOf(dtype);
  };
  check(DType::kBool, std::string("\0\1\1\0\0\0\1\1", 8));
  for (const DType dtype :
       {DType::kUint8, DType::kUint16, DType::kUint32, DType::kUint64, DType::kInt8, DType::kInt16,
        DType::kInt32, DType::kInt64, DType::kFp32, DType::kFp64})
    check(dtype, std::string("\0\1\x7f\x80\xff\2\3\x81", 8));
  std::string unused;
  for (const DType dtype : {DType::kFp16, DType::kBf16})
    EXPECT_FALSE(AppendContents(Tensor{dtype, {0}, {}}, unused).ok()) << NameOf(dtype);
}

}  // namespace
}  // namespace slipway::openinference
