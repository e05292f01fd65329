#include "repository/model_config.h"

namespace slipway::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kFull = R"pb(
  name: "digits"  # as the folder
  platform: "onnxruntime_onnx"
  backend: "onnxruntime"
  max_batch_size: 64 input
  [ {
    name: "pixels"
    data_type: TYPE_FP32
    format: FORMAT_NONE
    dims: [ 1, 8, -1 ]
  }
    , { name: "mask" data_type: TYPE_BOOL dims: 64 optional: true }]
  output {
    name: "probabilities",
    data_type: TYPE_FP32,
    dims: [ 10 ],
    label_filename: "labels.txt"
  }
  version_policy: { latest { num_versions: 2 } } instance_group
  [ { count: 2 kind: KIND_CPU }
    , { name: "more" kind: KIND_AUTO }]
  default_model_filename: "digits.onnx"
  response_cache { enable: false }
  model_transaction_policy { decoupled: False }
)pb";

TEST(ModelConfigTest, HonoursEverySupportedField) {
  const auto config = ParseModelConfig(kFull, "config.pbtxt");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->name, "digits");
  EXPECT_EQ(config->max_batch_size, 64);
  ASSERT_EQ(config->inputs.size(), 2u);
  EXPECT_EQ(config->inputs[0].spec, (TensorSpec{"pixels", DType::kFp32, {1, 8, -1}}));
  EXPECT_EQ(config->inputs[1].spec, (TensorSpec{"mask", DType::kBool, {64}, true}));
  ASSERT_EQ(config->outputs.size(), 1u);
  EXPECT_EQ(config->outputs[0].label_filename, "labels.txt");
  EXPECT_EQ(config->version_policy, (VersionPolicy{VersionPolicy::Kind::kLatest, 2, {}}));
  EXPECT_EQ(config->instance_count, 3);
  EXPECT_EQ(config->default_model_filename, "digits.onnx");
}

TEST(ModelConfigTest, EmptyMeansAsTheModelSays) {
  const auto config = ParseModelConfig("", "config.pbtxt");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(*config, ModelConfig());
}

TEST(ModelConfigTest, KnowsEveryDataType) {
  const std::pair<std::string_view, DType> types[] = {
      {"BOOL", DType::kBool},     {"UINT8", DType::kUint8},   {"UINT16", DType::kUint16},
      {"UINT32", DType::kUint32}, {"UINT64", DType::kUint64}, {"INT8", DType::kInt8},
      {"INT16", DType::kInt16},   {"INT32", DType::kInt32},   {"INT64", DType::kInt64},
      {"FP16", DType::kFp16},     {"FP32", DType::kFp32},     {"FP64", DType::kFp64},
      {"STRING", DType::kBytes},  {"BF16", DType::kBf16}};
  for (const auto& [name, dtype] : types) {
    const auto config =
        ParseModelConfig(fmt::format("input {{ name: 'x' data_type: TYPE_{} }}", name), "f");
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->inputs[0].spec.dtype, dtype);
  }
}

// What files of Triton's users say about speed; each field once, however often it stands there.
TEST(ModelConfigTest, NamesTheFieldsThatHaveNoEffect) {
  const auto config = ParseModelConfig(
      R"pb(
        optimization { execution_accelerators { cpu_execution_accelerator { name: "openvino" } } }
        parameters {
          key: "intra_op_thread_count"
          value { string_value: "2" }
        }
        parameters {
          key: "execution_mode"
          value { string_value: "0" }
        }
        model_warmup { name: "w" batch_size: 1 }
        metric_tags { key: "team" value: "vision" }
        model_metrics {}
        cc_model_filenames { key: "7.0" value: "x" }
      )pb",
      "f");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->without_effect,
              ElementsAre("optimization", "parameters", "model_warmup", "metric_tags",
                          "model_metrics", "cc_model_filenames"));
}

TEST(ModelConfigTest, ReadsWhetherAnswersAreKept) {
  EXPECT_FALSE(ParseModelConfig("", "f")->response_cache);
  EXPECT_FALSE(ParseModelConfig("response_cache {}", "f")->response_cache);
  EXPECT_TRUE(ParseModelConfig("response_cache { enable: true }", "f")->response_cache);
  const auto misspelt = ParseModelConfig("response_cache {\n enabled: true }", "config.pbtxt");
  EXPECT_THAT(std::string(MessageOf(misspelt.status())),
              testing::AllOf(HasSubstr("config.pbtxt:2"), HasSubstr("enable")));
}

