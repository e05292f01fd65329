#include "import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/testing/models.h"
#include "onnx/model_info.h"

namespace slipway::importing {
namespace {

using testing::BytesOf;
using testing::ModelFilesOf;
using testing::ReadFile;

struct Area {
  std::string_view name, framework;
  size_t at_least;
};
class ImportTest : public ::testing::TestWithParam<Area> {};

TEST_P(ImportTest, EveryCommittedModelBecomesValidOnnxTheSameTwice) {
  const auto paths = ModelFilesOf(GetParam().name);
  EXPECT_GE(paths.size(), GetParam().at_least);
  for (const auto& path : paths) {
    SCOPED_TRACE(path.string());
    const std::string bytes = ReadFile(path);
    const Format format = FormatOf(path.filename().string(), BytesOf(bytes));
    const auto imported = Import(format, BytesOf(bytes));
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_TRUE(testing::IsValidOnnx(*imported));
    EXPECT_EQ(imported->model, Import(format, BytesOf(bytes))->model);
    EXPECT_THAT(imported->framework, ::testing::HasSubstr(GetParam().framework));
  }
}

INSTANTIATE_TEST_SUITE_P(, ImportTest,
                         ::testing::Values(Area{"xgboost", "xgboost", 70},
                                           Area{"lightgbm", "lightgbm", 35},
                                           Area{"catboost", "catboost", 24},
                                           Area{"boosters", "", 20}, Area{"skops", "", 20}),
                         [](const auto& info) { return std::string(info.param.name); });

StatusOr<Imported> ImportXgboostFile(std::string_view name, bool booster) {
  const std::string bytes = ReadFile(testing::ModelsOf("xgboost") / name);
  return Import(FormatOf(name, BytesOf(bytes)), BytesOf(bytes), {}, booster);
}

TEST(BoosterTest, LabelsThatBoosterPredictGivesAreNumbers) {
  for (const std::string_view name : {"binary_hinge.ubj", "multi_softmax.json"}) {
    for (const bool booster : {false, true}) {
      const auto imported = ImportXgboostFile(name, booster);
      ASSERT_TRUE(imported.ok()) << imported.status();
      const auto info = onnx::Inspect(BytesOf(imported->model));
      const TensorSpec& predict = info->signature.outputs.front();
      EXPECT_EQ(predict.name, "predict");
      EXPECT_EQ(predict.dtype, booster ? DType::kFp32 : DType::kInt64) << name;
      EXPECT_EQ(predict.shape, Shape{-1}) << name;
    }
  }
}

TEST(BoosterTest, ABoosterUsesTheRoundsAfterItsBest) {
  const auto best = ImportXgboostFile("stopped_early.ubj", false);
  const auto all = ImportXgboostFile("stopped_early.ubj", true);
  ASSERT_TRUE(best.ok() && all.ok());
  EXPECT_GT(all->model.size(), best->model.size());
  EXPECT_EQ(best->warnings.size(), 1u);
  EXPECT_TRUE(all->warnings.empty());
}

}  // namespace
}  // namespace slipway::importing
