#pragma once
// What every engine must do, as one suite. An engine's test instantiates it with a type that makes the
// engine:
//   struct MakeMine { static std::unique_ptr<Engine> Make(); };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Mine, EngineConformanceTest, MakeMine);
// The models are Identity from input i to output i, which every engine can run.

#include <algorithm>
#include <cstring>
#include <thread>

#include "engine/testing/harness.h"

namespace slipway::testing {

template <typename Factory>
class EngineConformanceTest : public ::testing::Test {
 protected:
  struct Port {
    DType dtype;
    Shape shape;
  };
  static onnx::Builder Identity(const std::vector<Port>& ports) {
    onnx::Builder b;
    for (size_t i = 0; i < ports.size(); ++i) {
      const std::string in = fmt::format("in{}", i), out = fmt::format("out{}", i);
      b.Input(in, ports[i].dtype, ports[i].shape).Output(out, ports[i].dtype, ports[i].shape);
      b.Node("Identity", {in}, {out});
    }
    return b;
  }
  /// Every byte pattern that the dtype allows occurs among `count` elements, if they are enough.
  static Tensor Pattern(DType dtype, const Shape& shape) {
    const auto count = static_cast<size_t>(*ElementCount(shape));
    if (dtype == DType::kBytes) {
      std::vector<std::string> elements(count);
      for (size_t i = 0; i < count; ++i) elements[i] = std::string(i % 5, static_cast<char>(i));
      return BytesTensorOf(shape, elements);
    }
    std::string bytes(count * ElementSize(dtype), '\0');
    for (size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<char>(dtype == DType::kBool ? i % 2 : i * 37);
    return {dtype, shape, Buffer::Own(std::move(bytes))};
  }
  static void ExpectSame(const Tensor& expected, const Tensor& got) {
    EXPECT_EQ(got.dtype, expected.dtype);
    EXPECT_EQ(got.shape, expected.shape);
    EXPECT_TRUE(std::ranges::equal(got.data.bytes(), expected.data.bytes()));
  }

  std::unique_ptr<Engine> engine_ = Factory::Make();
};

TYPED_TEST_SUITE_P(EngineConformanceTest);

TYPED_TEST_P(EngineConformanceTest, EveryDtypeSurvivesUnchanged) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    SCOPED_TRACE(NameOf(dtype));
    const auto model = LoadModel(*this->engine_, this->Identity({{dtype, {-1, 3}}}).Serialize());
    ASSERT_TRUE(model.ok()) << model.status();
    for (const int64_t rows : {1, 7, 0}) {
      const Tensor input = this->Pattern(dtype, {rows, 3});
      const auto outputs = RunAll(**model, {&input});
      ASSERT_TRUE(outputs.ok()) << outputs.status();
      this->ExpectSame(input, (*outputs)[0]);
      EXPECT_FALSE((*outputs)[0].data.borrowed());
    }
  }
}

TYPED_TEST_P(EngineConformanceTest, ScalarsAndHighRanksSurvive) {
  const Shape shapes[] = {{}, {1, 1, 2, 1, 3, 1, 2}};
  for (const Shape& shape : shapes) {
    const auto model = LoadModel(*this->engine_, this->Identity({{DType::kInt64, shape}}).Serialize());
    ASSERT_TRUE(model.ok()) << model.status();
    const Tensor input = this->Pattern(DType::kInt64, shape);
    const auto outputs = RunAll(**model, {&input});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    this->ExpectSame(input, (*outputs)[0]);
  }
}

