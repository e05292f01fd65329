// What preprocessing computes in memory is what its graph computes on both engines.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "engine/tabular/tabular_engine.h"
#ifdef SLIPWAY_ONNXRUNTIME
#include "engine/onnxruntime/onnxruntime_engine.h"
#endif
#include "evaluate/table_inputs.h"
#include "pipeline/runners.h"
#include "train/preprocessing/preprocessor.h"

namespace slipway::pipeline {
namespace {

using data::ColumnType;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kRows = 400;

/// Columns of every type, a tenth of their values missing.
class TableMaker {
 public:
  explicit TableMaker(uint32_t seed) : random_(seed) { table_.rows = kRows; }

  TableMaker& Numbers(const std::string& name, double mean, double deviation,
                      ColumnType type = ColumnType::kNumber) {
    data::Column column{.name = name, .type = type};
    std::normal_distribution<double> normal(mean, deviation);
    for (size_t row = 0; row < kRows; ++row) {
      const double value = normal(random_);
      column.numbers.push_back(IsMissing()                   ? kNan
                               : type == ColumnType::kNumber ? value
                                                             : std::floor(value));
    }
    table_.columns.push_back(std::move(column));
    return *this;
  }

  TableMaker& Categories(const std::string& name, size_t count) {
    data::Column column{.name = name, .type = ColumnType::kCategory};
    for (size_t i = 0; i < count; ++i) column.categories.push_back(fmt::format("wört {:04}", i));
    for (size_t row = 0; row < kRows; ++row)
      column.codes.push_back(IsMissing() ? -1 : static_cast<int32_t>(random_() % count));
    table_.columns.push_back(std::move(column));
    return *this;
  }

  TableMaker& Texts(const std::string& name) {
    constexpr const char* kWords[] = {"Good", "bad",   "very slow", "broken,", "a",
                                      "nice", "Ärger", "price",     "ok!",     "item"};
    data::Column column{.name = name, .type = ColumnType::kText};
    for (size_t row = 0; row < kRows; ++row) {
      std::string& text = column.texts.emplace_back();
      if (IsMissing()) continue;
      for (size_t word = 0; word < 1 + random_() % 8; ++word)
        text += std::string(kWords[random_() % std::size(kWords)]) + " ";
    }
    table_.columns.push_back(std::move(column));
    return *this;
  }

  data::Table Make() const { return table_; }

  data::Target Classes(int count) {
    data::Target target{.task = data::Task::kClassification, .name = "y"};
    for (int i = 0; i < count; ++i) target.labels.push_back(fmt::format("class {}", i));
    for (size_t row = 0; row < kRows; ++row)
      target.classes.push_back(static_cast<int32_t>(random_() % count));
    return target;
  }

 private:
  bool IsMissing() { return random_() % 10 == 0; }

