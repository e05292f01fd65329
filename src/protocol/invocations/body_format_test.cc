#include "protocol/invocations/body_format.h"

#include <fmt/format.h>

namespace slipway::invocations {
namespace {

using ::testing::HasSubstr;

TEST(IsOpenInferenceTest, IsSeenByTheFirstInput) {
  for (const std::string_view yes :
       {R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]})",
        R"({"id":"7","parameters":{"a":[1]},"inputs":[{"datatype":"FP32"}]})"})
    EXPECT_TRUE(IsOpenInference(yes)) << yes;
  for (const std::string_view no :
       {R"({"inputs":[[1,2]]})", R"({"inputs":{"x":[1]}})", R"({"inputs":[{"x":1}]})",
        R"({"instances":[{"datatype":1}]})", "[1]", R"({"inputs":[]})", R"({"inputs")", ""})
    EXPECT_FALSE(IsOpenInference(no)) << no;
}

class InvocationsTest : public ::testing::Test {
 protected:
  InvocationsTest() : version_{.name = *ModelName::Parse("m")} {
    version_.signature = {{{"x", DType::kFp32, {-1, 2}}}, {{"y", DType::kFp32, {-1, 2}}}};
    version_.features = {"width", "height"};
  }

  /// The values of the one input; or the message.
  std::string Read(std::string_view type, std::string_view body,
                   instances::CsvHeader header = instances::CsvHeader::kAuto) {
    request_.Clear();
    from_.headers.clear();
    if (!type.empty()) from_.headers.push_back({"Content-Type", type});
    body_ = body;
    from_.body = std::as_bytes(std::span(body_));
    const Status read = BodyFormat(header).Read(from_, version_, request_);
    if (!read.ok())
      return fmt::format("{}: {}", InfoOf(ReasonOf(read)).http_status, MessageOf(read));
    return fmt::format("{}", fmt::join(request_.inputs.at(0).tensor.as<float>(), " "));
  }

  std::string body_;
  lifecycle::ServedVersion version_;
  http::Request from_;
  InferRequest request_;
};

TEST_F(InvocationsTest, ReadsEveryBodyByItsContentType) {
  const std::string_view json = "application/json; charset=UTF-8";
  EXPECT_EQ(Read(json, R"({"dataframe_split":{"columns":["height","width"],"data":[[2,1]]}})"),
            "1 2");
  EXPECT_EQ(Read(json, R"({"dataframe_records":[{"width":1,"height":2}]})"), "1 2");
  EXPECT_EQ(Read(json, R"({"instances":[[1,2]],"params":{"t":1},"other":0})"), "1 2");
  EXPECT_EQ(Read("", R"({"inputs":[[1,2]]})"), "1 2") << "no content type is JSON";
  EXPECT_EQ(Read(json, R"({"inputs":{"x":[[1,2]]}})"), "1 2");
  EXPECT_EQ(Read(json, R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]})"),
            "1 2");
  EXPECT_EQ(Read("text/csv", "height,width\n2,1\n"), "1 2");
  EXPECT_EQ(Read("text/csv; label_size=0", "1,2\n"), "1 2");
  EXPECT_EQ(Read("text/csv; header=present", "0,1\n1,2\n"), "1 2");
  EXPECT_EQ(Read("text/csv", "0,1\n1,2\n", instances::CsvHeader::kPresent), "1 2");
  EXPECT_EQ(Read("text/csv; header=absent", "1,2\n", instances::CsvHeader::kPresent), "1 2");
}

TEST_F(InvocationsTest, ReadsTritonsBinaryForm) {
  const float values[] = {1, 2};
  const std::string_view tail(reinterpret_cast<const char*>(values), sizeof(values));
  const std::string json =
      R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]})";
  const std::string type =
      fmt::format("application/vnd.sagemaker-triton.binary+json;json-header-size={}", json.size());
  EXPECT_EQ(Read(type, json + std::string(tail)), "1 2");
  version_.signature.inputs[0].shape = {2};
  EXPECT_EQ(Read("application/vnd.sagemaker-triton.binary+json;json-header-size=0", tail), "1 2");
}

