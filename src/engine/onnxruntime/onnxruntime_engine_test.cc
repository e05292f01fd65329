#include "engine/onnxruntime/onnxruntime_engine.h"

#include <stdlib.h>

#include <filesystem>

#include "engine/testing/conformance.h"
#include "engine/testing/harness.h"
#include "onnx/onnx.pb.h"
#include "tensor/half.h"

namespace slipway {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace slipway::testing;

struct MakeOnnxRuntime {
  static std::unique_ptr<Engine> Make() { return *CreateOnnxRuntimeEngine(); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(OnnxRuntime, EngineConformanceTest, MakeOnnxRuntime);

std::string TextOf(const Status& status) { return std::string(MessageOf(status)); }

class OnnxRuntimeEngineTest : public ::testing::Test {
 protected:
  StatusOr<std::vector<Tensor>> Go(const onnx::Builder& b,
                                   const std::vector<const Tensor*>& inputs) {
    return LoadAndRun(*engine_, b, inputs);
  }
  std::unique_ptr<Engine> engine_ = *CreateOnnxRuntimeEngine();
};

TEST_F(OnnxRuntimeEngineTest, NamesItself) {
  EXPECT_EQ(engine_->name(), "onnxruntime");
  EXPECT_THAT(std::string(engine_->version()), HasSubstr("1."));
}

// Cast takes every number and BOOL to every other: kernels for FP16, BF16 and the unsigned types
// exist.
TEST_F(OnnxRuntimeEngineTest, CastsBetweenAllNumericTypes) {
  const Tensor x = TensorOf<float>({3}, {0, 1, 2});
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::kBytes) continue;
    SCOPED_TRACE(NameOf(dtype));
    onnx::Builder b;
    b.Input("x", DType::kFp32, {-1}).Output("y", dtype, {-1}).Output("z", DType::kFp64, {-1});
    onnx::Builder types;
    types.Output("y", dtype, {});
    const int to = types.proto().graph().output(0).type().tensor_type().elem_type();
    b.Node("Cast", {"x"}, {"y"}, {{"to", to}});
    b.Node("Cast", {"y"}, {"z"}, {{"to", int{::onnx::TensorProto::DOUBLE}}});
    const auto outputs = Go(b, {&x});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ((*outputs)[0].dtype, dtype);
    EXPECT_EQ((*outputs)[0].data.size(), 3 * ElementSize(dtype));
    EXPECT_THAT(ValuesOf<double>((*outputs)[1]), ElementsAre(0, 1, dtype == DType::kBool ? 1 : 2));
  }
}

TEST_F(OnnxRuntimeEngineTest, HalfTypesKeepTheirBits) {
  onnx::Builder b;
  b.Input("a", DType::kFp16, {2}).Input("b", DType::kBf16, {2});
  b.Output("c", DType::kFp16, {2}).Output("d", DType::kBf16, {2});
  b.Node("Neg", {"a"}, {"c"}).Node("Identity", {"b"}, {"d"});
  Tensor a = TensorOf<uint16_t>({2}, {DoubleToFp16(1.5), 0x7C00}),
         bf = TensorOf<uint16_t>({2}, {0x7FC1, 0x3F80});
  a.dtype = DType::kFp16;
  bf.dtype = DType::kBf16;
  const auto outputs = Go(b, {&a, &bf});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ValuesOf<uint16_t>((*outputs)[0]), ElementsAre(DoubleToFp16(-1.5), 0xFC00));
  EXPECT_THAT(ValuesOf<uint16_t>((*outputs)[1]), ElementsAre(0x7FC1, 0x3F80));
}

