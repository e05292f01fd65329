#include "protocol/vertex/request_reader.h"

#include "protocol/instances/nested.h"

namespace slipway::vertex {
namespace {

const Signature kModel{.inputs = {{"x", DType::kFp32, {-1, 2}}}, .outputs = {}};

std::string Read(std::string_view body) {
  InferRequest request;
  if (const Status read = ReadPredictRequest(body, kModel, request); !read.ok())
    return std::string(MessageOf(read));
  std::string out;
  EXPECT_TRUE(instances::AppendNested(request.inputs.at(0).tensor, {NonFinite::kTokens}, out).ok());
  return out;
}

TEST(VertexRequestReaderTest, ReadsInstancesAndIgnoresParameters) {
  EXPECT_EQ(Read(R"({"instances":[[1,2],[3,4]]})"), "[[1.0,2.0],[3.0,4.0]]");
  EXPECT_EQ(Read(R"({"parameters":{"k":[1,{}]},"instances":[{"x":[1,NaN]}]})"), "[[1.0,NaN]]");
  EXPECT_EQ(Read(R"({"instances":[[1,2]],"parameters":null})"), "[[1.0,2.0]]");
}

TEST(VertexRequestReaderTest, RefusesWhatIsNoPrediction) {
  EXPECT_EQ(Read("{}"), "\"instances\" is missing");
  EXPECT_EQ(Read(R"({"instances":[[1,2]],"instances":[[1,2]]})"), "\"instances\" is given twice");
  EXPECT_EQ(Read(R"({"instances":[]})"), "expected at least one instance");
  EXPECT_EQ(Read(R"({"parameters":{]})"), "JSON, byte 15: expected a key or '}', got ']'");
}

}  // namespace
}  // namespace slipway::vertex
