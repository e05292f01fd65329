#include "import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/pickle/testing/attacks.h"
#include "import/testing/models.h"
#include "import/testing/sealed.h"
#include "onnx/model_info.h"

namespace slipway::importing {
namespace {

using testing::BytesOf;
using ::testing::HasSubstr;
using testing::ModelFilesOf;
using testing::ReadFile;
using testing::SealedTest;

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
    EXPECT_THAT(imported->framework, HasSubstr(GetParam().framework));
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

TEST(MaliciousImportTest, AttacksAreRefusedByGlobalAndOffset) {
  const auto attacks = pickle::testing::Attacks();
  EXPECT_GT(attacks.size(), 300u);
  for (const auto& attack : attacks) {
    SCOPED_TRACE(attack.name);
    const Status refused = Import(Format::kPickle, BytesOf(attack.bytes)).status();
    ASSERT_FALSE(refused.ok());
    const std::string message(MessageOf(refused));
    const std::string read = fmt::format("byte {}: names {}, which ", attack.offset, attack.global);
    const std::string broken =
        fmt::format("at byte {}: {} is not allowed", attack.offset, attack.global);
    const bool is_allowed = attack.global == "functools.partial";  // data beside an estimator
    const std::string unknown = "functools.partial: expected a supported estimator";
    EXPECT_THAT(message, AnyOf(HasSubstr(is_allowed ? unknown : read), HasSubstr(broken)));
  }
}

TEST_F(SealedTest, FittedModelsAreImportedWithoutASystemCall) {
  std::vector<std::pair<Format, std::string>> files;
  for (const std::string_view name :
       {"sklearn/random-forest.pkl", "sklearn/columns-mixed.pkl", "sklearn/text-logistic.pkl",
        "sklearn/hist-boosting-categories.pkl", "sklearn/gaussian-process-rbf.pkl",
        "boosters/xgboost_pipeline.pkl", "boosters/lightgbm_classifier.pkl",
        "boosters/catboost_pipeline.pkl", "skops/columns-mixed.skops",
        "xgboost/multi_softprob.json", "xgboost/forest.ubj", "xgboost/1.7.6/dart.bst",
        "lightgbm/categories.txt", "catboost/categories_combined.cbm",
        "catboost/multiclass_json.json"}) {
    const std::string bytes = ReadFile(testing::ModelsOf("") / name);
    const Format format = FormatOf(name, BytesOf(bytes));
    ASSERT_TRUE(Import(format, BytesOf(bytes)).ok()) << name;
    files.emplace_back(format, bytes);
  }
  EXPECT_EQ(testing::StatusOfSealed([&] {
              for (const auto& [format, bytes] : files)
                if (!Import(format, BytesOf(bytes)).ok()) _exit(2);
            }),
            0);
}

TEST_F(SealedTest, AttacksAreRefusedByTheImportWithoutASystemCall) {
  const auto attacks = pickle::testing::Attacks();
  EXPECT_EQ(testing::StatusOfSealed([&] {
              for (const auto& attack : attacks)
                if (Import(Format::kPickle, BytesOf(attack.bytes)).ok()) _exit(2);
            }),
            0);
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
