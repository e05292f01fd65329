#include "data/feature_schema.h"

#include <cmath>
#include <limits>

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Table Example() {
  Table table;
  table.rows = 5;
  table.columns = {
      {.name = "x",
       .type = ColumnType::kNumber,
       .numbers = {1e9 + 1, 1e9 + 2, 1e9 + 4, NAN, std::numeric_limits<double>::infinity()}},
      {.name = "colour \"c\"",
       .type = ColumnType::kCategory,
       .codes = {1, 1, 0, -1, 1},
       .categories = {"blue", "red", "never"}},
      {.name = "note", .type = ColumnType::kText, .texts = {"a", "b", "", "", ""}},
      {.name = "empty", .type = ColumnType::kNumber, .numbers = std::vector<double>(5, NAN)}};
  return table;
}

TEST(FeatureSchemaTest, DescribesColumns) {
  const FeatureSchema schema = DescribeFeatures(Example());
  ASSERT_EQ(schema.features.size(), 4u);
  const FeatureFacts& x = schema.features[0];
  EXPECT_EQ(x.missing, 0.2);
  // numpy: mean, std and quantile(0.3) of [1e9+1, 1e9+2, 1e9+4]
  EXPECT_DOUBLE_EQ(x.number->mean, 1000000002.3333334);
  EXPECT_DOUBLE_EQ(x.number->std, 1.247219128924647);
  EXPECT_DOUBLE_EQ(x.number->quantiles[4], 1000000001.6);
  EXPECT_EQ(x.number->max, 1e9 + 4);
  EXPECT_THAT(schema.features[1].categories,
              ElementsAre(CategoryCount{"red", 3}, CategoryCount{"blue", 1}));
  EXPECT_EQ(schema.features[2].missing, 0.6);
  EXPECT_FALSE(schema.features[3].number.has_value());
}

TEST(FeatureSchemaTest, KeepsTheMostFrequentCategories) {
  Column column{.name = "c", .type = ColumnType::kCategory};
  for (int32_t i = 0; i < 1200; ++i) {
    column.categories.push_back(fmt::format("{:04}", i));
    column.codes.push_back(i);
    if (i >= 1100) column.codes.push_back(i);
  }
  Table table{.rows = column.codes.size()};
  table.columns = {column};
  const FeatureFacts feature = DescribeFeatures(table).features[0];
  EXPECT_EQ(feature.categories.size(), FeatureFacts::kMaxCategories);
  EXPECT_EQ(feature.categories[0], (CategoryCount{"1100", 2}));
  EXPECT_EQ(feature.others, 200u);
}

TEST(FeatureSchemaTest, IsReadBackAsItWas) {
  const FeatureSchema schema = DescribeFeatures(Example());
  const std::string text = RenderFeatureSchema(schema);
  const auto read = ParseFeatureSchema(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, schema);
  EXPECT_EQ(RenderFeatureSchema(*read), text);
}

TEST(FeatureSchemaTest, ReadsNamesAlone) {
  const auto read = ParseFeatureSchema(
      R"({"features":[{"name":"a","mlflow_type":"long"},{"name":"b"}],"note":[{}]})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->features[1].name, "b");
  EXPECT_FALSE(read->features[1].type.has_value());
}

TEST(FeatureSchemaTest, NamesWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {R"({"features":[{}]})", "features[0]: has no name"},
      {R"({"features":[{"name":"a"},{"name":"a"}]})",
       "features[1]: \"a\" is the name of another one too"},
      {R"({"features":[{"name":"a","type":"number","missing":2}]})",
       "features[0]: \"missing\": expected a share from 0 to 1, got 2"},
      {R"({"features":[{"name":"a","type":"number","min":1}]})",
       "features[0]: expected min, max, mean, std and 13 quantiles together"},
      {R"({"features":[{"name":"a","categories":[["x"]]}]})",
       "features[0]: expected a category and its count"},
      {R"({"features":[{"name":"a","type":"text","categories":[["x",1]]}]})",
       "features[0]: has categories, but is of type text"},
      {R"({"rows":1,"rows":2})", "field \"rows\" occurs twice"},
  };
  for (const auto& [text, message] : table)
    EXPECT_EQ(MessageOf(ParseFeatureSchema(text).status()), message) << text;
  EXPECT_THAT(MessageOf(ParseFeatureSchema(R"({"features":[{"name":"a","type":"x"}]})").status()),
              HasSubstr("features[0]: expected a type of column (number, "));
}

TEST(FeatureSchemaTest, SurvivesEveryCutAndEveryChangedByte) {
  const std::string text = RenderFeatureSchema(DescribeFeatures(Example()));
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(ParseFeatureSchema(std::string_view(text).substr(0, size)).ok());
  for (size_t at = 0; at < text.size(); ++at)
    for (const char c : {'\0', '"', '9', '}', '\xff'}) {
      std::string changed = text;
      changed[at] = c;
      const auto read = ParseFeatureSchema(changed);
      if (!read.ok()) continue;
      EXPECT_EQ(*ParseFeatureSchema(RenderFeatureSchema(*read)), *read) << changed;
    }
}

}  // namespace
}  // namespace slipway::data
