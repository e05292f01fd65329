// Estimators of XGBoost and LightGBM: what they hold is a booster, which its own importer reads.

#include <limits>

#include "import/catboost/catboost.h"
#include "import/columns.h"
#include "import/lightgbm/lightgbm.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/xgboost/xgboost.h"

namespace slipway::importing::sklearn {
namespace {

/// The Booster of an estimator, or the state itself.
StatusOr<State> BoosterOf(const State& state) {
  if (state.Has("_Booster")) return state.Nested("_Booster");
  if (state.name() == "Booster") return state;
  return state.Bad("_Booster: expected a Booster, got None: it was not fitted");
}

StatusOr<std::span<const std::byte>> XgboostBytes(const State& state) {
  ASSIGN_OR_RETURN(const State booster, BoosterOf(state));
  ASSIGN_OR_RETURN(const std::string_view bytes, booster.Bytes("handle"));
  return std::as_bytes(std::span(bytes));
}

StatusOr<std::string_view> LightgbmText(const State& state) {
  ASSIGN_OR_RETURN(const State booster, BoosterOf(state));
  return booster.Bytes(booster.Has("_handle") ? "_handle" : "handle");
}

/// The classes by position: as fitted, or 0, 1, …, which XGBoost asks labels to be.
StatusOr<Labels> ClassesOf(const State& state, int64_t count) {
  for (const std::string_view key : {"classes_", "_classes"})
    if (state.Has(key)) return state.LabelArray(key);
  if (state.Has("_le")) {
    ASSIGN_OR_RETURN(const State encoder, state.Nested("_le"));
    return encoder.LabelArray("classes_");
  }
  Labels classes;
  for (int64_t i = 0; i < count; ++i) classes.integers.push_back(i);
  return classes;
}

Matrix Double(Graph& graph, const Matrix& x) { return graph.CastTo(x, DType::kFp64); }

StatusOr<Outputs> Classifying(Graph& graph, const State& state, const Predictions& answers) {
  if (answers.label.empty() || answers.labels != 1 || !answers.proba)
    return state.Unsupported("expected an objective that tells one class and its probability");
  ASSIGN_OR_RETURN(Labels classes, ClassesOf(state, answers.proba->columns));
  if (classes.size() != answers.proba->columns)
    return state.Expected("classes", fmt::format("{}, as the booster has", answers.proba->columns),
                          fmt::format("{}", classes.size()));
  Outputs outputs;
  outputs.kind = EstimatorKind::kClassifier;
  outputs.classes = std::move(classes);
  outputs.label = answers.label;
  outputs.proba = Double(graph, *answers.proba);
  return outputs;
}

/// What predict of a regressor gives: of an objective with classes, the probability of the second.
StatusOr<Outputs> Regressing(Graph& graph, const State& state, const Predictions& answers) {
  Outputs outputs;
  if (answers.value) {
    outputs = Predicting(Double(graph, *answers.value), answers.value->columns == 1);
  } else if (answers.proba && answers.proba->columns == 2) {
    const std::vector<int64_t> second = {1};
    outputs = Predicting(Double(graph, graph.Select(*answers.proba, second)), true);
  } else {
    return state.Unsupported("expected an objective that predicts numbers");
  }
  outputs.kind = EstimatorKind::kRegressor;
  return outputs;
}

/// A Booster on its own answers as its file does: classes where its objective has them.
StatusOr<Outputs> Answering(Graph& graph, const State& state, const Predictions& answers) {
  const bool classifies = !answers.label.empty() && answers.labels == 1 && answers.proba;
  return classifies ? Classifying(graph, state, answers) : Regressing(graph, state, answers);
}

/// The columns of x: where the booster was trained on words, those become codes.
ColumnSource SourceOf(const State& state, const Table& x) {
  return [&state, &x](Graph& graph, const ModelColumns& columns) -> StatusOr<Matrix> {
    if (!columns.HasWords() || columns.count != x.columns()) return x.Numbers(graph, state.Title());
    std::vector<Matrix> parts;
    for (int64_t i = 0; i < columns.count; ++i) {
      const Categories& categories = columns.categories[i];
      if (!categories.words.empty()) {
        ASSIGN_OR_RETURN(const Matrix words, x.Text(graph, i, state.Title()));
        parts.push_back(CodesOf(graph, words, categories));
        continue;
      }
      const Table one = x.Select(graph, std::vector<int64_t>{i});
      ASSIGN_OR_RETURN(const Matrix number, one.Numbers(graph, state.Title()));
      parts.push_back(categories.empty() ? number : CodesOf(graph, number, categories));
    }
    return graph.Concat(parts);
  };
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Of a sparse matrix, XGBoost takes what is not stored as missing, not as 0.
Matrix ZerosMissing(Graph& graph, const Matrix& x) {
  const std::string is_zero = graph.Add("Equal", {x.value, graph.Scalar<double>(0)});
  return {graph.Add("Where", {is_zero, graph.Scalar<double>(kNan), x.value}), x.dtype, x.columns};
}

ColumnSource StoredOf(const State& state, const Table& x) {
  return
      [source = SourceOf(state, x)](Graph& graph, const ModelColumns& columns) -> StatusOr<Matrix> {
        ASSIGN_OR_RETURN(const Matrix numbers, source(graph, columns));
        return numbers.sparse ? ZerosMissing(graph, numbers) : numbers;
      };
}

StatusOr<Predictions> AddXgboostOf(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const auto bytes, XgboostBytes(state));
  XgboostOptions options;
  options.best_rounds = state.name() != "Booster";
  ASSIGN_OR_RETURN(const double missing, state.NumberOr("missing", kNan));
  options.missing = static_cast<float>(missing);
  return AddXgboost(writer.graph(), StoredOf(state, x), bytes, {}, options);
}

StatusOr<Predictions> AddLightgbmOf(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::string_view text, LightgbmText(state));
  LightgbmOptions options;
  const char* const key = state.name() == "Booster" ? "best_iteration" : "_best_iteration";
  ASSIGN_OR_RETURN(options.rounds, state.IntegerOr(key, 0));
  return AddLightgbm(writer.graph(), SourceOf(state, x), text, {}, options);
}

StatusOr<std::span<const std::byte>> CatboostBytes(const State& state) {
  if (!state.Has("__model")) return state.Bad("__model: missing; it was not fitted");
  ASSIGN_OR_RETURN(const std::string_view bytes, state.Bytes("__model"));
  return std::as_bytes(std::span(bytes));
}

StatusOr<CatboostAnswers> AddCatboostOf(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const auto bytes, CatboostBytes(state));
  ASSIGN_OR_RETURN(const Matrix numbers, x.Numbers(writer.graph(), state.Title()));
  auto answers = AddCatboost(writer.graph(), numbers, bytes);
  if (!answers.ok()) return Annotate(answers.status(), state.Title());
  return answers;
}

