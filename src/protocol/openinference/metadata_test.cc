#include "protocol/openinference/metadata.h"

#include <chrono>

namespace slipway::openinference {
namespace {

template <typename T>
std::string Text(const T& value) {
  std::string out;
  Write(value, out);
  return out;
}

Signature Digits() {
  Signature signature;
  signature.inputs = {{"image", DType::kFp32, {-1, 1, 8, 8}},
                      {"note", DType::kBytes, {-1, 1}, true}};
  signature.outputs = {{"p", DType::kFp32, {-1, 10}}, {"digit", DType::kInt64, {-1}}};
  return signature;
}

TEST(MetadataTest, ServerMetadataListsExtensions) {
  constexpr std::string_view kSome[] = {"classification", "statistics"};
  EXPECT_EQ(Text(ServerMetadata{"slipway", "0.1.0", kSome}),
            R"({"name":"slipway","version":"0.1.0","extensions":["classification","statistics"]})");
}

TEST(MetadataTest, ModelMetadataShowsShapesAsClientsSendThem) {
  const Signature signature = Digits();
  EXPECT_EQ(Text(ModelMetadata{"digits", {"1", "3"}, "onnxruntime_onnx", signature}),
            R"({"name":"digits","versions":["1","3"],"platform":"onnxruntime_onnx","inputs":[)"
            R"({"name":"image","datatype":"FP32","shape":[-1,1,8,8]},)"
            R"({"name":"note","datatype":"BYTES","shape":[-1,1]}],"outputs":[)"
            R"({"name":"p","datatype":"FP32","shape":[-1,10]},)"
            R"({"name":"digit","datatype":"INT64","shape":[-1]}]})");
}

TEST(MetadataTest, ModelMetadataNamesTheColumnsOfATable) {
  Signature signature{{{"input", DType::kFp64, {-1, 2}}}, {}};
  signature.inputs[0].columns = {"age", "in\"come"};
  EXPECT_EQ(Text(ModelMetadata{"m", {"1"}, "", signature}),
            R"({"name":"m","versions":["1"],"platform":"","inputs":[)"
            R"({"name":"input","datatype":"FP64","shape":[-1,2],)"
            R"("parameters":{"columns":["age","in\"come"]}}],"outputs":[]})");
  signature.inputs[0].columns = {"age", std::string(1 << 20, 'x')};
  EXPECT_EQ(Text(ModelMetadata{"m", {}, "", signature}).find("columns"), std::string::npos);
}

TEST(MetadataTest, ModelMetadataTellsWhichColumnsAreTimes) {
  Signature signature{{{"when", DType::kFp64, {-1, 1}}, {"table", DType::kFp64, {-1, 3}}}, {}};
  signature.inputs[0].times = {true};
  signature.inputs[1].columns = {"a", "b", "c"};
  signature.inputs[1].times = {true, false, true};
  EXPECT_EQ(Text(ModelMetadata{"m", {}, "", signature}),
            R"({"name":"m","versions":[],"platform":"","inputs":[)"
            R"({"name":"when","datatype":"FP64","shape":[-1,1],"parameters":{"times":[0]}},)"
            R"({"name":"table","datatype":"FP64","shape":[-1,3],)"
            R"("parameters":{"columns":["a","b","c"],"times":[0,2]}}],"outputs":[]})");
  signature.inputs[0].times.assign((1 << 17) + 1, true);
  signature.inputs[1].times.clear();
  EXPECT_EQ(Text(ModelMetadata{"m", {}, "", signature}).find("times"), std::string::npos);
}

TEST(MetadataTest, ModelConfigSpeaksTritonsSchema) {
  const Signature signature = Digits();
  ModelConfigView config{.name = "digits",
                         .platform = "onnxruntime_onnx",
                         .backend = "onnxruntime",
                         .max_batch_size = 8,
                         .signature = signature,
                         .label_filenames = {"labels.txt"},
                         .version_policy = {}};
  EXPECT_EQ(Text(config),
            R"({"name":"digits","platform":"onnxruntime_onnx","backend":"onnxruntime",)"
            R"("version_policy":{"latest":{"num_versions":1}},"max_batch_size":8,"input":[)"
            R"({"name":"image","data_type":"TYPE_FP32","dims":[1,8,8],"optional":false},)"
            R"({"name":"note","data_type":"TYPE_STRING","dims":[1],"optional":true}],"output":[)"
            R"({"name":"p","data_type":"TYPE_FP32","dims":[10],"label_filename":"labels.txt"},)"
            R"({"name":"digit","data_type":"TYPE_INT64","dims":[],"label_filename":""}],)"
            R"("instance_group":[{"name":"digits_0","kind":"KIND_CPU","count":1}],)"
            R"("default_model_filename":"model.onnx"})");
  config.max_batch_size = 0;
  config.version_policy.kind = ModelConfigView::VersionPolicy::Kind::kSpecific;
  config.version_policy.specific = {2, 5};
  EXPECT_NE(Text(config).find(R"("version_policy":{"specific":{"versions":[2,5]}})"),
            std::string::npos);
  EXPECT_NE(Text(config).find(R"("dims":[-1,1,8,8])"), std::string::npos);
  config.version_policy.kind = ModelConfigView::VersionPolicy::Kind::kAll;
  EXPECT_NE(Text(config).find(R"("version_policy":{"all":{}})"), std::string::npos);
}

TEST(MetadataTest, StatisticsHaveTritonsNames) {
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
  EXPECT_EQ(
      Text(std::span<const ModelStatistics>(&model, 1)),
      R"({"model_stats":[{"name":"m","version":"2","last_inference":1700000000123,)"
      R"("inference_count":8,"execution_count":1,"inference_stats":{)"
      R"("success":{"count":1,"ns":15000},"fail":{"count":1,"ns":5000},)"
      R"("queue":{"count":1,"ns":2000},"compute_input":{"count":1,"ns":1000},)"
      R"("compute_infer":{"count":1,"ns":4000},"compute_output":{"count":1,"ns":8000},)"
      R"("cache_hit":{"count":0,"ns":0},"cache_miss":{"count":0,"ns":0}},"response_stats":{},)"
      R"("batch_stats":[{"batch_size":8,"compute_input":{"count":0,"ns":0},)"
      R"("compute_infer":{"count":1,"ns":4000},"compute_output":{"count":0,"ns":0}}],)"
      R"("memory_usage":[]}]})");
}

TEST(MetadataTest, LogSettingsHaveTritonsNames) {
  EXPECT_EQ(Text(LogSettings{.info = true, .warning = true, .verbose_level = 0}),
            R"({"log_file":"","log_info":true,"log_warning":true,"log_error":true,)"
            R"("log_verbose_level":0})");
}

TEST(MetadataTest, TheIndexGivesTheReasonOfAModelThatIsNotReady) {
  const std::vector<IndexEntry> index = {{"a", "1", "READY", ""},
                                         {"b", "", "UNAVAILABLE", "config.pbtxt:3: \"x\""}};
  EXPECT_EQ(Text(std::span<const IndexEntry>(index)),
            R"([{"name":"a","version":"1","state":"READY","reason":""},)"
            R"({"name":"b","state":"UNAVAILABLE","reason":"config.pbtxt:3: \"x\""}])");
}

}  // namespace
}  // namespace slipway::openinference
