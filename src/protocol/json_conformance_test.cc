// JSON test cases as bodies of every dialect but Open Inference's (which has its own, beside its
// reader): refused, or taken where nobody reads them.

#include <cctype>
#include <chrono>

#include "protocol/dialect/model_registration.h"
#include "protocol/flask/body_format.h"
#include "protocol/invocations/body_format.h"
#include "protocol/mlflow/request_reader.h"
#include "protocol/tfserving/example_reader.h"
#include "protocol/tfserving/kserve_reader.h"
#include "protocol/tfserving/request_reader.h"
#include "protocol/tfserving/testing/plenty.h"
#include "protocol/torchserve/prediction_reader.h"
#include "protocol/vertex/body_format.h"
#include "text/testing/json_cases.h"

namespace slipway {
namespace {

using testing::JsonCase;
using testing::Verdict;

using Read = Status (*)(std::string_view body, const lifecycle::ServedVersion& version,
                        InferRequest& request);

struct Dialect {
  std::string_view name;
  Read read;
  /// What a case is put between; nobody reads it there.
  std::vector<std::pair<std::string_view, std::string_view>> around;
  bool in_table = false;  // there, and as body, it may be a table, and those hold NaN tokens
};

http::Request Json(std::string_view body) {
  http::Request request;
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::as_bytes(std::span(body));
  return request;
}

const Dialect kDialects[] = {
    {"TensorFlow Serving's predict",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return tfserving::ReadPredictRequest(body, version.signature, request).status();
     },
     {{R"({"spare":)", R"(,"instances":[[1,NaN]]})"},
      {R"({"inputs":[[Infinity,2]],"spare":[{"deep":)", "}]}"}}},
    {"TensorFlow Serving's classify",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       tfserving::Plenty plenty;
       return tfserving::ReadExamples(body, version.signature, request, plenty.repeated);
     },
     {{R"({"spare":)", R"(,"examples":[{"x":[1,NaN]}]})"},
      {R"({"examples":[{"x":[1,2]}],"spare":[{"deep":)", "}]}"}}},
    {"KServe's predict",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return tfserving::ReadKserveRequest(body, version.signature, request);
     },
     {{R"({"spare":)", R"(,"instances":[[1,NaN]]})"},
      {R"({"inputs":[[1,2]],"spare":[{"deep":)", "}]}"}}},
    {"Vertex AI",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return vertex::ReadPredictRequest(body, version.signature, request);
     },
     {{R"({"parameters":)", R"(,"instances":[[1,NaN]]})"},
      {R"({"instances":[[1,2]],"spare":)", "}"}}},
    {"MLflow",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return mlflow::ReadRequest(body, {version.signature, version.features}, request);
     },
     {{R"({"spare":)", R"(,"dataframe_split":{"data":[[1,NaN]]}})"},
      {R"({"inputs":{"x":[[1,2]]},"params":{"spare":)", "}}"}}},
    {"/invocations",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return invocations::BodyFormat(instances::CsvHeader::kAuto)
           .Read(Json(body), version, request);
     },
     {{R"({"spare":)", R"(,"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]})"},
      {R"({"spare":)", R"(,"instances":[[1,2]]})"}}},
    {"Flask",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return flask::BodyFormat().Read(Json(body), version, request);
     },
     {{R"({"index":)", R"(,"columns":["width","height"],"data":[[1,2]]})"}},
     true},
    {"TorchServe",
     [](std::string_view body, const lifecycle::ServedVersion& version, InferRequest& request) {
       return torchserve::ReadPrediction(Json(body), version, request).status();
     },
     {{R"({"index":)", R"(,"columns":["width","height"],"data":[[1,2]]})"}},
     true},
    {"Registrations of TorchServe and SageMaker",
     [](std::string_view body, const lifecycle::ServedVersion&, InferRequest&) {
       return dialect::ReadRegistration(body).status();
     },
     {{R"({"spare":)", R"(,"url":"m"})"}, {R"({"url":"m","spare":[{"deep":)", "}]}"}}},
};

class JsonConformanceTest : public ::testing::TestWithParam<Dialect> {
 protected:
  JsonConformanceTest() : version_{.name = *ModelName::Parse("m")} {
    version_.signature = {{{"x", DType::kFp32, {-1, 2}}}, {{"y", DType::kFp32, {-1, 2}}}};
    version_.features = {"width", "height"};
  }

  Status ReadBody(std::string_view body) {
    InferRequest request;
    const auto start = std::chrono::steady_clock::now();
    const Status read = GetParam().read(body, version_, request);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    return read;
  }

  /// A table that is read is checked against the model's inputs later.
  void ExpectAsBody(const JsonCase& json) {
    const Status read = ReadBody(json.text);
    EXPECT_FALSE(read.ok() && MustRefuse(json)) << json.name;
    if (!read.ok()) {
      EXPECT_EQ(ReasonOf(read), Reason::kBadRequest) << json.name;
    }
  }

  void ExpectInSpareFields(const JsonCase& json) {
    for (const auto& [before, after] : GetParam().around) {
      const Status read = ReadBody(std::string(before) + json.text + std::string(after));
      if (json.verdict == Verdict::kAccept) {
        EXPECT_TRUE(read.ok()) << json.name << ": " << MessageOf(read);
      }
      EXPECT_FALSE(read.ok() && MustRefuse(json)) << json.name;
    }
  }

 private:
  static bool MustRefuse(const JsonCase& json) {
    const bool is_nan =
        json.text.find("NaN") != std::string::npos || json.text.find("Inf") != std::string::npos;
    return json.verdict == Verdict::kRefuse && !(is_nan && GetParam().in_table);
  }

  lifecycle::ServedVersion version_;
};

TEST_P(JsonConformanceTest, OurOwnTable) {
  for (const JsonCase& json : testing::JsonCases()) {
    ExpectAsBody(json);
    ExpectInSpareFields(json);
  }
}

TEST_P(JsonConformanceTest, PublicTestSuite) {
  const std::vector<JsonCase> cases = testing::JsonTestSuite();
  if (cases.empty()) GTEST_SKIP() << "JSONTestSuite cannot be fetched from the npm registry";
  for (const JsonCase& json : cases) {
    ExpectAsBody(json);
    ExpectInSpareFields(json);
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, JsonConformanceTest, ::testing::ValuesIn(kDialects),
                         [](const auto& info) {
                           std::string name;
                           for (const char c : info.param.name)
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           return name;
                         });

}  // namespace
}  // namespace slipway