TEST(ModelConfigTest, ReadsWhichRequestsRunTogether) {
  const auto config = ParseModelConfig(
      R"pb(
        max_batch_size: 8
        dynamic_batching {
          preferred_batch_size: [ 8, 4, 8 ]
          max_queue_delay_microseconds: 100
          preserve_ordering: true
          priority_levels: 3
          default_priority_level: 2
          default_queue_policy { max_queue_size: 8 default_timeout_microseconds: 5000 }
          priority_queue_policy {
            key: 3
            value { timeout_action: DELAY allow_timeout_override: true }
          }
        }
      )pb",
      "f");
  ASSERT_TRUE(config.ok()) << config.status();
  const DynamicBatching want{.preferred = {4, 8},
                             .max_delay = std::chrono::microseconds(100),
                             .priority_levels = 3,
                             .default_priority = 2,
                             .policy = {.max_size = 8, .max_age = std::chrono::milliseconds(5)},
                             .policies = {{3, {.is_delayed = true}}}};
  EXPECT_EQ(config->dynamic_batching, want);
  EXPECT_THAT(config->without_effect, ElementsAre());
  EXPECT_EQ(ParseModelConfig("dynamic_batching {}", "f")->dynamic_batching, DynamicBatching());
}

TEST(ModelConfigTest, RefusesWhatCannotRunTogether) {
  const std::pair<std::string, std::string> cases[] = {
      {"max_batch_size: 4\ndynamic_batching { preferred_batch_size: 8 }",
       "config.pbtxt:2: \"dynamic_batching\": preferred_batch_size: expected at most 4, the "
       "max_batch_size, got 8"},
      {"dynamic_batching { priority_levels: 2 }", "expected 1 to 2, got 0"},
      {"dynamic_batching { priority_levels: 2 default_priority_level: 3 }",
       "expected 1 to 2, got 3"},
      {"dynamic_batching { default_priority_level: 1 }", "expected none without priority_levels"},
      {"dynamic_batching { priority_queue_policy { key: 1 value { } } }",
       "expected a key of at most 0, the priority_levels, got 1"},
      {"dynamic_batching { priority_levels: 1 default_priority_level: 1 priority_queue_policy { "
       "value { "
       "} } }",
       "expected a key, the priority"},
      {"dynamic_batching { default_queue_policy { timeout_action: WAIT } }",
       "\"timeout_action: WAIT\" is not supported yet"},
      {"dynamic_batching { default_queue_policy { max_queue_size: -1 } }", "\"max_queue_size\""},
      {"dynamic_batching { priority_levels: 1 default_priority_level: 1 priority_queue_policy { "
       "key: "
       "1 } priority_queue_policy { key: 1 } }",
       "priority 1 is there twice"},
  };
  for (const auto& [text, want] : cases) {
    const auto config = ParseModelConfig(text, "config.pbtxt");
    EXPECT_FALSE(config.ok()) << text;
    EXPECT_NE(MessageOf(config.status()).find(want), std::string::npos) << config.status();
  }
}

// Every field of Triton's schema that asks for something else is refused by name, with its line.
TEST(ModelConfigTest, RefusesByNameWhatIsNotSupportedYet) {
  const std::pair<std::string, std::string> cases[] = {
      {"\n\nsequence_batching { oldest { } }",
       "config.pbtxt:3: \"sequence_batching\" is not supported yet"},
      {"batch_input { }", "\"batch_input\""},
      {"batch_output { }", "\"batch_output\""},
      {"model_operations { op_library_filename: 'x.so' }", "\"model_operations\""},
      {"model_repository_agents { }", "\"model_repository_agents\""},
      {"runtime: 'x'", "\"runtime\""},
      {"model_transaction_policy { decoupled: true }", "\"decoupled: true\""},
      {"platform: 'tensorflow_savedmodel'", "platform \"tensorflow_savedmodel\""},
      {"backend: 'python'", "backend \"python\" is not supported yet, expected \"onnxruntime\""},
      {"instance_group { kind: KIND_GPU }", "\"kind: KIND_GPU\""},
      {"instance_group { gpus: [0] }", "\"gpus\" in \"instance_group\""},
      {"instance_group { rate_limiter { } }", "\"rate_limiter\" in \"instance_group\""},
      {"instance_group { passive: true }", "\"passive: true\""},
      {"input { name: 'x' data_type: TYPE_FP32 reshape { shape: [] } }",
       "\"reshape\" in \"input\""},
      {"input { name: 'x' data_type: TYPE_FP32 format: FORMAT_NHWC }", "\"format: FORMAT_NHWC\""},
      {"input { name: 'x' data_type: TYPE_FP32 allow_ragged_batch: true }",
       "\"allow_ragged_batch: true\""},
      {"output { name: 'x' data_type: TYPE_FP32 is_shape_tensor: true }",
       "\"is_shape_tensor: true\""},
  };
  for (const auto& [text, message] : cases) {
    const auto config = ParseModelConfig(text, "config.pbtxt");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(ReasonOf(config.status()), Reason::kUnsupported) << text;
    EXPECT_THAT(MessageOf(config.status()), HasSubstr(message));
    EXPECT_THAT(MessageOf(config.status()), HasSubstr("not supported yet"));
  }
}