StatusOr<Outputs> CatboostClassifier(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(CatboostAnswers answers, AddCatboostOf(writer, state, x));
  if (answers.classes.size() == 0)
    return state.Unsupported("expected a loss that tells one class and its probability");
  Outputs outputs;
  outputs.label = answers.predictions.label;
  outputs.proba = answers.predictions.proba;
  outputs.classes.dtype = answers.classes.dtype;
  if (answers.classes.dtype == DType::kInt64)
    outputs.classes.integers.assign(answers.classes.numbers.begin(), answers.classes.numbers.end());
  else
    outputs.classes.numbers = std::move(answers.classes.numbers);
  outputs.classes.texts = std::move(answers.classes.texts);
  return outputs;
}

StatusOr<Outputs> CatboostRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const CatboostAnswers answers, AddCatboostOf(writer, state, x));
  return Regressing(writer.graph(), state, answers.predictions);
}

/// predict of the plain class, and of a ranker, is the raw value whatever the loss.
StatusOr<Outputs> CatboostRaw(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const CatboostAnswers answers, AddCatboostOf(writer, state, x));
  return Predicting(answers.score, answers.score.columns == 1);
}

using Add = StatusOr<Predictions>(Writer&, const State&, const Table&);
using Answer = StatusOr<Outputs>(Graph&, const State&, const Predictions&);