TYPED_TEST_P(EngineConformanceTest, SignatureIsThatOfTheModel) {
  const auto model = LoadModel(
      *this->engine_, this->Identity({{DType::kFp32, {-1, 4}}, {DType::kBytes, {2}}}).Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const Signature expected = {
      .inputs = {{.name = "in0", .dtype = DType::kFp32, .shape = {-1, 4}},
                 {.name = "in1", .dtype = DType::kBytes, .shape = {2}}},
      .outputs = {{.name = "out0", .dtype = DType::kFp32, .shape = {-1, 4}},
                  {.name = "out1", .dtype = DType::kBytes, .shape = {2}}}};
  EXPECT_EQ((*model)->signature(), expected);
}

TYPED_TEST_P(EngineConformanceTest, OutputsComeInTheOrderAskedFor) {
  const auto model = LoadModel(
      *this->engine_,
      this->Identity({{DType::kInt32, {1}}, {DType::kInt32, {2}}, {DType::kInt32, {3}}}).Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor a = this->Pattern(DType::kInt32, {1}), b = this->Pattern(DType::kInt32, {2}),
               c = this->Pattern(DType::kInt32, {3});
  const Tensor* inputs[] = {&a, &b, &c};
  const size_t wanted[] = {2, 0};
  std::vector<Tensor> results(5);
  ASSERT_TRUE((*model)->Run(inputs, wanted, {}, results).ok());
  ASSERT_EQ(results.size(), 2u);
  this->ExpectSame(c, results[0]);
  this->ExpectSame(a, results[1]);
}

TYPED_TEST_P(EngineConformanceTest, InputsNeedNoAlignment) {
  const auto model = LoadModel(*this->engine_, this->Identity({{DType::kFp64, {-1}}}).Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor aligned = this->Pattern(DType::kFp64, {9});
  std::vector<std::byte> shifted(aligned.data.size() + 8);
  for (size_t offset = 0; offset < 8; ++offset) {
    std::memcpy(shifted.data() + offset, aligned.data.data(), aligned.data.size());
    const Tensor input{DType::kFp64, {9}, Buffer(std::span(shifted).subspan(offset, aligned.data.size()))};
    const auto outputs = RunAll(**model, {&input});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    this->ExpectSame(aligned, (*outputs)[0]);
  }
}

TYPED_TEST_P(EngineConformanceTest, ResultsOutliveInputsModelAndEngine) {
  const Tensor expected = this->Pattern(DType::kFp32, {500, 3});
  std::vector<Tensor> results;
  {
    std::vector<std::byte> input_bytes(expected.data.bytes().begin(), expected.data.bytes().end());
    const Tensor input{DType::kFp32, {500, 3}, Buffer(std::span<const std::byte>(input_bytes))};
    auto model = LoadModel(*this->engine_, this->Identity({{DType::kFp32, {-1, 3}}}).Serialize());
    ASSERT_TRUE(model.ok()) << model.status();
    const Tensor* inputs[] = {&input};
    const size_t wanted[] = {0};
    ASSERT_TRUE((*model)->Run(inputs, wanted, {}, results).ok());
    this->engine_.reset();
    model->reset();
    std::fill(input_bytes.begin(), input_bytes.end(), std::byte{0xEE});
  }
  this->ExpectSame(expected, results[0]);
}

TYPED_TEST_P(EngineConformanceTest, ManyThreadsRunOneModel) {
  const auto model = LoadModel(*this->engine_, this->Identity({{DType::kInt64, {-1}}}).Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<std::jthread> threads;
  for (int64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 200; ++i) {
        const Tensor input = TensorOf<int64_t>({2}, {t, i});
        const auto outputs = RunAll(**model, {&input});
        ASSERT_TRUE(outputs.ok()) << outputs.status();
        ASSERT_THAT(ValuesOf<int64_t>((*outputs)[0]), ::testing::ElementsAre(t, i));
      }
    });
}

TYPED_TEST_P(EngineConformanceTest, BytesThatAreNoModelAreRefused) {
  for (const std::string& bytes : {std::string(), std::string("hello"), std::string(64, '\xff')}) {
    const auto model = LoadModel(*this->engine_, bytes);
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(ReasonOf(model.status()), Reason::kBadModel) << model.status();
  }
}

REGISTER_TYPED_TEST_SUITE_P(EngineConformanceTest, EveryDtypeSurvivesUnchanged,
                            ScalarsAndHighRanksSurvive, SignatureIsThatOfTheModel,
                            OutputsComeInTheOrderAskedFor, InputsNeedNoAlignment,
                            ResultsOutliveInputsModelAndEngine, ManyThreadsRunOneModel,
                            BytesThatAreNoModelAreRefused);

}  // namespace slipway::testing
