#include "import/catboost/catboost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "import/catboost/flat_table.h"
#include "import/testing/models.h"
#include "onnx/model_info.h"

namespace slipway::importing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using testing::ReadFile;
using testing::RefusalOf;

const std::filesystem::path kModels = testing::ModelsOf("catboost");

StatusOr<Imported> ImportText(std::string_view text) {
  return ImportCatboost(testing::BytesOf(text));
}

/// x1 > 2 is bit 0, x0 > 0.5 bit 1.
constexpr std::string_view kSmall =
    R"({"features_info":{"float_features":[{"borders":[0.5],"feature_id":"a","feature_index":0,)"
    R"("flat_feature_index":0,"nan_value_treatment":"AsIs"},{"borders":[2],"feature_id":"b",)"
    R"("feature_index":1,"flat_feature_index":1,"nan_value_treatment":"AsTrue"}]},)"
    R"("model_info":{"catboost_version_info":"Branch: tags/v1.2.10\n",)"
    R"("params":{"loss_function":{"type":"RMSE"}}},"oblivious_trees":[{"leaf_values":[1,2,3,4],)"
    R"("splits":[{"border":2,"float_feature_index":1,"split_type":"FloatFeature"},)"
    R"({"border":0.5,"float_feature_index":0,"split_type":"FloatFeature"}]}],)"
    R"("scale_and_bias":[1,[0.5]]})";

/// A model of one category whose statistic is counted for two hashes.
constexpr std::string_view kCounted =
    R"({"features_info":{"float_features":[],"categorical_features":[{"feature_id":"c",)"
    R"("feature_index":0,"flat_feature_index":0}],"ctrs":[{"borders":[0.5],"ctr_type":"Borders",)"
    R"("elements":[{"cat_feature_index":0,"combination_element":"cat_feature_value"}],)"
    R"("identifier":"c","prior_denomerator":1,"prior_numerator":0.5,"scale":1,"shift":0,)"
    R"("target_border_idx":0}]},"ctr_data":{"c":{"hash_map":["7",1,2,"8",3,0],"hash_stride":3,)"
    R"("counter_denominator":0}},"model_info":{"params":{"loss_function":{"type":"RMSE"}}},)"
    R"("oblivious_trees":[{"leaf_values":[1,2],"splits":[{"border":0.5,"split_index":0,)"
    R"("split_type":"OnlineCtr"}]}],"scale_and_bias":[1,[0.5]]})";

std::string Replaced(std::string_view from, std::string_view to) {
  return testing::Replaced(kSmall, from, to);
}

std::string Refusal(std::string_view text) { return RefusalOf(ImportText(text)); }

TEST(CatboostTest, BothEncodingsOfAModelAreTheSameModel) {
  for (const std::string name : {"rmse", "nan_max", "multi_rmse"}) {
    const auto binary = ImportText(ReadFile(kModels / (name + ".cbm")));
    const auto json = ImportText(ReadFile(kModels / (name + "_json.json")));
    EXPECT_EQ(binary->model, json->model) << name;
  }
}

TEST(CatboostTest, NamesOfColumnsAndClassesAreKept) {
  EXPECT_THAT(ImportText(kSmall)->features, ElementsAre("a", "b"));
  EXPECT_THAT(ImportText(ReadFile(kModels / "rmse.cbm"))->features, IsEmpty());
  EXPECT_THAT(ImportText(ReadFile(kModels / "multiclass.cbm"))->labels.at("predict_proba"),
              ElementsAre("high", "low", "middle"));
}

TEST(CatboostTest, WhatNumbersCannotSayIsRefusedByName) {
  struct Case {
    std::string_view from, to, what;
  };
  const Case cases[] = {
      {"\"float_features\":", "\"text_features\":[{}],\"float_features\":",
       "text features are not supported"},
      {"\"split_type\":\"FloatFeature\"", "\"split_type\":\"EstimatedFeature\"",
       "splits of type EstimatedFeature are not supported"},
      {"\"RMSE\"", "\"Mine\"", "loss function \"Mine\" is not supported"},
  };
  for (const Case& c : cases) {
    const auto imported = ImportText(Replaced(c.from, c.to));
    ASSERT_FALSE(imported.ok()) << c.to;
    EXPECT_EQ(ReasonOf(imported.status()), Reason::kUnsupported);
    EXPECT_THAT(std::string(MessageOf(imported.status())), HasSubstr(c.what));
  }
}