TEST_F(OnnxRuntimeEngineTest, StringsMayHoldAnyByte) {
  onnx::Builder b;
  b.Input("x", DType::kBytes, {-1})
      .Output("y", DType::kBytes, {-1})
      .Output("same", DType::kBool, {-1});
  b.Node("Concat", {"x", "x"}, {"y"}, {{"axis", 0}})
      .Node("Equal", {"x", "x"}, {"same"})
      .Opset("", 19);
  const std::string nul("a\0b", 3), raw("\xff\x00\xfe", 3);
  const Tensor x = BytesTensorOf({3}, {nul, "", raw});
  const auto outputs = Go(b, {&x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ElementsOf((*outputs)[0]), ElementsAre(nul, "", raw, nul, "", raw));
}

TEST_F(OnnxRuntimeEngineTest, DynamicDimensionsDifferFromRunToRun) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, -1}).Output("y", DType::kFp32, {-1});
  const int64_t axes[] = {1};
  b.Constant<int64_t>("axes", {1}, axes);
  b.Node("ReduceSum", {"x", "axes"}, {"y"}, {{"keepdims", 0}});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  for (const int64_t rows : {1, 5, 2}) {
    const Tensor x =
        TensorOf<float>({rows, 2}, std::vector<float>(static_cast<size_t>(2 * rows), 1.5f));
    const auto outputs = RunAll(**model, {&x});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ((*outputs)[0].shape, Shape({rows}));
    EXPECT_THAT(ValuesOf<float>((*outputs)[0]), ::testing::Each(3.0f));
  }
}

TEST_F(OnnxRuntimeEngineTest, AnInputWithADefaultMayBeLeftOut) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Input("bias", DType::kFp32, {2}).Output("y", DType::kFp32, {2});
  const float bias[] = {10, 20};
  b.Constant<float>("bias", {2}, bias).Node("Add", {"x", "bias"}, {"y"});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE((*model)->signature().inputs[1].optional);
  const Tensor x = TensorOf<float>({2}, {1, 2}), own = TensorOf<float>({2}, {5, 5});
  EXPECT_THAT(ValuesOf<float>((*RunAll(**model, {&x, nullptr}))[0]), ElementsAre(11, 22));
  EXPECT_THAT(ValuesOf<float>((*RunAll(**model, {&x, &own}))[0]), ElementsAre(6, 7));
}

TEST_F(OnnxRuntimeEngineTest, OldModelsListTheirWeightsAsInputsAndTheyAreNone) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Input("w", DType::kFp32, {2}).Output("y", DType::kFp32, {2});
  const float w[] = {2, 3};
  b.Constant<float>("w", {2}, w).Node("Mul", {"x", "w"}, {"y"}).Opset("", 8);
  b.proto().set_ir_version(3);
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->signature().inputs.size(), 1u);
  const Tensor x = TensorOf<float>({2}, {1, 1});
  EXPECT_THAT(ValuesOf<float>((*RunAll(**model, {&x}))[0]), ElementsAre(2, 3));
}

// ---- ZipMap

onnx::Builder Classifier(const std::vector<onnx::Attribute>& labels) {
  onnx::Builder b;
  b.Opset("ai.onnx.ml", 1);
  b.Input("x", DType::kFp32, {-1, 2}).Output("output_label", DType::kInt64, {-1});
  b.Node("LinearClassifier", {"x"}, {"output_label", "probabilities"},
         {{"coefficients", std::vector<float>{1, 0, 0, 1, -1, -1}},
          {"intercepts", std::vector<float>{0, 0, 0}},
          {"classlabels_ints", std::vector<int64_t>{3, 5, 7}},
          {"post_transform", "SOFTMAX"}},
         "ai.onnx.ml");
  b.Node("ZipMap", {"probabilities"}, {"output_probability"}, labels, "ai.onnx.ml");
  auto& output = *b.proto().mutable_graph()->add_output();
  output.set_name("output_probability");
  auto& map =
      *output.mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_map_type();
  map.set_key_type(::onnx::TensorProto::INT64);
  map.mutable_value_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
  return b;
}

