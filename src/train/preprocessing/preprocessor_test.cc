#include "train/preprocessing/preprocessor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "train/preprocessing/quantiles.h"

// Expected numbers: scikit-learn 1.9.1 (StandardScaler, MinMaxScaler, RobustScaler, OrdinalEncoder,
// KBinsDiscretizer, TargetEncoder, TfidfVectorizer) and Python's datetime, of the same values.
namespace slipway::train {
namespace {

using data::ColumnType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr FeatureNeeds kTrees = {.takes_missing = true, .takes_categories = true};

data::Column Numbers(const std::string& name, std::vector<double> numbers,
                     ColumnType type = ColumnType::kNumber) {
  return {.name = name, .type = type, .numbers = std::move(numbers)};
}

/// @param words  "" = missing.
data::Column Categories(const std::string& name, const std::vector<std::string>& words) {
  data::Column column{.name = name, .type = ColumnType::kCategory};
  column.categories = words;
  std::ranges::sort(column.categories);
  column.categories.erase(std::ranges::unique(column.categories).begin(), column.categories.end());
  std::erase(column.categories, "");
  for (const std::string& word : words) {
    const auto at = std::ranges::find(column.categories, word);
    column.codes.push_back(
        at == column.categories.end() ? -1 : static_cast<int32_t>(at - column.categories.begin()));
  }
  return column;
}

data::Table TableOf(std::vector<data::Column> columns) {
  data::Table table;
  table.rows =
      std::max({columns[0].numbers.size(), columns[0].codes.size(), columns[0].texts.size()});
  table.columns = std::move(columns);
  return table;
}

data::Target RowNumbers(size_t rows) {
  data::Target target{.name = "y"};
  for (size_t row = 0; row < rows; ++row) target.values.push_back(static_cast<double>(row));
  return target;
}

StatusOr<Preprocessed> Fit(const data::Table& table, std::vector<std::string> steps,
                           const FeatureNeeds& needs = {}, size_t max_bytes = 1 << 20) {
  PreprocessOptions options{.max_bytes = max_bytes};
  for (const std::string& step : steps) EXPECT_TRUE(options.steps.Add(step).ok()) << step;
  return Preprocess(
      {.table = table, .target = RowNumbers(table.rows), .weights = {}, .group = {}, .time = {}},
      needs, options);
}

std::vector<double> FeatureOf(const Preprocessed& fitted, size_t feature) {
  const auto column = fitted.training.column(feature);
  return {column.begin(), column.end()};
}

std::vector<std::string> NamesOf(const Samples& samples) {
  std::vector<std::string> names;
  for (const Feature& feature : samples.features) names.push_back(feature.name);
  return names;
}

std::string Refusal(const StatusOr<Preprocessed>& fitted) {
  return fitted.ok() ? "" : std::string(MessageOf(fitted.status()));
}

TEST(PreprocessorTest, ScalesAreThoseOfScikitLearn) {
  const data::Table table = TableOf({Numbers("x", {1, 4, 2, 8, 5.5, 7})});
  const std::vector<double> standard = {-1.419985101370227, -0.23116036533933915,
                                        -1.023710189359931, 1.3539392827018444,
                                        0.3632520026761047, 0.9576643706915485};
  const std::vector<double> minmax = {0, 3.0 / 7, 1.0 / 7, 1, 4.5 / 7, 6.0 / 7};
  const std::vector<double> robust = {-0.9090909090909091, -0.18181818181818182,
                                      -0.6666666666666666, 0.7878787878787878,
                                      0.18181818181818182, 0.5454545454545454};
  const auto expect = [&](const char* step, const std::vector<double>& expected) {
    const auto fitted = Fit(table, {step});
    ASSERT_TRUE(fitted.ok());
    for (size_t row = 0; row < expected.size(); ++row)
      EXPECT_NEAR(fitted->training.values[row], expected[row], 1e-15) << step << " row " << row;
  };
  expect("x=scale:standard", standard);
  expect("x=scale:minmax", minmax);
  expect("x=scale:robust", robust);
}

TEST(PreprocessorTest, MissingNumbersAreFilledBeforeScaling) {
  const data::Table table = TableOf({Numbers("x", {1, kNan, 5, 5, kNan, 2})});
  EXPECT_THAT(FeatureOf(*Fit(table, {"x=impute:mean"}), 0), ElementsAre(1, 3.25, 5, 5, 3.25, 2));
  EXPECT_THAT(FeatureOf(*Fit(table, {"x=impute:median"}), 0), ElementsAre(1, 3.5, 5, 5, 3.5, 2));
  EXPECT_THAT(FeatureOf(*Fit(table, {"x=impute:most_frequent"}), 0), ElementsAre(1, 5, 5, 5, 5, 2));
  EXPECT_THAT(FeatureOf(*Fit(table, {"x=impute:constant=-7"}), 0), ElementsAre(1, -7, 5, 5, -7, 2));
  const auto indicated = Fit(table, {"x=indicator", "x=scale:minmax"});
  EXPECT_THAT(FeatureOf(*indicated, 0), ElementsAre(0, 0.5625, 1, 1, 0.5625, 0.25));
  EXPECT_THAT(FeatureOf(*indicated, 1), ElementsAre(0, 1, 0, 0, 1, 0));
}

TEST(PreprocessorTest, ProductsComeOnceEach) {
  const auto fitted =
      Fit(TableOf({Numbers("a", {1, 2}), Numbers("b", {3, 5})}), {"*=polynomial:3"});
  EXPECT_THAT(NamesOf(fitted->training),
              ElementsAre("a", "b", "a·a", "a·b", "b·b", "a·a·a", "a·a·b", "a·b·b", "b·b·b"));
  EXPECT_THAT(FeatureOf(*fitted, 7), ElementsAre(9, 50));
}

TEST(PreprocessorTest, EstimatorsThatTakeThemGetMissingNumbersAndCodes) {
  const data::Table table =
      TableOf({Numbers("x", {1, kNan, 3}), Categories("city", {"Rome", "", "Bonn"})});
  const auto fitted = Fit(table, {}, kTrees);
  ASSERT_TRUE(fitted.ok());
  EXPECT_TRUE(std::isnan(FeatureOf(*fitted, 0)[1]));
  EXPECT_EQ(FeatureOf(*fitted, 1)[0], 1);
  EXPECT_TRUE(std::isnan(FeatureOf(*fitted, 1)[1]));
  EXPECT_EQ(fitted->training.features[1].categories, 2);
}

TEST(PreprocessorTest, OthersGetZerosForMissingAndUnknownWords) {
  const data::Table table = TableOf({Categories("city", {"Rome", "", "Bonn", "Rome"})});
  const auto fitted = Fit(table, {});
  ASSERT_TRUE(fitted.ok());
  EXPECT_THAT(NamesOf(fitted->training), ElementsAre("city=Bonn", "city=Rome"));
  EXPECT_THAT(fitted->training.values, ElementsAre(0, 0, 1, 0, 1, 0, 0, 1));
  const auto others = fitted->preprocessor.Apply(TableOf({Categories("city", {"Paris", "Bonn"})}));
  ASSERT_TRUE(others.ok());
  EXPECT_THAT(others->values, ElementsAre(0, 1, 0, 0));
}

// OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=nan).
TEST(PreprocessorTest, OrdinalCodesArePlacesAmongTheSortedWords) {
  const data::Table table = TableOf({Categories("city", {"Rome", "", "Bonn", "Rome", "Ulm"})});
  const data::Table strangers = TableOf({Categories("city", {"Paris", "Ulm", "Bonn"})});
  const auto filled = Fit(table, {"city=encode:ordinal"});
  ASSERT_TRUE(filled.ok()) << filled.status();
  EXPECT_THAT(FeatureOf(*filled, 0), ElementsAre(1, 1, 0, 1, 2)) << "the most frequent is Rome";
  EXPECT_THAT(filled->preprocessor.Apply(strangers)->values, ElementsAre(1, 2, 0));
  const auto open = Fit(table, {"city=encode:ordinal"}, kTrees);
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_THAT(FeatureOf(*open, 0), ElementsAre(1, IsNan(), 0, 1, 2));
  EXPECT_EQ(open->training.features[0].categories, 0) << "numbers, for which trees have thresholds";
  EXPECT_THAT(open->preprocessor.Apply(strangers)->values, ElementsAre(IsNan(), 2, 0));
}

// KBinsDiscretizer(4, strategy="quantile", quantile_method="linear"): edges 2.75, 4.75 and 7.
TEST(PreprocessorTest, BinsAreThoseOfScikitLearn) {
  const data::Table table = TableOf({Numbers("x", {1, 4, 2, 8, 5.5, 7, 7, 3})});
  const data::Table others = TableOf({Numbers("x", {-9, 2.75, 2.7499, 4.75, 6.9999, 7, 100})});
  const auto places = Fit(table, {"x=bins:4", "x=encode:ordinal"});
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_THAT(FeatureOf(*places, 0), ElementsAre(0, 1, 0, 3, 2, 3, 3, 1));
  EXPECT_THAT(places->preprocessor.Apply(others)->values, ElementsAre(0, 1, 0, 2, 2, 3, 3));
  const auto hot = Fit(table, {"x=bins:4", "x=encode:onehot"});
  ASSERT_TRUE(hot.ok()) << hot.status();
  ASSERT_EQ(hot->training.features.size(), 4U);
  for (size_t row = 0; row < table.rows; ++row)
    for (size_t bin = 0; bin < 4; ++bin)
      EXPECT_EQ(FeatureOf(*hot, bin)[row], FeatureOf(*places, 0)[row] == static_cast<double>(bin));
  EXPECT_THAT(hot->preprocessor.Apply(TableOf({Numbers("x", {kNan})}))->values,
              ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(Refusal(Fit(table, {"x=bins:4", "x=encode:target"})),
              HasSubstr("step encode:target does not suit column \"x\""));
}

TEST(PreprocessorTest, TargetMeansAreThoseOfScikitLearnAndCrossFittedInTraining) {
  const data::Table table =
      TableOf({Categories("c", {"a", "a", "a", "b", "b", "c", "c", "c", "c", "d"})});
  data::Target target{.name = "y", .values = {1, 2, 4, 10, 14, 3, 3, 5, 9, 7}};
  PreprocessOptions options;
  ASSERT_TRUE(options.steps.Add("c=encode:target").ok());
  const auto fitted = Preprocess(
      {.table = table, .target = target, .weights = {}, .group = {}, .time = {}}, {}, options);
  ASSERT_TRUE(fitted.ok());
  const auto applied =
      fitted->preprocessor.Apply(TableOf({Categories("c", {"a", "b", "c", "d", "stranger"})}));
  ASSERT_TRUE(applied.ok());
  const std::vector<double> expected = {2.44653853, 11.28571429, 5.07117438, 7, 5.8};
  for (size_t row = 0; row < expected.size(); ++row)
    EXPECT_NEAR(applied->values[row], expected[row], 1e-8);
  // "d" stands in one row: the others know nothing of it, so that row sees their mean.
  EXPECT_NE(FeatureOf(*fitted, 0)[9], 7);
}

StatusOr<Preprocessed> FitTargetMeansOf(Dataset rows) {
  PreprocessOptions options;
  EXPECT_TRUE(options.steps.Add("c=encode:target").ok());
  rows.table = TableOf({Categories("c", {"a", "b", "a", "b", "a", "b", "a", "b"})});
  rows.target = {.name = "y", .values = {1, 9, 1, 9, 1, 9, 1, 9}};
  return Preprocess(rows, {}, options);
}

TEST(PreprocessorTest, TargetMeansOfEarlyRowsKnowNothingOfLaterOnes) {
  // Days in twos, as a row and its copy have them: the first day is the only one before the second.
  Dataset rows;
  rows.time = Numbers("day", {1, 2, 3, 4, 1, 2, 3, 4});
  const auto fitted = FitTargetMeansOf(rows);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  const std::vector<double> means = FeatureOf(*fitted, 0);
  EXPECT_EQ(means[0], 1);  // of the first day, whatever the category
  EXPECT_EQ(means[4], 1);
  EXPECT_EQ(means[1], 1);  // "b" was never seen before
  EXPECT_EQ(means[5], 1);
  EXPECT_LT(means[2], means[3]);
}

TEST(PreprocessorTest, TargetMeansThatNobodyElseCouldTellAreRefused) {
  Dataset rows;
  rows.group = Numbers("who", {3, 3, 3, 3, 3, 3, 3, 3});
  EXPECT_EQ(
      Refusal(FitTargetMeansOf(rows)),
      "target means of column \"c\": group column \"who\": 2 folds want as many groups, got 1");
  rows.group->numbers[5] = kNan;
  EXPECT_THAT(Refusal(FitTargetMeansOf(rows)), HasSubstr("row 6 has no value"));
}

TEST(PreprocessorTest, DatesAreThoseOfTheCalendar) {
  const data::Table table = TableOf({Numbers(
      "when", {0, 951868799, 946643400, 4107560400, -11670973200, 1795284000}, ColumnType::kTime)});
  const auto fitted = Fit(table, {}, kTrees);
  ASSERT_TRUE(fitted.ok());
  EXPECT_THAT(NamesOf(fitted->training),
              ElementsAre("when.year", "when.month", "when.day", "when.weekday", "when.hour"));
  EXPECT_THAT(FeatureOf(*fitted, 0), ElementsAre(1970, 2000, 1999, 2100, 1600, 2026));
  EXPECT_THAT(FeatureOf(*fitted, 1), ElementsAre(1, 2, 12, 3, 2, 11));
  EXPECT_THAT(FeatureOf(*fitted, 2), ElementsAre(1, 29, 31, 1, 29, 21));
  EXPECT_THAT(FeatureOf(*fitted, 3), ElementsAre(3, 1, 4, 0, 1, 5));
  EXPECT_THAT(FeatureOf(*fitted, 4), ElementsAre(0, 23, 12, 5, 7, 18));
}

TEST(PreprocessorTest, TextsAreWeighedAsTfidfVectorizerDoes) {
  data::Column note{.name = "note", .type = ColumnType::kText};
  note.texts = {"the cat sat", "the dog sat down", "a cat, a dog"};
  const auto fitted = Fit(TableOf({note}), {});
  ASSERT_TRUE(fitted.ok());
  EXPECT_THAT(NamesOf(fitted->training),
              ElementsAre("note:cat", "note:dog", "note:down", "note:sat", "note:the"));
  EXPECT_NEAR(FeatureOf(*fitted, 0)[0], 0.5773502691896257, 1e-15);
  EXPECT_NEAR(FeatureOf(*fitted, 1)[1], 0.45985352875883484, 1e-15);
  EXPECT_NEAR(FeatureOf(*fitted, 2)[1], 0.604652128305311, 1e-15);
  EXPECT_NEAR(FeatureOf(*fitted, 1)[2], 0.7071067811865476, 1e-15);
}

TEST(PreprocessorTest, ColumnsThatSayNothingAreDroppedByName) {
  std::vector<std::string> ids;
  std::vector<double> numbers, nothing, same;
  for (int i = 0; i < 30; ++i) {
    ids.push_back("id" + std::to_string(i));
    numbers.push_back(i);
    nothing.push_back(kNan);
    same.push_back(1);
  }
  const auto fitted = Fit(TableOf({Categories("id", ids), Numbers("x", numbers),
                                   Numbers("empty", nothing), Numbers("same", same)}),
                          {});
  ASSERT_TRUE(fitted.ok());
  EXPECT_THAT(NamesOf(fitted->training), ElementsAre("x"));
  EXPECT_THAT(fitted->preprocessor.warnings(),
              ElementsAre(HasSubstr("\"id\" is dropped: it holds another word in each row"),
                          HasSubstr("\"empty\" is dropped: it holds no value"),
                          HasSubstr("\"same\" is dropped: it holds one value only")));
  EXPECT_THAT(Refusal(Fit(TableOf({Numbers("same", same)}), {})),
              HasSubstr("no column is left to learn from: column \"same\" is not learned from"));
}

TEST(PreprocessorTest, TextsOfOneWordEachThatNeverComeAgainAreIdentifiers) {
  data::Column orders{.name = "order", .type = ColumnType::kText};
  data::Column notes{.name = "note", .type = ColumnType::kText};
  std::vector<double> numbers;
  for (int i = 0; i < 60; ++i) {
    orders.texts.push_back("o" + std::to_string(i));
    notes.texts.push_back("call before " + std::to_string(i));
    numbers.push_back(i);
  }
  const auto fitted = Fit(TableOf({orders, notes, Numbers("x", numbers)}), {});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_THAT(fitted->preprocessor.warnings(),
              ElementsAre(HasSubstr("\"order\" is dropped: it holds another word in each row")));
}

TEST(PreprocessorTest, BadColumnsAndStepsAreRefusedInASentence) {
  const data::Table table =
      TableOf({Numbers("x", {1, 2, kNan}), Categories("city", {"a", "b", "a"})});
  EXPECT_THAT(Refusal(Fit(TableOf({Numbers("x", {1, INFINITY})}), {})),
              HasSubstr("column \"x\": row 2 holds an infinite number"));
  EXPECT_THAT(Refusal(Fit(table, {"city=scale:robust", "city=bins:3"})),
              HasSubstr("step bins does not suit column \"city\" of type category"));
  EXPECT_THAT(Refusal(Fit(table, {"x=encode:onehot"})),
              HasSubstr("step encode does not suit column \"x\" of type number"));
  EXPECT_THAT(Refusal(Fit(table, {"x=impute:none"})),
              HasSubstr("\"x\" has missing values, which this estimator does not take"));
  EXPECT_THAT(Refusal(Fit(table, {}, {}, 16)),
              HasSubstr("1 features of 3 rows would take 0 MB, more than 0 MB"));
}

TEST(PreprocessorTest, AnEstimatorOfCategoriesWithoutGapsGetsTheMostFrequentWord) {
  const data::Table table = TableOf({Categories("city", {"a", "b", "", "b"})});
  const auto fitted = Fit(table, {}, {.takes_categories = true});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_THAT(FeatureOf(*fitted, 0), ElementsAre(0, 1, 1, 1));
  EXPECT_EQ(fitted->training.features[0].categories, 2);
}

TEST(PreprocessorTest, AColumnOfAnotherTypeIsRefused) {
  const auto fitted = Fit(TableOf({Numbers("x", {1, 2})}), {});
  const auto applied = fitted->preprocessor.Apply(TableOf({Categories("x", {"a"})}));
  EXPECT_THAT(std::string(MessageOf(applied.status())),
              HasSubstr("column \"x\": expected numbers, got a column of type category"));
}

TEST(QuantilesTest, AreThoseOfNumpy) {
  const std::vector<double> values = {1, 4, kNan, 2, 8, 5.5, 7};
  const SortedValues sorted(values);
  EXPECT_EQ(sorted.Quantile(0.25), 2.5);
  EXPECT_EQ(sorted.Quantile(0.5), 4.75);
  EXPECT_EQ(sorted.Quantile(0.75), 6.625);
  EXPECT_EQ(sorted.Quantile(1), 8);
}

}  // namespace
}  // namespace slipway::train