TEST(ModelConfigTest, NamesWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"\nmax_batchsize: 8",
       "f:2: unknown field \"max_batchsize\"; did you mean \"max_batch_size\"?"},
      {"input { name: 'x' datatype: TYPE_FP32 }",
       "unknown field \"datatype\" in \"input\"; did you mean \"data_type\"?"},
      {"input { name: 'x' data_type: TYPE_FP23 }",
       "unknown type TYPE_FP23; did you mean \"TYPE_FP32\"?"},
      {"name: digits", "\"name\": expected a string in quotes, got a word digits"},
      {"max_batch_size: 8 max_batch_size: 9", "\"max_batch_size\": occurs twice"},
      {"max_batch_size: -1", "expected a whole number from 0 to 2147483647, got a number -1"},
      {"max_batch_size: 99999999999999999999", "expected a whole number"},
      {"max_batch_size: 1.5", "expected a whole number"},
      {"max_batch_size: '8'", "expected a whole number from 0 to 2147483647, got a string 8"},
      {"input { name: 'x' data_type: TYPE_FP32 dims: [0] }",
       "\"dims\": expected -1 or more than 0, got 0"},
      {"input { name: 'x' data_type: TYPE_FP32 dims: [-2] }", "expected a whole number from -1"},
      {"input { data_type: TYPE_FP32 }", "\"input\": expected a name"},
      {"input { name: 'x' }", "\"x\": expected a data_type"},
      {"input { name: 'x' data_type: TYPE_FP32 } input { name: 'x' data_type: TYPE_FP32 }",
       "\"x\" occurs twice"},
      {"input: 5", "\"input\": expected { … }, got a number 5"},
      {"version_policy { latest { } all { } }", "expected one of latest, all, specific"},
      {"version_policy { latest { num_versions: 0 } }", "expected a whole number from 1"},
      {"version_policy { specific { } }", "\"specific\": expected versions"},
      {"version_policy { specific { versions: [0] } }", "expected a whole number from 1"},
      {"instance_group { count: 0 }", "expected a whole number from 1 to 1024"},
      {"instance_group { count: 1000 } instance_group { count: 1000 }",
       "at most 1024 instances together"},
      {"default_model_filename: '../x.onnx'", "\"..\" is not allowed"},
      {"model_transaction_policy { decoupled: maybe }", "expected true or false, got a word maybe"},
      {"dynamic_batching { max_queue_delay_us: 5 }",
       "unknown field \"max_queue_delay_us\" in \"dynamic_batching\""},
      {"dynamic_batching: true", "\"dynamic_batching\": expected { … }, got a word true"},
  };
  for (const auto& [text, message] : cases) {
    const auto config = ParseModelConfig(text, "f");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(ReasonOf(config.status()), Reason::kBadModel) << text;
    EXPECT_THAT(MessageOf(config.status()), HasSubstr(message));
  }
}

TEST(ModelConfigTest, ReadsNumbersOfEveryBase) {
  EXPECT_EQ(ParseModelConfig("max_batch_size: 0x10", "f")->max_batch_size, 16);
  EXPECT_EQ(ParseModelConfig("max_batch_size: 010", "f")->max_batch_size, 8);
  EXPECT_EQ(ParseModelConfig("max_batch_size: 0", "f")->max_batch_size, 0);
}

std::vector<VersionNumber> Versions(std::initializer_list<int64_t> values) {
  std::vector<VersionNumber> versions;
  for (const int64_t value : values) versions.push_back({value});
  return versions;
}

TEST(VersionPolicyTest, Selects) {
  using Kind = VersionPolicy::Kind;
  const auto found = Versions({3, 1, 10, 3, 2});
  EXPECT_EQ((VersionPolicy{Kind::kLatest, 1, {}}.Select(found)), Versions({10}));
  EXPECT_EQ((VersionPolicy{Kind::kLatest, 2, {}}.Select(found)), Versions({3, 10}));
  EXPECT_EQ((VersionPolicy{Kind::kLatest, 9, {}}.Select(found)), Versions({1, 2, 3, 10}));
  EXPECT_EQ((VersionPolicy{Kind::kAll, 1, {}}.Select(found)), Versions({1, 2, 3, 10}));
  EXPECT_EQ((VersionPolicy{Kind::kSpecific, 1, Versions({2, 10, 7})}.Select(found)),
            Versions({2, 10}));
  EXPECT_THAT(VersionPolicy().Select({}), IsEmpty());
}

