#include "bundle/imported.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TensorSpec Table(std::string name, int64_t columns) {
  return {.name = std::move(name), .dtype = DType::kFp32, .shape = {-1, columns}};
}

TEST(ImportedTest, InputsAreFoundByNameInTimeThatTheirNumberJustifies) {
  Signature signature;
  for (int i = 0; i < 60'000; ++i)
    signature.inputs.push_back(Table(fmt::format("a column with a long name {}", i), 1));
  Manifest manifest{.signature = EstimatorSignature(signature, {})};
  std::ranges::reverse(manifest.signature.inputs);
  FolderModel said;
  for (const TensorSpec& input : signature.inputs) said.columns.push_back({.name = input.name});

  const auto begin = std::chrono::steady_clock::now();
  ApplyManifest(manifest, signature);
  ASSERT_TRUE(ApplyFolderModel(said, manifest).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_TRUE(std::ranges::all_of(signature.inputs, &TensorSpec::any_number));
}

TEST(ImportedTest, FeaturesNameTheColumnsOfTheOnlyRequiredMatrix) {
  Signature one{.inputs = {Table("x", 2), Table("rest", 2)}};
  one.inputs[1].optional = true;
  Signature two{.inputs = {Table("x", 2), Table("y", 2)}};
  for (Signature* signature : {&one, &two}) {
    Manifest manifest{.signature = EstimatorSignature(*signature, {}),
                      .feature_schema = RenderFeatures({"a", "b"})};
    ApplyManifest(manifest, *signature);
    EXPECT_THAT(signature->inputs[1].columns, IsEmpty());
  }
  EXPECT_THAT(one.inputs[0].columns, ElementsAre("a", "b"));
  EXPECT_THAT(two.inputs[0].columns, IsEmpty());
}

}  // namespace
}  // namespace slipway::bundle
