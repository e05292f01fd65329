#include "onnx/external_data.h"

#include "onnx/builder.h"
#include "onnx/model_info.h"

namespace slipway::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Builder WithLocation(std::string_view location, size_t offset = 0, size_t length = 8) {
  Builder b;
  b.Input("x", DType::kFp32, {2}).Output("y", DType::kFp32, {2});
  b.ExternalInitializer("weights", DType::kFp32, {2}, location, offset, length);
  b.Node("Add", {"x", "weights"}, {"y"});
  return b;
}

StatusOr<ModelInfo> InspectText(const std::string& model) {
  return Inspect(std::as_bytes(std::span(model)));
}

TEST(ExternalDataTest, LocationsOutsideTheModelsFolderAreRefused) {
  const struct {
    std::string location;
    const char* rule;
  } cases[] = {
      {"../x", "leaves the model's folder"},
      {"/etc/passwd", "is absolute"},
      {"sub/../../x", "leaves the model's folder"},
      {"sub/..", "leaves the model's folder"},
      {"..", "leaves the model's folder"},
      {"", "is empty"},
      {"a\\..\\b", "backslash"},
      {"C:\\weights", "backslash"},
      {std::string("a\0b", 3), "control character"},
      {"a\nb", "control character"},
      {"*/_ORT_MEM_ADDR_/*", "'*'"},
      {"\xff\xfe", "not UTF-8"},
      {std::string(1025, 'a'), "longer than"},
  };
  for (const auto& c : cases) {
    const auto info = InspectText(WithLocation(c.location).Serialize());
    ASSERT_FALSE(info.ok()) << c.location;
    EXPECT_EQ(ReasonOf(info.status()), Reason::kBadModel);
    EXPECT_THAT(std::string(MessageOf(info.status())), HasSubstr("tensor \"weights\""));
    EXPECT_THAT(std::string(MessageOf(info.status())), HasSubstr(c.rule));
  }
}

TEST(ExternalDataTest, LocationsInsideAreListedOnce) {
  Builder b = WithLocation("sub/weights..bin");
  b.ExternalInitializer("more", DType::kFp32, {1}, "sub/weights..bin", 8, 4);
  b.ExternalInitializer("other", DType::kFp32, {1}, "...", 0, 4);
  const auto info = InspectText(b.Serialize());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_THAT(info->external_locations, ElementsAre("sub/weights..bin", "..."));
  EXPECT_EQ(info->parameter_count, 4);
}

TEST(ExternalDataTest, OnlyInitializersOfTheMainGraphMayBeExternal) {
  Builder body;
  body.ExternalInitializer("inner", DType::kFp32, {1}, "w.bin", 0, 4);
  Builder b;
  b.Input("x", DType::kBool, {}).Output("y", DType::kFp32, {1});
  b.Node("If", {"x"}, {"y"}, {{"then_branch", &body}, {"else_branch", &body}});
  const auto info = InspectText(b.Serialize());
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(ReasonOf(info.status()), Reason::kUnsupported);
  EXPECT_THAT(std::string(MessageOf(info.status())), HasSubstr("tensor \"inner\""));
}

TEST(ExternalDataTest, BytesMustLieInsideTheFileAndFitTheTensor) {
  const std::string twelve(12, '\0');
  const ModelBytes::External files[] = {{"w.bin", std::as_bytes(std::span(twelve))}};
  const auto check = [&](const Builder& b) {
    return std::string(MessageOf(CheckExternalData(b.proto().graph(), files)));
  };
  EXPECT_EQ(check(WithLocation("w.bin", 4, 8)), "");
  EXPECT_THAT(check(WithLocation("w.bin", 8, 8)), HasSubstr("run past the end of \"w.bin\""));
  EXPECT_THAT(check(WithLocation("w.bin", 13, 8)), HasSubstr("behind the end"));
  EXPECT_THAT(check(WithLocation("w.bin", 0, 12)), HasSubstr("expected 8 bytes in \"w.bin\", got 12"));
  EXPECT_THAT(check(WithLocation("w.bin", ~size_t{0}, 8)), HasSubstr("expected a whole number"));
  EXPECT_THAT(check(WithLocation("v.bin", 0, 8)), HasSubstr("its file \"v.bin\" is missing"));
}

}  // namespace
}  // namespace slipway::onnx
