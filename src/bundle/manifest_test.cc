#include "bundle/manifest.h"

#include "io/digest.h"

namespace slipway::bundle {
namespace {

using ::testing::HasSubstr;

const std::string kHash(64, 'a');

std::string Json(std::string_view more = "", std::string_view version = "1") {
  return fmt::format(
      R"({{"format_version": {}, "signature": {{"inputs": [{{"name": "x", "dtype": "FP32", "shape": [-1, 2]}}],
    "outputs": []}}, "files": [{{"path": "model.onnx", "size": 3, "sha256": "{}"}}]{}}})",
      version, kHash, more);
}

TEST(ManifestTest, ReadsWhatIsRequired) {
  const auto manifest = ParseManifest(Json());
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->signature.inputs.at(0), (TensorSpec{"x", DType::kFp32, {-1, 2}}));
  EXPECT_EQ(manifest->files.at(0), (ManifestFile{"model.onnx", 3, kHash}));
  EXPECT_EQ(manifest->Find("model.onnx"), &manifest->files[0]);
  EXPECT_EQ(manifest->Find("model"), nullptr);
}

TEST(ManifestTest, WhatIsWrittenIsRead) {
  Manifest manifest;
  manifest.name = "wine \"rosé\"";
  manifest.signature = {{{"x", DType::kBytes, {-1}, true}},
                        {{"y", DType::kInt64, {}, false, {"a", "b\n"}}}};
  manifest.feature_schema = R"({"features": [1, {"a": null}]})";
  manifest.lineage = {{"framework", "numpy"}, {"source_format", "onnx"}};
  manifest.licence = "CC-BY-4.0";
  manifest.intended_use = "Ranks offers; not for decisions about people.";
  manifest.files = {{"examples/a.json", 0, kHash}, {"model.onnx", 1ull << 40, kHash}};
  const std::string text = RenderManifest(manifest);
  EXPECT_EQ(ParseManifest(text).value(), manifest);
  EXPECT_EQ(RenderManifest(ParseManifest(text).value()), text);
}

TEST(FeatureNamesTest, AreThereWhenEachFeatureHasAName) {
  EXPECT_THAT(FeatureNames(R"({"a": 1, "features": [{"name": "x", "unit": "m"}, {"name": "y"}]})"),
              ::testing::ElementsAre("x", "y"));
  for (const std::string_view without :
       {"", "{}", R"({"features": 3})", R"({"features": [{"name": "x"}, {"unit": "m"}]})",
        R"({"features": [{"name": "x"}, {"name": "x"}]})", R"({"features": [{"name": 1}]})"})
    EXPECT_THAT(FeatureNames(without), ::testing::IsEmpty()) << without;
}

TEST(ManifestTest, IgnoresUnknownFieldsAtEveryLevel) {
  EXPECT_TRUE(ParseManifest(Json(R"(, "new": {"a": [1]}, "lineage": {"a": 1, "b": "kept"})")).ok());
  EXPECT_EQ(ParseManifest(Json(R"(, "lineage": {"a": [1], "b": "kept"})"))->lineage.size(), 1u);
}

TEST(ManifestTest, RefusesANewerFormatWhateverElseChanged) {
  for (const std::string& json :
       {Json("", "2"), std::string(R"({"format_version": 2, "files": 7})")}) {
    const auto manifest = ParseManifest(json);
    EXPECT_EQ(ReasonOf(manifest.status()), Reason::kUnsupported) << json;
    EXPECT_THAT(MessageOf(manifest.status()), HasSubstr("expected at most 1, got 2"));
  }
}