TEST_F(OnnxRuntimeEngineTest, ZipMapGivesATensorWithLabels) {
  const struct {
    onnx::Attribute attribute;
    std::vector<std::string> labels;
  } cases[] = {
      {{"classlabels_int64s", std::vector<int64_t>{3, 5, 7}}, {"3", "5", "7"}},
      {{"classlabels_strings", std::vector<std::string>{"cat", "dog", "émeu"}},
       {"cat", "dog", "émeu"}},
  };
  for (const auto& c : cases) {
    const auto model = LoadModel(*engine_, Classifier({c.attribute}).Serialize());
    ASSERT_TRUE(model.ok()) << model.status();
    const TensorSpec expected{
        .name = "output_probability", .dtype = DType::kFp32, .shape = {-1, 3}, .labels = c.labels};
    EXPECT_EQ((*model)->signature().outputs[1], expected);
    const Tensor x = TensorOf<float>({2, 2}, {1, 0, 0, 2});
    const auto outputs = RunAll(**model, {&x});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_THAT(ValuesOf<int64_t>((*outputs)[0]), ElementsAre(3, 5));
    EXPECT_EQ((*outputs)[1].shape, Shape({2, 3}));
    // softmax(1, 0, -1)
    const auto p = ValuesOf<float>((*outputs)[1]);
    EXPECT_THAT(std::vector<float>(p.begin(), p.begin() + 3),
                ElementsAre(FloatNear(0.66524f, 1e-5f), FloatNear(0.24473f, 1e-5f),
                            FloatNear(0.09003f, 1e-5f)));
  }
}

TEST_F(OnnxRuntimeEngineTest, ZipMapWithoutLabelsOrWithTheWrongNumberIsRefused) {
  const auto none = LoadModel(*engine_, Classifier({}).Serialize());
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(TextOf(none.status()), HasSubstr("ZipMap of output \"output_probability\""));
  const auto twice = LoadModel(
      *engine_, Classifier({{"classlabels_int64s", std::vector<int64_t>{1, 1, 2}}}).Serialize());
  EXPECT_THAT(TextOf(twice.status()), HasSubstr("stands twice"));
  const auto model = LoadModel(
      *engine_, Classifier({{"classlabels_int64s", std::vector<int64_t>{1, 2}}}).Serialize());
  if (!model.ok()) return;  // shape inference may see it already
  const Tensor x = TensorOf<float>({1, 2}, {1, 0});
  const auto outputs = RunAll(**model, {&x});
  ASSERT_FALSE(outputs.ok());
  EXPECT_THAT(TextOf(outputs.status()), HasSubstr("output_probability"));
}

// ---- refusals

TEST_F(OnnxRuntimeEngineTest, WhatTheGraphCannotTakeIsTheClientsFault) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1}).Input("y", DType::kFp32, {-1}).Output("z", DType::kFp32, {-1});
  b.Node("Add", {"x", "y"}, {"z"});
  const Tensor x = TensorOf<float>({3}, {1, 2, 3}), y = TensorOf<float>({4}, {1, 2, 3, 4});
  const auto outputs = Go(b, {&x, &y});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(ReasonOf(outputs.status()), Reason::kBadRequest);
  EXPECT_THAT(TextOf(outputs.status()), HasSubstr("Add_0"));
  EXPECT_THAT(TextOf(outputs.status()), Not(HasSubstr("/onnxruntime")));
}

TEST_F(OnnxRuntimeEngineTest, UnknownOperatorsAreNamed) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1});
  b.Opset("com.example", 1).Node("Frobnicate", {"x"}, {"y"}, {}, "com.example");
  const auto outputs = Go(b, {});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(ReasonOf(outputs.status()), Reason::kBadModel);
  EXPECT_THAT(TextOf(outputs.status()), HasSubstr("com.example"));
  EXPECT_THAT(TextOf(outputs.status()), HasSubstr("Frobnicate"));
}