TEST(CatboostTest, BrokenDocumentsAreRefusedByPlaceAndRule) {
  struct Case {
    std::string_view from, to, what;
  };
  const Case cases[] = {
      {"[1,2,3,4]", "[1,2,3]",
       "oblivious_trees[0].leaf_values: expected 1 values for each combination of 2 tests, got 3"},
      {"\"float_feature_index\":1", "\"float_feature_index\":2",
       "oblivious_trees[0].splits[0].float_feature_index: expected a number in [0, 1], got 2"},
      {"\"flat_feature_index\":1", "\"flat_feature_index\":7",
       "features_info.float_features[1].flat_feature_index: expected a number in [0, 1], got 7"},
      {"\"flat_feature_index\":1", "\"flat_feature_index\":0",
       "features_info.float_features[1].flat_feature_index: expected another column than 0, it is "
       "taken"},
      {"\"split_type\":\"FloatFeature\"", "\"split_type\":\"OnlineCtr\"",
       "oblivious_trees[0].splits[0].split_index: expected to be there, got nothing"},
      {"\"border\":2", "\"border\":NaN",
       "CatBoost model: tree 0: split 1: expected a number as threshold, got NaN"},
      {"\"AsTrue\"", "\"AsMine\"",
       "features_info.float_features[1].nan_value_treatment: expected AsIs, AsFalse or AsTrue, got "
       "\"AsMine\""},
      {"[1,[0.5]]", "[1,[0.5],2]", "scale_and_bias: expected a scale and a list of biases"},
      {"\"splits\":[{", "\"splits\":[1,{",
       "oblivious_trees[0].splits[0]: expected an object, got a number"},
  };
  for (const Case& c : cases) EXPECT_THAT(Refusal(Replaced(c.from, c.to)), HasSubstr(c.what));
}

TEST(CatboostTest, FilesWhoseTablesShareBytesAreRefused) {
  const std::filesystem::path seeds = SLIPWAY_SOURCE_DIR "/fuzz/corpus/catboost";
  EXPECT_EQ(Refusal(ReadFile(seeds / "shared_borders.cbm")),
            "CatBoost model: expected borders and names of at most 2896 bytes");
  EXPECT_EQ(Refusal(ReadFile(seeds / "shared_params.cbm")),
            "CatBoost model: params: expected it once, got it twice");
  EXPECT_EQ(
      Refusal(ReadFile(seeds / "shared_rows.cbm")),
      "CatBoost model: statistic 0/0 0: expected another hash and another row below 1, got 0");
}

TEST(CatboostTest, ModelsWithoutOutputsAreRefused) {
  const std::filesystem::path seeds = SLIPWAY_SOURCE_DIR "/fuzz/corpus/catboost";
  for (const char* name : {"no_biases.json", "no_biases_symmetric.json"})
    EXPECT_EQ(Refusal(ReadFile(seeds / name)),
              "scale_and_bias[1]: expected 1 to 1048576 biases, got 0");
}

TEST(CatboostTest, MoreColumnsThanRequestsShouldHaveAreRefused) {
  std::string columns;
  for (size_t i = 1; i <= kMaxNamedColumns; ++i)
    columns += fmt::format(R"({{"flat_feature_index":{},"nan_value_treatment":"AsIs"}}{})", i,
                           i < kMaxNamedColumns ? "," : "");
  const std::string text = testing::Replaced(kCounted, "\"float_features\":[]",
                                             fmt::format("\"float_features\":[{}]", columns));
  EXPECT_EQ(Refusal(text),
            "expected at most 16384 columns, of which some hold categories, got 16385");
}

TEST(CatboostTest, WhatTheModelSaysAboutItsAnswersIsReadOrRefused) {
  const auto with = [](std::string_view info) {
    return Refusal(Replaced("\"model_info\":{", fmt::format("\"model_info\":{{{},", info)));
  };
  EXPECT_EQ(with(R"("binclass_probability_threshold":"0.3")"), "");
  EXPECT_EQ(with(R"("binclass_probability_threshold":"1.5")"),
            "CatBoost model: binclass_probability_threshold: expected 0 to 1, got \"1.5\"");
  EXPECT_THAT(with(R"("multiclass_params":{})"), HasSubstr("without class_params"));
  EXPECT_THAT(Refusal(Replaced("\"params\":{",
                               R"("params":{"data_processing_options":{"class_names":["a"]},)")),
              HasSubstr("without class_params"));
}

/// A fixture of trees that are not symmetric, the distances of whose nodes `change` alters.
std::string WithSteps(const std::function<void(std::vector<uint32_t>&)>& change) {
  constexpr size_t kHead = 8, kTrees = 1, kSteps = 10;
  std::string file = ReadFile(kModels / "lossguide.cbm");
  const auto root = catboost::FlatTable::Root(testing::BytesOf(file).subspan(kHead));
  std::vector<uint32_t> steps = *root->Table(kTrees)->Numbers<uint32_t>(kSteps);
  const auto bytes = [&] {
    return std::string_view(reinterpret_cast<const char*>(steps.data()),
                            steps.size() * sizeof(uint32_t));
  };
  const size_t at = file.find(bytes());
  EXPECT_NE(at, std::string::npos);
  change(steps);
  return file.replace(at, bytes().size(), bytes());
}

