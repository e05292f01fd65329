#include "import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/testing/models.h"

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

}  // namespace
}  // namespace slipway::importing