TEST_F(OnnxRuntimeEngineTest, ARefusalWithoutAReasonSaysWhichCheckFailed) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1, 3, 3}).Input("w", DType::kFp32, {1, 16, 3});
  b.Input("r", DType::kFp32, {1, 16, 4}).Output("y", DType::kFp32, {1, 1, 3, 4});
  b.Node("LSTM", {"x", "w", "r"}, {"y"}, {{"hidden_size", 0}});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(TextOf(model.status()), HasSubstr("check of ONNX Runtime failed: "));
  EXPECT_THAT(TextOf(model.status()), HasSubstr("hidden_size"));
}

TEST_F(OnnxRuntimeEngineTest, SequencesAndOptionalsAreRefusedByName) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Node("SequenceConstruct", {"x", "x"}, {"s"});
  auto& output = *b.proto().mutable_graph()->add_output();
  output.set_name("s");
  output.mutable_type()
      ->mutable_sequence_type()
      ->mutable_elem_type()
      ->mutable_tensor_type()
      ->set_elem_type(1);
  EXPECT_EQ(TextOf(LoadModel(*engine_, b.Serialize()).status()),
            "output \"s\": type seq(tensor(float)) is not supported");
}

TEST_F(OnnxRuntimeEngineTest, AnAnswerOverTheLimitIsRefused) {
  onnx::Builder b;
  b.Input("shape", DType::kInt64, {1})
      .Output("y", DType::kFp32, {-1})
      .Output("s", DType::kBytes, {-1});
  b.Node("ConstantOfShape", {"shape"}, {"y"});
  b.Node("Cast", {"y"}, {"s"}, {{"to", int{::onnx::TensorProto::STRING}}});
  const auto model = LoadModel(*engine_, b.Serialize(), {}, {.max_output_bytes = 4000});
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor big = TensorOf<int64_t>({1}, {1001}), fits = TensorOf<int64_t>({1}, {10});
  EXPECT_TRUE(RunAll(**model, {&fits}).ok());
  const auto outputs = RunAll(**model, {&big});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(ReasonOf(outputs.status()), Reason::kTooLarge);
  EXPECT_EQ(TextOf(outputs.status()), "output \"y\" has 4004 bytes, more than the limit of 4000");
}

TEST_F(OnnxRuntimeEngineTest, MemoryThatIsNotThereIsNoCrash) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer ends the process where bad_alloc would be thrown";
#endif
  onnx::Builder b;
  b.Input("shape", DType::kInt64, {1}).Output("y", DType::kFp32, {-1});
  b.Node("ConstantOfShape", {"shape"}, {"y"});
  const Tensor absurd = TensorOf<int64_t>({1}, {int64_t{1} << 50});
  const auto outputs = Go(b, {&absurd});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(ReasonOf(outputs.status()), Reason::kTooLarge) << outputs.status();
}

// ---- deadlines

onnx::Builder LongLoop() {
  onnx::Builder body;
  body.Input("i", DType::kInt64, {}).Input("go", DType::kBool, {}).Input("sum", DType::kInt64, {});
  body.Output("go_on", DType::kBool, {}).Output("next", DType::kInt64, {});
  body.Node("Identity", {"go"}, {"go_on"}).Node("Add", {"sum", "i"}, {"next"});
  onnx::Builder b;
  b.Input("n", DType::kInt64, {}).Output("sum", DType::kInt64, {});
  const int64_t zero = 0;
  b.Constant<int64_t>("zero", {}, std::span(&zero, 1));
  b.Node("Loop", {"n", "", "zero"}, {"sum"}, {{"body", &body}});
  return b;
}