  std::mt19937 random_;
  data::Table table_;
};

/// Rows that were not fitted on: other ones of the same table, with words that were never seen.
data::Table WithStrangers(data::Table table) {
  for (data::Column& column : table.columns) {
    if (column.type != ColumnType::kCategory) continue;
    column.categories.emplace_back("~stranger");
    for (size_t row = 0; row < table.rows; row += 17)
      column.codes[row] = static_cast<int32_t>(column.categories.size() - 1);
  }
  return table;
}

using Engines = std::map<std::string, std::unique_ptr<Engine>>;

/// Each by itself, and not the one that takes what the other declines.
Engines AllEngines() {
  Engines engines;
  engines["tabular"] = CreateTabularEngine();
#ifdef SLIPWAY_ONNXRUNTIME
  SetOnnxRuntimeEnvironment();
  auto onnxruntime = CreateOnnxRuntimeEngine();
  EXPECT_TRUE(onnxruntime.ok()) << onnxruntime.status();
  if (onnxruntime.ok()) engines["onnxruntime"] = *std::move(onnxruntime);
#endif
  return engines;
}

/// What the graph answers, [rows][features].
StatusOr<std::vector<double>> RunGraph(Engine& engine, const train::Preprocessor& preprocessor,
                                       const data::Table& table) {
  importing::Graph graph;
  ASSIGN_OR_RETURN(const importing::Matrix features, preprocessor.Write(graph));
  graph.Output("features", features.value, DType::kFp64, {-1, features.columns});
  ASSIGN_OR_RETURN(std::string onnx, graph.Serialize());
  ASSIGN_OR_RETURN(const auto runner, LoaderOf(engine)(std::move(onnx)));
  data::Table chosen{.rows = table.rows};
  for (const train::InputColumn& input : preprocessor.inputs())
    chosen.columns.push_back(*table.Find(input.name));
  ASSIGN_OR_RETURN(const auto inputs, evaluate::TableInputs::Create(runner->signature(), chosen));
  ASSIGN_OR_RETURN(auto rows, inputs.Rows(0, table.rows));
  ASSIGN_OR_RETURN(const auto outputs, runner->Run(std::move(rows), {}));
  const auto values = outputs.front().tensor.as<double>();
  return std::vector<double>(values.begin(), values.end());
}

void ExpectFeatures(const train::Samples& expected, const std::vector<double>& got,
                    double tolerance) {
  const size_t width = expected.features.size();
  ASSERT_EQ(got.size(), width * kRows);
  for (size_t row = 0; row < kRows; ++row)
    for (size_t i = 0; i < width; ++i) {
      const double in_memory = expected.column(i)[row], answered = got[row * width + i];
      if (std::isnan(in_memory)) {
        ASSERT_TRUE(std::isnan(answered)) << expected.features[i].name << " of row " << row;
      } else {
        ASSERT_LE(std::abs(answered - in_memory), tolerance * std::abs(in_memory))
            << expected.features[i].name << " of row " << row << ": " << in_memory << ", "
            << answered;
      }
    }
}

void ExpectAgreement(const data::Table& table, const data::Target& target,
                     const train::FeatureNeeds& needs, std::vector<std::string> steps,
                     double tolerance = 0) {
  train::PreprocessOptions options;
  for (const std::string& step : steps) ASSERT_TRUE(options.steps.Add(step).ok()) << step;
  const auto fitted = train::Preprocess(
      {.table = table, .target = target, .weights = {}, .group = {}, .time = {}}, needs, options);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  const data::Table others = WithStrangers(table);
  const auto applied = fitted->preprocessor.Apply(others);
  ASSERT_TRUE(applied.ok()) << applied.status();
  static const Engines engines = AllEngines();
  for (const auto& [name, engine] : engines) {
    const auto answered = RunGraph(*engine, fitted->preprocessor, others);
    ASSERT_TRUE(answered.ok()) << name << ": " << answered.status();
    SCOPED_TRACE(name);
    ExpectFeatures(*applied, *answered, tolerance);
  }
}

TEST(PreprocessingTest, NumbersAreFilledScaledAndMultipliedAlike) {
  TableMaker maker(1);
  const data::Table table = maker.Numbers("a", 10, 3)
                                .Numbers("b", -5, 100)
                                .Numbers("c", 0, 1, ColumnType::kInteger)
                                .Make();
  const data::Target target = maker.Classes(2);
  for (const char* scale : {"standard", "minmax", "robust", "none"})
    for (const char* impute : {"mean", "median", "most_frequent", "constant=-1.5"})
      ExpectAgreement(table, target, {},
                      {fmt::format("*=scale:{}", scale), fmt::format("*=impute:{}", impute),
                       "*=indicator", "*=polynomial:3"});
}

TEST(PreprocessingTest, ColumnsOfDifferentStepsKeepTheirPlaces) {
  TableMaker maker(2);
  const data::Table table =
      maker.Numbers("a", 10, 3).Numbers("b", -5, 100).Numbers("c", 3, 2).Numbers("d", 0, 1).Make();
  ExpectAgreement(table, maker.Classes(3), {},
                  {"a=scale:robust", "b=bins:7", "c=scale:robust", "d=impute:median"});
}

TEST(PreprocessingTest, MissingNumbersStayForEstimatorsThatTakeThem) {
  TableMaker maker(3);
  const data::Table table = maker.Numbers("a", 1, 1).Numbers("b", 0, 9).Make();
  ExpectAgreement(table, maker.Classes(2), {.takes_missing = true, .takes_categories = true},
                  {"b=bins:5"});
}

TEST(PreprocessingTest, CategoriesAreEncodedAlikeAndStrangersAreMissing) {
  for (const char* encode : {"onehot", "ordinal", "target"})
    for (const int classes : {2, 4}) {
      TableMaker maker(4);
      const data::Table table =
          maker.Categories("city", 5).Numbers("age", 40, 9).Categories("street", 90).Make();
      ExpectAgreement(table, maker.Classes(classes), {.wants_scaling = true},
                      {fmt::format("*=encode:{}", encode)});
    }
}

TEST(PreprocessingTest, CodesOfCategoriesReachEstimatorsThatTakeThem) {
  TableMaker maker(5);
  const data::Table table = maker.Categories("city", 5).Numbers("age", 40, 9).Make();
  ExpectAgreement(table, maker.Classes(2), {.takes_missing = true, .takes_categories = true}, {});
}

TEST(PreprocessingTest, PartsOfDatesAreThoseOfTheCalendar) {
  TableMaker maker(6);
  const data::Table table = maker.Numbers("when", 0, 6e9, ColumnType::kTime).Make();
  ExpectAgreement(table, maker.Classes(2), {}, {});
}

TEST(PreprocessingTest, TextsAreWeighedAlike) {
  TableMaker maker(7);
  const data::Table table = maker.Texts("note").Numbers("age", 40, 9).Make();
  ExpectAgreement(table, maker.Classes(2), {.wants_scaling = true}, {"note=terms:7"}, 1e-12);
}

TEST(PreprocessingTest, AllTogetherAgree) {
  TableMaker maker(8);
  const data::Table table = maker.Numbers("a", 10, 3)
                                .Categories("city", 12)
                                .Numbers("when", 1.6e9, 1e8, ColumnType::kTime)
                                .Texts("note")
                                .Numbers("b", 0, 1, ColumnType::kBoolean)
                                .Categories("street", 300)
                                .Make();
  ExpectAgreement(table, maker.Classes(3), {.wants_scaling = true},
                  {"a=bins:4", "when=polynomial:2", "b=indicator"}, 1e-12);
}

}  // namespace
}  // namespace slipway::pipeline