TEST(VersionPolicyTest, IsReadFromTheConfiguration) {
  EXPECT_EQ(ParseModelConfig("version_policy: { all { } }", "f")->version_policy.kind,
            VersionPolicy::Kind::kAll);
  EXPECT_EQ(ParseModelConfig("version_policy { }", "f")->version_policy, VersionPolicy());
  EXPECT_EQ(ParseModelConfig("version_policy { specific { versions: [1, 3] } }", "f")
                ->version_policy.specific,
            Versions({1, 3}));
}

const Signature kActual = {{{"x", DType::kFp32, {-1, 30}}, {"k", DType::kInt64, {-1, 1}, true}},
                           {{"y", DType::kFp32, {-1, -1}}}};

StatusOr<Signature> MergedWith(std::string_view text) {
  ASSIGN_OR_RETURN(const ModelConfig config, ParseModelConfig(text, "f"));
  return Merge(kActual, config);
}

TEST(MergeTest, NothingStatedLeavesTheModelsWord) {
  EXPECT_EQ(MergedWith("").value(), kActual);
  EXPECT_EQ(MergedWith("max_batch_size: 8").value(), kActual);
}

TEST(MergeTest, FixedDimensionsWin) {
  const auto merged = MergedWith(
      "max_batch_size: 8 input { name: 'x' data_type: TYPE_FP32 dims: -1 } "
      "output { name: 'y' data_type: TYPE_FP32 dims: 2 }");
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(merged->inputs[0].shape, ElementsAre(-1, 30));
  EXPECT_THAT(merged->outputs[0].shape, ElementsAre(-1, 2));
  EXPECT_THAT(
      MergedWith("output { name: 'y' data_type: TYPE_FP32 dims: [4, 2] }")->outputs[0].shape,
      ElementsAre(4, 2));
}

TEST(MergeTest, NamesWhatDisagrees) {
  const std::pair<std::string, std::string> cases[] = {
      {"input { name: 'z' data_type: TYPE_FP32 dims: 1 }",
       "input \"z\" of the configuration is not in the model, which has \"x\", \"k\""},
      {"input { name: 'x' data_type: TYPE_FP64 dims: [-1, 30] }",
       "input \"x\": the configuration says FP64 [-1,30], the model FP32 [-1,30]"},
      {"input { name: 'x' data_type: TYPE_FP32 dims: [-1, 29] }", "FP32 [-1,29]"},
      {"input { name: 'x' data_type: TYPE_FP32 dims: 30 }",
       "says FP32 [30], the model FP32 [-1,30]"},
      {"max_batch_size: 8 input { name: 'x' data_type: TYPE_FP32 dims: [-1, 30] }",
       "FP32 [-1,-1,30] with the batch dimension"},
      {"input { name: 'x' data_type: TYPE_FP32 dims: [-1, 30] optional: true }",
       "says optional, the model needs it"},
  };
  for (const auto& [text, message] : cases) {
    const auto merged = MergedWith(text);
    ASSERT_FALSE(merged.ok()) << text;
    EXPECT_EQ(ReasonOf(merged.status()), Reason::kBadModel);
    EXPECT_THAT(MessageOf(merged.status()), HasSubstr(message));
  }
}

TEST(MergeTest, StatedDimensionsStandForThoseThatTheModelDoesNotSay) {
  Signature any = {{{.name = "x", .dtype = DType::kFp32, .shape = {-1}, .any_rank = true}}, {}};
  EXPECT_TRUE(Merge(any, {})->inputs[0].any_rank);
  ModelConfig config =
      ParseModelConfig("input { name: 'x' data_type: TYPE_FP32 dims: [3, -1] }", "f").value();
  EXPECT_EQ(Merge(any, config)->inputs[0], (TensorSpec{"x", DType::kFp32, {3, -1}}));
  config.max_batch_size = 8;
  EXPECT_EQ(Merge(any, config)->inputs[0], (TensorSpec{"x", DType::kFp32, {-1, 3, -1}}));
  config.inputs.clear();
  EXPECT_THAT(MessageOf(Merge(any, config).status()),
              HasSubstr("needs the dims of input \"x\", which the model does not say"));
}

TEST(MergeTest, BatchingNeedsAFreeFirstDimension) {
  ModelConfig config;
  config.max_batch_size = 8;
  const Signature fixed = {{{"x", DType::kFp32, {1, 30}}}, {}};
  EXPECT_THAT(MessageOf(Merge(fixed, config).status()),
              HasSubstr("input \"x\" is FP32 [1,30]: set it to 0"));
  const Signature scalar = {{{"x", DType::kFp32, {}}}, {}};
  EXPECT_FALSE(Merge(scalar, config).ok());
  config.max_batch_size = 0;
  EXPECT_TRUE(Merge(fixed, config).ok());
}

}  // namespace
}  // namespace slipway::repository