TEST_F(OnnxRuntimeEngineTest, ARunPastItsDeadlineIsEnded) {
  const auto model = LoadModel(*engine_, LongLoop().Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor few = TensorOf<int64_t>({}, {5}), many = TensorOf<int64_t>({}, {int64_t{1} << 40});
  const SteadyClock clock;
  const auto summed = RunAll(**model, {&few}, {.deadline = clock.Now() + std::chrono::hours(1)});
  ASSERT_TRUE(summed.ok()) << summed.status();
  EXPECT_THAT(ValuesOf<int64_t>((*summed)[0]), ElementsAre(10));
  const TimePoint start = clock.Now();
  const auto ended = RunAll(**model, {&many}, {.deadline = start + std::chrono::milliseconds(20)});
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ReasonOf(ended.status()), Reason::kDeadlineExceeded) << ended.status();
  EXPECT_LT(clock.Now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(RunAll(**model, {&few}).ok()) << "the model can still be run";
}

// ---- what a model may not do

TEST_F(OnnxRuntimeEngineTest, ExternalDataComesFromTheBytesGiven) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Output("y", DType::kFp32, {2});
  b.ExternalInitializer("w", DType::kFp32, {2}, "sub/weights.bin", 4, 8)
      .Node("Add", {"x", "w"}, {"y"});
  const float file[] = {0, 100, 200};
  const std::string model = b.Serialize();
  const auto loaded =
      LoadModel(*engine_, model, {{"sub/weights.bin", std::as_bytes(std::span(file))}});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Tensor x = TensorOf<float>({2}, {1, 2});
  EXPECT_THAT(ValuesOf<float>((*RunAll(**loaded, {&x}))[0]), ElementsAre(101, 202));
  EXPECT_THAT(TextOf(LoadModel(*engine_, model).status()),
              HasSubstr("its file \"sub/weights.bin\" is missing"));
}

TEST_F(OnnxRuntimeEngineTest, SettingsInAModelsMetadataHaveNoEffect) {
  setenv("ORT_LOAD_CONFIG_FROM_MODEL", "1", 1);
  const auto engine = *CreateOnnxRuntimeEngine();
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("slipway-{}", getpid());
  std::filesystem::create_directories(folder);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1}).Node("Neg", {"x"}, {"y"});
  b.Metadata("ort_config", R"({"session_options": {"enable_profiling": 1}})");
  const Tensor x = TensorOf<float>({1}, {1});
  const auto outputs = LoadAndRun(*engine, b, {&x});
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "ONNX Runtime wrote a profile";
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
}

size_t ThreadCount() {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

[[noreturn]] void RunAndLookForTraces() {
  const auto home =
      std::filesystem::temp_directory_path() / fmt::format("slipway-home-{}", getpid());
  std::filesystem::create_directories(home);
  setenv("HOME", home.c_str(), 1);
  setenv("XDG_CACHE_HOME", home.c_str(), 1);
  for (const char* name :
       {"ORT_DISABLE_TELEMETRY", "CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS"})
    unsetenv(name);
  const size_t threads = ThreadCount();
  const auto engine = *CreateOnnxRuntimeEngine();
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1}).Node("Neg", {"x"}, {"y"});
  const Tensor x = TensorOf<float>({1}, {1});
  const bool ran = LoadAndRun(*engine, b, {&x}).ok();
  const size_t ours = 2;  // watchdog and trimmer
  const bool quiet = ThreadCount() == threads + ours && std::filesystem::is_empty(home);
  std::filesystem::remove_all(home);
  _exit(ran && quiet ? 0 : 1);
}

// The published library writes a device id and a database under the home folder and starts upload
// threads, unless it is told not to before its first environment exists: so in a fresh process.
TEST(OnnxRuntimeTelemetryTest, NothingIsCollected) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(RunAndLookForTraces(), ::testing::ExitedWithCode(0), "");
}

// Bytes 4 to 8 of ONNX Runtime's own format are "ORTM"; a protobuf message can have them there too.
TEST_F(OnnxRuntimeEngineTest, BytesAreTakenForOnnxWhateverTheyLookLike) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1}).Node("Neg", {"x"}, {"y"});
  std::string model("\x12\x06..ORTM", 8);  // producer_name
  model += b.Serialize();
  const auto loaded = LoadModel(*engine_, model);
  EXPECT_TRUE(loaded.ok()) << loaded.status();
}

}  // namespace
}  // namespace slipway
