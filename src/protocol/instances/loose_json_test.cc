#include "protocol/instances/loose_json.h"

#include <cmath>

namespace slipway::instances {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kFeatures = {"width", "height"};
const Signature kClassifier = {
    {{"x", DType::kFp32, {-1, 2}}},
    {{"label", DType::kInt64, {-1}}, {"probabilities", DType::kFp32, {-1, 2}}}};

struct Outcome {
  InferRequest request;
  Status status;

  std::vector<float> values() const {
    const auto all = request.inputs.at(0).tensor.as<float>();
    return {all.begin(), all.end()};
  }
  const Shape& shape() const { return request.inputs.at(0).tensor.shape; }
};

std::unique_ptr<Outcome> Read(std::string_view body, const Signature& signature = kClassifier) {
  auto outcome = std::make_unique<Outcome>();
  outcome->status = ReadLooseJson(body, {signature, kFeatures}, outcome->request);
  return outcome;
}

TEST(LooseJsonTest, TakesWhatOneWouldGiveToPredict) {
  for (const std::string_view body :
       {"[[1,2],[3,4.0]]", R"([{"width":1,"height":2},{"height":4,"width":3}])",
        R"({"records": [{"width":1,"height":2},{"height":4,"width":3}]})",
        R"({"data": [[1,2],[3,4]]})", R"({"instances":[[1,2],[3,4]]})",
        R"({"features": [[1,2],[3,4]]})", R"({"X":[[1,2],[3,4]]})",
        R"({"inputs": {"height":[2,4],"width":[1,3]}})", R"({"width":[1,3], "height":[2,4]})",
        R"({"index":[7,8], "columns":["height","width"], "data":[[2,1],[4,3]]})",
        R"({"data":[[2,1],[4,3]], "columns":["height","width"]})", R"({"x": [[1,2],[3,4]]})",
        R"([{"x":[1,2]},{"x":[3,4]}])"}) {
    const auto got = Read(body);
    ASSERT_TRUE(got->status.ok()) << body << got->status;
    EXPECT_THAT(got->values(), ElementsAre(1, 2, 3, 4)) << body;
    EXPECT_THAT(got->shape(), ElementsAre(2, 2)) << body;
  }
}

TEST(LooseJsonTest, TakesOneRowAsItIs) {
  for (const std::string_view body :
       {"[1,2]", R"({"width":1,"height":2})", R"({"features":[1,2]})",
        R"({"data":{"height":2,"width":1}})", R"([{"width":1,"height":2}])", R"({"x":[1,2]})"}) {
    const auto got = Read(body);
    ASSERT_TRUE(got->status.ok()) << body << got->status;
    EXPECT_THAT(got->values(), ElementsAre(1, 2)) << body;
    EXPECT_THAT(got->shape(), ElementsAre(1, 2)) << body;
  }
}

TEST(LooseJsonTest, MissingValuesAreNan) {
  for (const std::string_view body :
       {"[[1,null]]", "[1,NaN]", R"({"width":1,"height":null})", R"([{"width":1,"height":NaN}])"}) {
    const auto got = Read(body);
    ASSERT_TRUE(got->status.ok()) << body << got->status;
    EXPECT_TRUE(std::isnan(got->values()[1])) << body;
  }
}

TEST(LooseJsonTest, TakesTexts) {
  const Signature topic = {{{"text", DType::kBytes, {-1}}}, {{"label", DType::kBytes, {-1}}}};
  for (const std::string_view body :
       {R"(["a","b"])", R"([{"text":"a"},{"text":"b"}])", R"({"data":["a","b"]})"}) {
    const auto got = Read(body, topic);
    ASSERT_TRUE(got->status.ok()) << body << got->status;
    EXPECT_THAT(got->shape(), ElementsAre(2)) << body;
  }
}

TEST(LooseJsonTest, TakesImagesAndTokensOfAnyLength) {
  const Signature image = {{{"pixels", DType::kFp32, {-1, 1, 2, 2}}}, {}};
  EXPECT_THAT(Read("[[[[1,2],[3,4]]]]", image)->shape(), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(Read("[[[1,2],[3,4]]]", image)->shape(), ElementsAre(1, 1, 2, 2));
  const Signature tokens = {{{"ids", DType::kFp32, {-1, -1}}, {"mask", DType::kFp32, {-1, -1}}},
                            {}};
  const auto got = Read(R"([{"ids":[1,2,3],"mask":[1,1,0]}])", tokens);
  ASSERT_TRUE(got->status.ok()) << got->status;
  EXPECT_THAT(got->shape(), ElementsAre(1, 3));
}

TEST(LooseJsonTest, RowsMayLieInTwoWrappersAndNotInMore) {
  for (const std::string_view body :
       {R"({"input_data":{"columns":["width","height"],"data":[[1,2]]}})",
        R"({"inputs":{"data":[[1,2]]}})", R"({"data":{"instances":{"width":1,"height":2}}})"}) {
    const auto got = Read(body);
    ASSERT_TRUE(got->status.ok()) << body << got->status;
    EXPECT_THAT(got->values(), ElementsAre(1, 2)) << body;
  }
  const auto deep = Read(R"({"data":{"rows":{"X":[[1,2]]}}})");
  EXPECT_EQ(ReasonOf(deep->status), Reason::kBadRequest);
  EXPECT_THAT(MessageOf(deep->status), HasSubstr("\"X\": expected rows or columns"));
}

TEST(LooseJsonTest, NamesWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", "JSON, byte 0"},
      {"7", "expected a list of rows, one row or an object"},
      {"[[1,2],[3]]", R"(row 1: missing columns "1")"},
      {R"([[1,"two"]])", R"(row 0, column "1")"},
      {R"([{"width":1,"height":2},{"width":1}])", R"(row 1: missing columns "height")"},
      {R"([{"width":1,"height":2},{"width":1,"size":3}])", R"(row 1: unknown columns "size")"},
      {R"({"width":1,"size":2})",
       R"(unknown columns "size"; missing columns "height"; the model takes "width", "height")"},
      {R"([{"width":1,"height":2,"width":3}])", R"(columns "width" occur twice)"},
      {R"({"width":[1,2],"height":[3]})", R"(row 1: missing columns "height")"},
      {"[[1,2]] x", "JSON, byte 8"},
      {"[]", "JSON, byte 2: expected at least one row"},
      {"[[1,2],", "JSON, byte 7"},
  };
  for (const auto& [body, message] : table) {
    const auto got = Read(body);
    ASSERT_FALSE(got->status.ok()) << body;
    EXPECT_EQ(ReasonOf(got->status), Reason::kBadRequest) << body;
    EXPECT_THAT(MessageOf(got->status), HasSubstr(message)) << body;
  }
}

// By a table: the byte of the body that the message has to name is marked with '!'.
TEST(LooseJsonTest, CountsBytesFromTheBodysStart) {
  for (const std::string_view marked :
       {R"({"features":[[1,!"x"]]})",
        R"({"input_data": {"columns":["width","height"],"data":[[1,!"x"]]}})",
        R"({"data":{"width":[1], "height":[!"x"]}})", R"( {"data":{"width":!"x","height":1}})",
        R"({"x":[[1,!"x"]]})", R"({"records":[{"width":1,"height":!"x"}]})", R"([[1,!"x"]])"}) {
    const size_t byte = marked.find('!');
    const std::string body = std::string(marked.substr(0, byte)).append(marked.substr(byte + 1));
    EXPECT_THAT(MessageOf(Read(body)->status), HasSubstr(fmt::format("JSON, byte {}:", byte)))
        << body;
  }
}

}  // namespace
}  // namespace slipway::instances
