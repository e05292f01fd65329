#include "protocol/tfserving/request_reader.h"

#include "protocol/instances/nested.h"

namespace slipway::tfserving {
namespace {

const Signature kModel{.inputs = {{"x", DType::kFp32, {-1, 2}}}, .outputs = {}};

std::string Read(std::string_view body) {
  InferRequest request;
  const auto format = ReadPredictRequest(body, kModel, request);
  if (!format.ok()) return std::string(MessageOf(format.status()));
  std::string out = *format == Format::kRows ? "rows " : "columns ";
  EXPECT_TRUE(instances::AppendNested(request.inputs.at(0).tensor, {NonFinite::kTokens}, out).ok());
  return out;
}

TEST(TfServingRequestReaderTest, ReadsEitherFormat) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"instances":[[1,2],[3,4]]})", "rows [[1.0,2.0],[3.0,4.0]]"},
      {R"({"instances":[{"x":[1,NaN]}]})", "rows [[1.0,NaN]]"},
      {R"({"inputs":[[1,2]]})", "columns [[1.0,2.0]]"},
      {R"({"inputs":{"x":[[1,2]]}})", "columns [[1.0,2.0]]"},
      {R"({"signature_name":"serving_default","instances":[[1,2]]})", "rows [[1.0,2.0]]"},
      {R"({"instances":[[1,2]],"signature_name":"","parameters":{"k":[null]}})",
       "rows [[1.0,2.0]]"},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(Read(body), expected) << body;
}

TEST(TfServingRequestReaderTest, RefusesWhatIsNoPredictRequest) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "JSON, byte 0: expected an object, got the end"},
      {"[[1,2]]", "JSON, byte 0: expected an object, got '['"},
      {"{}", "Missing 'inputs' or 'instances' key"},
      {R"({"instances":[[1,2]],"inputs":[[1,2]]})",
       R"(expected one of "instances" and "inputs", got two)"},
      {R"({"instances":[[1,2]],"instances":[[1,2]]})",
       R"(expected one of "instances" and "inputs", got two)"},
      {R"({"instances":[]})", "expected at least one instance"},
      {R"({"instances":[[1,2]]} x)", "JSON, byte 22: expected the end, got 'x'"},
      {R"({"signature_name":1})", "\"signature_name\": JSON, byte 18: expected a string, got '1'"},
      {R"({"signature_name":"a"})",
       "Serving signature name: \"a\" not found in signature def: the model has "
       "\"serving_default\" alone"},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(Read(body), expected) << body;
}

}  // namespace
}  // namespace slipway::tfserving
