#include "protocol/openinference/grpc_metadata.h"

#include <inference/grpc_service.pb.h>

#include <chrono>

namespace slipway::openinference {
namespace {

Signature Digits() {
  Signature signature;
  signature.inputs = {{"image", DType::kFp32, {-1, 1, 8, 8}},
                      {"note", DType::kBytes, {-1, 1}, true}};
  signature.outputs = {{"p", DType::kFp32, {-1, 10}}};
  return signature;
}

template <typename Field>
std::vector<int64_t> Dims(const Field& field) {
  return {field.begin(), field.end()};
}

TEST(GrpcMetadataTest, ModelMetadataNamesTheColumnsOfATable) {
  Signature signature{{{"input", DType::kFp64, {-1, 2}}}, {}};
  signature.inputs[0].columns = {"age", "income"};
  signature.inputs[0].times = {false, true};
  inference::ModelMetadataResponse answer;
  Fill(ModelMetadata{"m", {}, "", signature}, answer);
  EXPECT_EQ(answer.inputs(0).parameters().at("columns").string_param(), R"(["age","income"])");
  EXPECT_EQ(answer.inputs(0).parameters().at("times").string_param(), "[1]");
}

TEST(GrpcMetadataTest, ModelMetadataShowsShapesAsClientsSendThem) {
  const Signature signature = Digits();
  inference::ModelMetadataResponse answer;
  Fill(ModelMetadata{"digits", {"1", "3"}, "onnxruntime_onnx", signature}, answer);
  EXPECT_EQ(answer.name(), "digits");
  EXPECT_EQ(answer.versions_size(), 2);
  EXPECT_EQ(answer.platform(), "onnxruntime_onnx");
  ASSERT_EQ(answer.inputs_size(), 2);
  EXPECT_EQ(answer.inputs(1).name(), "note");
  EXPECT_EQ(answer.inputs(1).datatype(), "BYTES");
  EXPECT_EQ(Dims(answer.inputs(0).shape()), (std::vector<int64_t>{-1, 1, 8, 8}));
  EXPECT_EQ(Dims(answer.outputs(0).shape()), (std::vector<int64_t>{-1, 10}));
}

TEST(GrpcMetadataTest, ModelConfigLeavesTheBatchOut) {
  const Signature signature = Digits();
  ModelConfigView config{.name = "digits",
                         .platform = "onnxruntime_onnx",
                         .backend = "onnxruntime",
                         .max_batch_size = 8,
                         .signature = signature,
                         .label_filenames = {"labels.txt"},
                         .version_policy = {},
                         .instance_count = 3};
  inference::ModelConfigResponse answer;
  Fill(config, answer);
  EXPECT_EQ(answer.config().max_batch_size(), 8);
  EXPECT_EQ(answer.config().version_policy().latest().num_versions(), 1u);
  EXPECT_EQ(Dims(answer.config().input(0).dims()), (std::vector<int64_t>{1, 8, 8}));
  EXPECT_EQ(answer.config().input(1).data_type(), inference::TYPE_STRING);
  EXPECT_TRUE(answer.config().input(1).optional());
  EXPECT_EQ(answer.config().output(0).label_filename(), "labels.txt");
  EXPECT_EQ(answer.config().instance_group(0).name(), "digits_0");
  EXPECT_EQ(answer.config().instance_group(0).count(), 3);

  config.max_batch_size = 0;
  config.version_policy.kind = ModelConfigView::VersionPolicy::Kind::kSpecific;
  config.version_policy.specific = {2, 5};
  answer.Clear();
  Fill(config, answer);
  EXPECT_EQ(Dims(answer.config().input(0).dims()), (std::vector<int64_t>{-1, 1, 8, 8}));
  EXPECT_EQ(Dims(answer.config().version_policy().specific().versions()),
            (std::vector<int64_t>{2, 5}));
}

TEST(GrpcMetadataTest, EveryDataTypeHasItsConfigType) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    Signature signature;
    signature.inputs = {{"x", dtype, {1}}};
    inference::ModelConfigResponse answer;
    Fill(ModelConfigView{.name = "m", .signature = signature, .version_policy = {}}, answer);
    const std::string name = dtype == DType::kBytes ? "STRING" : std::string(NameOf(dtype));
    EXPECT_EQ(inference::DataType_Name(answer.config().input(0).data_type()), "TYPE_" + name);
  }
}

TEST(GrpcMetadataTest, StatisticsAreTheNumbersOfTheHttpRoute) {
  ModelMetrics metrics("m", "2");
  const TimePoint start(std::chrono::seconds(1));
  using std::chrono::microseconds;
  metrics.RecordSuccess({start, start + microseconds(1), start + microseconds(3),
                         start + microseconds(7), start + microseconds(15)},
                        8);
  metrics.RecordExecution(8, microseconds(4));
  metrics.RecordFailure(Reason::kBadRequest, microseconds(5));
  ModelStatistics model{"m", "2", metrics.Snapshot()};
  model.numbers.last_inference_unix_ms = 1700000000123;
  inference::ModelStatisticsResponse answer;
  Fill(std::span<const ModelStatistics>(&model, 1), answer);
  const inference::ModelStatistics& got = answer.model_stats(0);
  EXPECT_EQ(got.name(), "m");
  EXPECT_EQ(got.last_inference(), 1700000000123u);
  EXPECT_EQ(got.inference_count(), 8u);
  EXPECT_EQ(got.execution_count(), 1u);
  EXPECT_EQ(got.inference_stats().success().ns(), 15000u);
  EXPECT_EQ(got.inference_stats().fail().ns(), 5000u);
  EXPECT_EQ(got.inference_stats().queue().ns(), 2000u);
  EXPECT_EQ(got.inference_stats().compute_input().ns(), 1000u);
  EXPECT_EQ(got.inference_stats().compute_infer().ns(), 4000u);
  EXPECT_EQ(got.inference_stats().compute_output().ns(), 8000u);
  EXPECT_EQ(got.batch_stats(0).batch_size(), 8u);
  EXPECT_EQ(got.batch_stats(0).compute_infer().count(), 1u);
}

TEST(GrpcMetadataTest, TheIndexGivesTheReasonOfAModelThatIsNotReady) {
  const std::vector<IndexEntry> index = {{"a", "1", "READY", ""}, {"b", "", "UNAVAILABLE", "why"}};
  inference::RepositoryIndexResponse answer;
  Fill(index, answer);
  ASSERT_EQ(answer.models_size(), 2);
  EXPECT_EQ(answer.models(0).version(), "1");
  EXPECT_EQ(answer.models(1).state(), "UNAVAILABLE");
  EXPECT_EQ(answer.models(1).reason(), "why");
}

}  // namespace
}  // namespace slipway::openinference
