#include "bundle/difference.h"

#include "bundle/pack.h"
#include "bundle/testing/models.h"

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DifferenceTest : public ::testing::Test {
 protected:
  static std::string ScalingModel(float factor) {
    onnx::Builder builder;
    builder.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
    builder.Constant<float>("w", {1}, std::span(&factor, 1)).Node("Mul", {"x", "w"}, {"y"});
    return builder.Serialize();
  }
  /// "part name: a | b" of each difference of the two models.
  std::vector<std::string> Lines(const NewModel& a, const NewModel& b) {
    const std::string paths[] = {fmt::format("{}/a{}", root_.path(), ++count_),
                                 fmt::format("{}/b{}", root_.path(), count_)};
    EXPECT_TRUE(PackModel(a, paths[0]).ok());
    EXPECT_TRUE(PackModel(b, paths[1]).ok());
    const auto found = Differences(*Open(paths[0]).value(), *Open(paths[1]).value());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> lines;
    for (const auto& [part, name, of_a, of_b] : *found)
      lines.push_back(fmt::format("{} {}: {} | {}", part, name, of_a, of_b));
    return lines;
  }

  io::TemporaryFolder root_;
  int count_ = 0;
  const std::string onnx_ = ScalingModel(2);
  const NewModel model_ = {.bytes = {std::as_bytes(std::span(onnx_)), {}}, .manifest = {}};
};

TEST_F(DifferenceTest, NoneBetweenAFolderAndItsTar) {
  ASSERT_TRUE(PackModel(model_, root_ / "a").ok());
  ASSERT_TRUE(PackModel(model_, root_ / "a.slipway").ok());
  EXPECT_THAT(*Differences(*Open(root_ / "a").value(), *Open(root_ / "a.slipway").value()),
              IsEmpty());
}

TEST_F(DifferenceTest, NamesWhatTheManifestSaysOtherwise) {
  NewModel a = model_, b = model_;
  a.manifest.name = "old";
  a.manifest.signature =
      b.manifest.signature = {{{"x", DType::kFp32, {-1, 2}}}, {{"y", DType::kFp32, {-1, 2}}}};
  a.manifest.signature.outputs[0].labels = {"no", "yes"};
  b.manifest.signature.inputs[0].any_number = true;
  a.manifest.feature_schema =
      R"({"features": [{"name": "age", "max": 80}, {"name": "sex"}], "rows": 7})";
  b.manifest.feature_schema =
      R"({"features": [{"name": "age", "max": 90}, {"name": "sex"}], "rows": 8})";
  a.manifest.lineage = {{"seed", "1"}, {"passes", "fold"}};
  b.manifest.lineage = {{"seed", "2"}, {"passes", "fold"}};
  b.manifest.licence = "MIT";
  EXPECT_THAT(Lines(a, b),
              ElementsAre("name : old | ", "input x: FP32 [-1,2] | FP32 [-1,2], any number",
                          "labels y: no, yes | ",
                          R"(feature age: {"name": "age", "max": 80} | {"name": "age", "max": 90})",
                          "schema rows: 7 | 8", "lineage seed: 1 | 2", "licence :  | MIT"));
}

TEST_F(DifferenceTest, NamesWhatTheGraphHasOtherwise) {
  NewModel other = model_;
  const std::string trained_again = ScalingModel(3);
  other.bytes.model = std::as_bytes(std::span(trained_again));
  const auto weight = Lines(model_, other);
  ASSERT_EQ(weight.size(), 1U);
  EXPECT_THAT(weight[0], ::testing::StartsWith("weight w: FP32 [1] sha256:"));
  const std::string identity = IdentityModel();
  other.bytes.model = std::as_bytes(std::span(identity));
  const auto nodes = Lines(model_, other);
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0], "node y: Mul(x, w) | Identity(x)");
}

TEST_F(DifferenceTest, WhatNoPartTellsIsTheFiles) {
  onnx::Builder builder;
  builder.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  const float two = 2;
  builder.Constant<float>("w", {1}, std::span(&two, 1)).Node("Mul", {"x", "w"}, {"y"});
  builder.Metadata("trained_by", "somebody");
  const std::string onnx = builder.Serialize();
  NewModel other = model_;
  other.bytes.model = std::as_bytes(std::span(onnx));
  const auto lines = Lines(model_, other);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], ::testing::StartsWith("file model.onnx: sha256:"));

  root_.Write("spaced/model.onnx", onnx_);
  ASSERT_TRUE(PackModel(model_, root_ / "plain").ok());
  root_.Write("spaced/manifest.json", root_.Read("plain/manifest.json") + "\n");
  const auto found = Differences(*Open(root_ / "plain").value(), *Open(root_ / "spaced").value());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().name, "manifest.json");
}

}  // namespace
}  // namespace slipway::bundle