template <Add* add, Answer* answer>
StatusOr<Outputs> Write(Writer& writer, const State& state, const Table& x) {
  const auto answers = add(writer, state, x);
  if (!answers.ok()) return Annotate(answers.status(), state.Title());
  return answer(writer.graph(), state, *answers);
}

StatusOr<ModelColumns> XgboostColumnsOf(const State& state) {
  ASSIGN_OR_RETURN(const auto bytes, XgboostBytes(state));
  return XgboostColumns(bytes);
}

StatusOr<ModelColumns> LightgbmColumnsOf(const State& state) {
  ASSIGN_OR_RETURN(const std::string_view text, LightgbmText(state));
  return LightgbmColumns(text);
}

StatusOr<ModelColumns> CatboostColumnsOf(const State& state) {
  ASSIGN_OR_RETURN(const auto bytes, CatboostBytes(state));
  return CatboostColumns(bytes);
}

constexpr auto kMeta = EstimatorKind::kMeta;
constexpr auto kClassifier = EstimatorKind::kClassifier;
constexpr auto kRegressor = EstimatorKind::kRegressor;

constexpr Estimator Xgboost(std::string_view name, EstimatorKind kind,
                            decltype(Estimator::write) write) {
  const bool alone = name == "Booster";
  return {
      alone ? "xgboost.core" : "xgboost.sklearn", name, kind, write, nullptr, 0, XgboostColumnsOf};
}
constexpr Estimator Lightgbm(std::string_view name, EstimatorKind kind,
                             decltype(Estimator::write) write) {
  const bool alone = name == "Booster";
  return {alone ? "lightgbm.basic" : "lightgbm.sklearn",
          name,
          kind,
          write,
          nullptr,
          0,
          LightgbmColumnsOf};
}

constexpr Estimator Catboost(std::string_view name, EstimatorKind kind,
                             decltype(Estimator::write) write) {
  return {"catboost.core", name, kind, write, nullptr, 0, CatboostColumnsOf};
}

}  // namespace

std::span<const Estimator> Boosters() {
  static constexpr Estimator kRows[] = {
      Catboost("CatBoost", kRegressor, CatboostRaw),
      Catboost("CatBoostClassifier", kClassifier, CatboostClassifier),
      Catboost("CatBoostRanker", kRegressor, CatboostRaw),
      Catboost("CatBoostRegressor", kRegressor, CatboostRegressor),
      Xgboost("Booster", kMeta, Write<AddXgboostOf, Answering>),
      Xgboost("XGBClassifier", kClassifier, Write<AddXgboostOf, Classifying>),
      Xgboost("XGBRFClassifier", kClassifier, Write<AddXgboostOf, Classifying>),
      Xgboost("XGBRegressor", kRegressor, Write<AddXgboostOf, Regressing>),
      Xgboost("XGBRFRegressor", kRegressor, Write<AddXgboostOf, Regressing>),
      Xgboost("XGBRanker", kRegressor, Write<AddXgboostOf, Regressing>),
      Lightgbm("Booster", kMeta, Write<AddLightgbmOf, Answering>),
      Lightgbm("LGBMClassifier", kClassifier, Write<AddLightgbmOf, Classifying>),
      Lightgbm("LGBMRegressor", kRegressor, Write<AddLightgbmOf, Regressing>),
      Lightgbm("LGBMRanker", kRegressor, Write<AddLightgbmOf, Regressing>),
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