TEST_F(InvocationsTest, NamesWhatIsWrong) {
  const std::tuple<std::string_view, std::string_view, std::string_view> table[] = {
      {"application/json", "[[1,2]]",
       "400: expected an object with exactly one of dataframe_split"},
      {"application/json", R"({"instances":[[1,2]],"inputs":[[1,2]]})",
       "400: expected exactly one of dataframe_split, dataframe_records, instances, inputs, got "
       "instances and inputs"},
      {"application/json", R"({"prompt":"hello"})", "400: expected an object with exactly one of"},
      {"application/json", R"({"dataframe_split":{"columns":["a","b"],"rows":[]}})",
       "400: dataframe_split: JSON, byte 47: expected the keys columns, index and data alone"},
      {"application/json", R"({"dataframe_split":{"columns":["width","size"],"data":[[1,2]]}})",
       R"(400: dataframe_split: unknown columns "size"; missing columns "height")"},
      {"application/json", R"({"dataframe_records":[{"width":1}]})",
       R"(400: dataframe_records: missing columns "height")"},
      {"application/json; charset=latin-1", "{}", "415: Content-Type: expected charset=utf-8"},
      {"application/json; format=pandas-split", "{}", "415: Content-Type: expected no parameter"},
      {"text/csv; header=maybe", "1,2", "415: Content-Type: expected header=present"},
      {"application/x-parquet", "", "415: Content-Type: expected application/json, text/csv or"},
      {"application/vnd.sagemaker-triton.binary+json;json-header-size=9", "{}",
       "400: Content-Type: expected json-header-size to be a whole number from 0 to 2"},
      {"application/vnd.sagemaker-triton.binary+json", "{}", "400: Content-Type: expected json-"},
      {"text/csv", "", "400: expected at least one line of values"},
  };
  for (const auto& [type, body, message] : table)
    EXPECT_THAT(Read(type, body), HasSubstr(message)) << type << body;
}

TEST_F(InvocationsTest, DeclaredColumnsAreFoundByNameAlone) {
  version_.signature.columns = {{"width"}, {"height"}};
  const std::string_view json = "application/json";
  EXPECT_EQ(Read(json, R"({"instances":[{"note":"x","height":2,"width":1}]})"), "1 2");
  EXPECT_EQ(Read(json, R"({"inputs":{"height":[2],"note":["x"],"width":[1]}})"), "1 2");
  EXPECT_EQ(Read("text/csv", "note,height,width\nx,2,1\n"), "1 2");
  for (const std::string_view body :
       {R"({"instances":[[1,2]]})", R"({"inputs":[[1,2]]})", R"({"inputs":[1,2]})",
        R"({"dataframe_split":{"data":[[1,2]]}})"})
    EXPECT_THAT(Read(json, body), HasSubstr("missing columns \"width\", \"height\"")) << body;
}

TEST_F(InvocationsTest, AsksForTheLabelsOfAClassifier) {
  version_.signature.outputs = {{"label", DType::kBytes, {-1}}, {"p", DType::kFp32, {-1, 2}}};
  Read("application/json", R"({"inputs":[[1,2]]})");
  ASSERT_EQ(request_.outputs.size(), 1u);
  EXPECT_EQ(request_.outputs[0].name, "label");
  Read("application/json", R"({"inputs":[[1,2]],"params":{"outputs":["p","label"]}})");
  EXPECT_EQ(request_.outputs.size(), 2u);
  version_.signature.outputs.push_back({"more", DType::kFp32, {-1}});
  Read("text/csv", "1,2");
  EXPECT_TRUE(request_.outputs.empty()) << "all of them";
}

TEST_F(InvocationsTest, AnswersInTheDialectOfTheRequest) {
  const float values[] = {0.5f, 2};
  InferResponse answer{
      "m", "1", {{"y", {DType::kFp32, {1, 2}, Buffer(std::as_bytes(std::span(values)))}}}};
  const auto write = [&] {
    http::Response to;
    const Status written =
        BodyFormat(instances::CsvHeader::kAuto).Write(from_, request_, answer, version_, to);
    EXPECT_TRUE(written.ok()) << written;
    return std::pair(to.headers, to.body);
  };
  Read("text/csv", "1,2");
  EXPECT_EQ(write().second, R"({"predictions":[[0.5,2.0]]})");
  answer.outputs.push_back({"z", {DType::kFp32, {2, 1}, Buffer(std::as_bytes(std::span(values)))}});
  EXPECT_EQ(write().second, R"({"predictions":{"y":[[0.5,2.0]],"z":[0.5,2.0]}})");
  Read("", R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]})");
  EXPECT_THAT(write().second, HasSubstr(R"("model_name":"m")"));
  const std::string binary =
      R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}],"parameters":{"binary_data_output":true}})";
  const std::string type = fmt::format(
      "application/vnd.sagemaker-triton.binary+json;json-header-size={}", binary.size());
  EXPECT_EQ(Read(type, binary), "1 2");
  const auto [headers, body] = write();
  EXPECT_THAT(headers, HasSubstr(fmt::format("json-header-size={}", body.rfind('}') + 1)));
}

}  // namespace
}  // namespace slipway::invocations
