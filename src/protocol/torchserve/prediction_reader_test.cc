#include "protocol/torchserve/prediction_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "protocol/torchserve/prediction_handler.h"

namespace slipway::torchserve {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "multipart/form-data; boundary=B";

std::string Part(std::string_view name, std::string_view body, std::string_view type = "") {
  std::string part =
      fmt::format("--B\r\nContent-Disposition: form-data; name=\"{}\"; filename=f\r\n", name);
  if (!type.empty()) part += fmt::format("Content-Type: {}\r\n", type);
  return part + fmt::format("\r\n{}\r\n", body);
}

class PredictionReaderTest : public ::testing::Test {
 protected:
  PredictionReaderTest() : version_{.name = *ModelName::Parse("m")} {
    version_.features = {"width", "height"};
    Takes({{"x", DType::kFp32, {-1, 2}}});
  }

  void Takes(std::vector<TensorSpec> inputs) { version_.signature.inputs = std::move(inputs); }

  /// "row " or "rows", each input's type and shape, its values; or the message.
  std::string Read(std::string_view type, std::string body) {
    request_.Clear();
    body_ = std::move(body);
    from_.headers.clear();
    if (!type.empty()) from_.headers.push_back({"Content-Type", type});
    from_.body = std::as_bytes(std::span(body_));
    const auto form = ReadPrediction(from_, version_, request_);
    if (!form.ok()) return std::string(MessageOf(form.status()));
    std::string all = *form == Form::kRow ? "row" : "rows";
    for (const auto& [name, tensor] : request_.inputs) {
      EXPECT_TRUE(CheckData(tensor).ok());
      all += fmt::format(" {} {}:", name, ToString(tensor.dtype, tensor.shape));
      if (tensor.dtype == DType::kFp32)
        all += fmt::format("{}", fmt::join(tensor.as<float>(), ","));
      if (tensor.dtype == DType::kUint8)
        all += fmt::format("{}", fmt::join(tensor.as<uint8_t>(), ","));
      BytesReader texts(tensor.data.bytes());
      for (std::string_view text; tensor.dtype == DType::kBytes && texts.Next(&text);)
        all += fmt::format("<{}>", text);
    }
    return all;
  }

  lifecycle::ServedVersion version_;
  std::string body_;
  http::Request from_;
  InferRequest request_;
};

TEST_F(PredictionReaderTest, ReadsTheJsonThatHandlersTake) {
  const std::string_view expected = "rows x FP32 [1,2]:1,2";
  for (const std::string_view body :
       {R"({"data":[[1,2]]})", R"({"instances":[[1,2]]})", "[[1,2]]", "[1,2]",
        R"([{"width":1,"height":2}])", R"({"data":{"height":2,"width":1}})"}) {
    EXPECT_EQ(Read(kJson, std::string(body)), expected) << body;
    EXPECT_EQ(Read("", std::string(body)), expected) << "as curl -T sends it: " << body;
    EXPECT_EQ(Read("application/x-www-form-urlencoded", std::string(body)), expected)
        << "as curl -d sends it: " << body;
    EXPECT_EQ(Read(kForm, Part("data", body) + "--B--"), expected) << body;
  }
  EXPECT_EQ(Read("application/x-www-form-urlencoded", "a=b&data=%5b1,2%5d"), expected);
}

TEST_F(PredictionReaderTest, AFileIsOneElementOfBytes) {
  Takes({{"text", DType::kBytes, {-1}}});
  EXPECT_EQ(Read("", "{raw}"), "row text BYTES [1]:<{raw}>");
  EXPECT_EQ(Read("image/jpeg", "\x7f jpeg"), "row text BYTES [1]:<\x7f jpeg>");
  EXPECT_EQ(Read("application/x-www-form-urlencoded", "data=a+b"), "row text BYTES [1]:<a b>");
  EXPECT_EQ(Read(kForm, Part("data", "a") + Part("data", "b") + "--B--"),
            "rows text BYTES [2]:<a><b>");
  EXPECT_EQ(Read(kJson, R"({"data":["a","b"]})"), "rows text BYTES [2]:<a><b>");
  Takes({{"text", DType::kBytes, {-1, 1}}});
  EXPECT_EQ(Read("", ""), "row text BYTES [1,1]:<>");
  Takes({{"text", DType::kBytes, {}}});
  EXPECT_EQ(Read("", "a"), "row text BYTES []:<a>");
}

TEST_F(PredictionReaderTest, AFileIsTheElementsOfUint8) {
  Takes({{"image", DType::kUint8, {-1}}});
  EXPECT_EQ(Read("image/png", "AB"), "row image UINT8 [2]:65,66");
  Takes({{"image", DType::kUint8, {-1, 1, 2}}});
  EXPECT_EQ(Read(kForm, Part("data", "AB") + Part("body", "CD") + "--B--"),
            "rows image UINT8 [2,1,2]:65,66,67,68");
  EXPECT_EQ(Read("", "ABC"),
            "input \"image\": 3 bytes in 1 files do not make a tensor UINT8 [-1,1,2]");
  Takes({{"image", DType::kUint8, {-1, -1}}});
  EXPECT_EQ(Read("", "AB"), "row image UINT8 [1,2]:65,66");
  Takes({{"image", DType::kUint8, {-1, -1, -1}}});
  EXPECT_THAT(Read("", "AB"), HasSubstr("do not make a tensor"));
  Takes({{"image", DType::kUint8, {-1, 0}}});
  EXPECT_THAT(Read("", "AB"), HasSubstr("do not make a tensor"));
}

TEST_F(PredictionReaderTest, PartsMayBearTheNamesOfInputs) {
  Takes({{"x", DType::kFp32, {-1, 2}}, {"mask", DType::kUint8, {-1}}});
  EXPECT_EQ(Read(kForm, Part("x", "[1,2]") + Part("mask", "A") + "--B--"),
            "rows x FP32 [1,2]:1,2 mask UINT8 [1]:65");
  EXPECT_EQ(Read(kForm, Part("x", "[[1,2]]") + Part("mask", "[7]", kJson) + "--B--"),
            "rows x FP32 [1,2]:1,2 mask UINT8 [1]:7");
}

TEST_F(PredictionReaderTest, NamesWhatIsWrong) {
  const std::tuple<std::string_view, std::string, std::string_view> table[] = {
      {"image/jpeg", "\xff\xd8",
       "no input takes a file, so the body is read as JSON: JSON, byte 0"},
      {kJson, "{", "JSON, byte 1"},
      {kForm, "", "form: expected a line"},
      {"multipart/form-data", "", "expected multipart/form-data with a boundary"},
      {kForm, Part("data", "[1,2]") + Part("data", "[1,2]") + "--B--", "one part \"data\", got 2"},
      {kForm, Part("y", "[1,2]") + "--B--", "part \"y\": expected \"data\" or the name"},
      {kForm, Part("x", "[1,2]") + Part("x", "[1,2]") + "--B--", "part \"x\" is given twice"},
      {kForm, Part("x", "[1,2") + "--B--", "part \"x\": JSON, byte"},
  };
  for (const auto& [type, body, message] : table)
    EXPECT_THAT(Read(type, body), HasSubstr(message)) << type;
}

TEST(PlainVersionTest, ReadsOnePointZeroAsOne) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"1.0", "1"},         {"12.0", "12"}, {"3", "3"},   {"1.5", "1.5"},
      {"stable", "stable"}, {"", ""},       {".0", ".0"}, {"v1.0", "v1.0"}};
  for (const auto& [text, version] : table) EXPECT_EQ(PlainVersion(text), version) << text;
}

}  // namespace
}  // namespace slipway::torchserve