// Distances lead forward alone, so nodes cannot form a cycle; they can share a child.
TEST(CatboostTest, NodesThatShareAChildOrLeaveTheirTreeAreRefused) {
  constexpr uint32_t kOne = 1, kFar = 0xFFFF;
  EXPECT_EQ(Refusal(WithSteps([](auto&) {})), "");
  EXPECT_THAT(Refusal(WithSteps([](auto& steps) { steps[0] = kOne | kFar << 16; })),
              HasSubstr("tree 0: node 0: expected a child below "));
  EXPECT_THAT(Refusal(WithSteps([](auto& steps) {
                for (uint32_t& step : steps)
                  if (step != 0) step = kOne | kOne << 16;
              })),
              HasSubstr("is reached twice"));
}

TEST(CatboostTest, DeepTreesOfJsonAreRefused) {
  std::string tree;
  for (int i = 0; i < 100'000; ++i) tree += R"({"left":)";
  EXPECT_THAT(Refusal(R"({"trees":[)" + tree), HasSubstr("32"));
}

TEST(CatboostTest, BothEncodingsOfCategoriesAreTheSameModel) {
  for (const std::string name : {"one_hot", "simple", "counters", "combined"}) {
    const auto binary = ImportText(ReadFile(kModels / fmt::format("categories_{}.cbm", name)));
    const auto json = ImportText(ReadFile(kModels / fmt::format("categories_{}_json.json", name)));
    ASSERT_TRUE(binary.ok() && json.ok()) << binary.status() << json.status();
    const auto a = onnx::Inspect(testing::BytesOf(binary->model));
    const auto b = onnx::Inspect(testing::BytesOf(json->model));
    EXPECT_EQ(a->signature, b->signature) << name;
    EXPECT_EQ(a->operators, b->operators) << name;
    EXPECT_TRUE(a->operators.contains("ai.slipway.CategoryHash")) << name;
  }
}

TEST(CatboostTest, BrokenStatisticsAreRefusedByPlaceAndRule) {
  struct Case {
    std::string_view from, to, what;
  };
  const Case cases[] = {
      {"\"c\":{\"hash_map\"", "\"d\":{\"hash_map\"", "statistic c: its table is missing"},
      {"[\"7\",1,2,", "[\"7\",1,", "expected 3 values a hash, got 5 in all"},
      {"\"8\",3,0", "\"7\",3,0", "ctr_data[0].hash_map[3]: expected another hash"},
      {"\"8\",3,0", "\"-8\",3,0", "expected a hash of 64 bits, got \"-8\""},
      {"\"target_border_idx\":0", "\"target_border_idx\":1",
       "statistic c: expected a target border below 1, got 1"},
      {"\"ctr_type\":\"Borders\"", "\"ctr_type\":\"Counter\"",
       "statistic c: expected 1 values a hash, got 2"},
      {"\"ctr_type\":\"Borders\"", "\"ctr_type\":\"Others\"",
       "statistics of categories of type \"Others\" are not supported"},
      {"\"split_index\":0", "\"split_index\":1", "expected a number in [0, 0], got 1"},
      {"[{\"cat_feature_index\":0,\"combination_element\":\"cat_feature_value\"}]", "[]",
       "elements: expected a feature"},
  };
  EXPECT_EQ(Refusal(kCounted), "");
  for (const Case& c : cases)
    EXPECT_THAT(Refusal(testing::Replaced(kCounted, c.from, c.to)), HasSubstr(c.what)) << c.to;
}

TEST(CatboostTest, StatisticsThatManyColumnsShareAreBounded) {
  std::string hashes, columns;
  for (int i = 0; i < 2000; ++i) hashes += fmt::format("{}\"{}\",1,2", i == 0 ? "" : ",", i + 100);
  const std::string_view one = kCounted.substr(kCounted.find(R"({"borders":[0.5])"));
  const std::string column(one.substr(0, one.find("}]},\"ctr_data") + 1));
  for (int i = 0; i < 300; ++i) columns += "," + column;
  std::string text = testing::Replaced(kCounted, R"("7",1,2,"8",3,0)", hashes);
  text = testing::Replaced(text, R"("target_border_idx":0}])",
                           fmt::format(R"("target_border_idx":0}}{}])", columns));
  Limits limits;
  limits.free_bytes = 0;
  limits.bytes_per_byte = 1;
  EXPECT_EQ(RefusalOf(ImportCatboost(testing::BytesOf(text), limits)),
            "CatBoost model: its statistics take more than the file's size allows");
}

TEST(CatboostTest, CutFilesAreRefused) {
  for (const auto* name : {"multiclass.cbm", "lossguide.cbm", "rmse_json.json",
                           "categories_combined.cbm", "categories_combined_json.json"}) {
    std::string bytes = ReadFile(kModels / name);
    while (bytes.ends_with('\n')) bytes.pop_back();
    testing::ExpectCutFilesAreRefused(bytes, 500, ImportText);
  }
}

TEST(CatboostTest, FlippedBitsAreRefusedOrReadAsAnotherModel) {
  for (const auto* name : {"multiclass.cbm", "multiclass_lossguide.cbm", "lossguide_json.json",
                           "categories_combined.cbm", "categories_simple_json.json"})
    testing::ExpectFlippedBitsAreHarmless(ReadFile(kModels / name), 2000, ImportText);
}

}  // namespace
}  // namespace slipway::importing