TEST(ManifestTest, NamesWhatIsWrong) {
  const auto files = [](std::string_view list) {
    return fmt::format(
        R"({{"format_version": 1, "signature": {{"inputs": [], "outputs": []}}, "files": [{}]}})",
        list);
  };
  const auto file = [](std::string_view path) {
    return fmt::format(R"({{"path": "{}", "size": 1, "sha256": "{}"}})", path, kHash);
  };
  const auto input = [](std::string_view spec) {
    return fmt::format(
        R"({{"format_version": 1, "signature": {{"inputs": [{}], "outputs": []}}, "files": []}})",
        spec);
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "manifest.json: JSON, byte"},
      {"[]", "manifest.json: JSON, byte"},
      {"{}", "\"format_version\" is missing"},
      {Json("", "0"), "format_version: expected 1, got 0"},
      {Json(R"(, "name": 5)"), "JSON, byte"},
      {Json(R"(, "name": "a", "name": "b")"), "\"name\" occurs twice"},
      {Json(R"(, "feature_schema": [])"), "JSON, byte"},
      {R"({"format_version": 1, "files": []})", "\"signature\" is missing"},
      {R"({"format_version": 1, "signature": {"inputs": []}, "files": []})",
       "signature: field \"outputs\" is missing"},
      {files(""), "\"model.onnx\" is not listed"},
      {files(file("model.onnx") + "," + file("a")), "\"a\" is not sorted, or listed twice"},
      {files(file("model.onnx") + "," + file("model.onnx")), "not sorted, or listed twice"},
      {files(file("manifest.json")), "cannot list itself"},
      {files(file("../x")), "\"..\" is not allowed"},
      {files(file("/etc/passwd")), "is absolute"},
      {files(R"({"path": "a", "size": 1, "sha256": "A"})"), "file \"a\": sha256: expected 64"},
      {files(R"({"path": "a", "sha256": ""})"), "file \"a\": field \"size\" is missing"},
      {files(R"({"path": "a", "size": -1})"), "JSON, byte"},
      {input(R"({"dtype": "FP32", "shape": []})"), "\"name\" is missing"},
      {input(R"({"name": "x", "shape": []})"), "tensor \"x\": field \"dtype\" is missing"},
      {input(R"({"name": "x", "dtype": "FP32"})"), "tensor \"x\": field \"shape\" is missing"},
      {input(R"({"name": "x", "dtype": "float", "shape": []})"), "got \"float\""},
      {input(R"({"name": "x", "dtype": "FP32", "shape": [-2]})"), "expected -1 or more, got -2"},
      {input(
           R"({"name": "x", "dtype": "FP32", "shape": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]})"),
       "at most 32 elements"},
  };
  for (const auto& [json, message] : cases) {
    const auto manifest = ParseManifest(json);
    ASSERT_FALSE(manifest.ok()) << json;
    EXPECT_EQ(ReasonOf(manifest.status()), Reason::kBadModel) << json;
    EXPECT_THAT(MessageOf(manifest.status()), HasSubstr(message));
    EXPECT_THAT(MessageOf(manifest.status()), HasSubstr("manifest.json: "));
  }
}

// The example of docs/formats/bundle.md, and what coreutils make of it.
TEST(ContentDigestTest, IsThatOfTheSpecification) {
  EXPECT_EQ(ContentDigest(
                {{"model.onnx", 0, io::Sha256Hex("")}, {"manifest.json", 2, io::Sha256Hex("{}")}}),
            "sha256:06859de4900a507f3ab0bf675f6d46c8c51d5d39626f4ff07d64bdd8b9dc7396");
}

TEST(ContentDigestTest, DependsOnNamesAndContentsAndNotOnOrder) {
  const ManifestFile a{"a", 1, io::Sha256Hex("1")}, b{"b", 1, io::Sha256Hex("2")};
  EXPECT_EQ(ContentDigest({a, b}), ContentDigest({b, a}));
  EXPECT_NE(ContentDigest({a, b}), ContentDigest({a}));
  EXPECT_NE(ContentDigest({a, b}), ContentDigest({{"a", 1, b.sha256}, {"b", 1, a.sha256}}));
}

TEST(AgreementTest, ComparesNamesTypesAndFixedDimensions) {
  const Signature actual = {{{"x", DType::kFp32, {-1, 30}}}, {{"y", DType::kFp32, {-1, -1}}}};
  EXPECT_TRUE(CheckAgreement(actual, actual).ok());
  EXPECT_TRUE(
      CheckAgreement({{{"x", DType::kFp32, {-1, -1}}}, {{"y", DType::kFp32, {-1, 2}}}}, actual)
          .ok());
  const std::pair<Signature, std::string> cases[] = {
      {{{{"x", DType::kFp32, {-1, 29}}}, actual.outputs},
       "input \"x\": the manifest says FP32 [-1,29], the model FP32 [-1,30]"},
      {{{{"x", DType::kFp64, {-1, 30}}}, actual.outputs}, "FP64"},
      {{{{"x", DType::kFp32, {30}}}, actual.outputs}, "FP32 [30]"},
      {{{{"z", DType::kFp32, {-1, 30}}}, actual.outputs}, "input \"x\" is not in the manifest"},
      {{actual.inputs, {}}, "output \"y\" is not in the manifest"},
      {{{actual.inputs[0], {"z", DType::kFp32, {}}}, actual.outputs},
       "names 2 inputs, the model has 1"},
  };
  for (const auto& [stated, message] : cases) {
    const Status status = CheckAgreement(stated, actual);
    ASSERT_FALSE(status.ok()) << message;
    EXPECT_THAT(MessageOf(status), HasSubstr(message));
  }
}

}  // namespace
}  // namespace slipway::bundle
