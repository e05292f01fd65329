#include "train/trainer.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "train/cleaning.h"

namespace slipway::train {
namespace {

using importing::Graph;

constexpr size_t kMaxCurvePoints = 10'000;
constexpr size_t kMaxClasses = 1000;  // a tree or row of weights each, in every round

/// Hands on what is reported and keeps the learning curve.
class CurveKeeper : public Watch {
 public:
  CurveKeeper(Watch* next, Trained& trained) : next_(next), trained_(trained) {}

  bool Report(const Progress& progress) override {
    if (!progress.metric.empty() && trained_.curve.size() < kMaxCurvePoints) {
      trained_.curve_metric = progress.metric;
      trained_.curve.push_back({progress.iteration, progress.training, progress.validation});
    }
    return next_ == nullptr || next_->Report(progress);
  }
  bool WantsCheckpoint() override { return next_ != nullptr && next_->WantsCheckpoint(); }
  Status SaveCheckpoint(std::string state) override {
    return next_ == nullptr ? OkStatus() : next_->SaveCheckpoint(std::move(state));
  }

 private:
  Watch* const next_;
  Trained& trained_;
};

Status CheckTarget(const EstimatorKind& kind, const data::Target& target) {
  const data::Task task = target.task;
  const bool regression = task == data::Task::kRegression;
  if (target.labels.size() > kMaxClasses)
    return Error(
        Reason::kBadRequest,
        "the target: {} classes, expected at most {}; does it hold numbers to be estimated "
        "(--task regression)?",
        target.labels.size(), kMaxClasses);
  if (regression ? kind.regresses : kind.classifies) return OkStatus();
  return Error(Reason::kBadRequest, "{} is for {}, and the task is {} (--task says another)",
               kind.name, regression ? "classification" : "regression",
               regression ? "regression" : "classification");
}

/// @param by  what chose these rows.
Status CheckClasses(const Dataset& rows, std::string_view by) {
  if (rows.target.task == data::Task::kRegression) return OkStatus();
  std::optional<int32_t> only;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (!rows.weights.empty() && rows.weights[row] == 0) continue;
    const int32_t found = rows.target.classes[row];
    if (only.value_or(found) != found) return OkStatus();
    only = found;
  }
  return Error(Reason::kBadRequest,
               "of target \"{}\", {} left class \"{}\" alone among the {} rows to learn from: "
               "expected two classes at least{}",
               rows.target.name, by, only ? rows.target.labels[*only] : "", rows.size(),
               rows.weights.empty() ? "" : " with weight");
}

std::string NameOfSplit(const Dataset& rows) {
  if (rows.group) return fmt::format("the split by group \"{}\"", rows.group->name);
  if (rows.time) return fmt::format("the split by time \"{}\"", rows.time->name);
  return "the split";
}

std::vector<int64_t> WholeNumbers(const std::vector<std::string>& labels) {
  std::vector<int64_t> numbers;
  for (const std::string& label : labels)
    if (!absl::SimpleAtoi(label, &numbers.emplace_back())) numbers.back() = 0;
  return numbers;
}

/// Places in the labels become the labels.
void WriteClasses(Graph& graph, const data::Target& target,
                  const importing::Predictions& predictions) {
  const auto count = static_cast<int64_t>(target.labels.size());
  const std::string labels = target.integer_labels
                                 ? graph.Constant<int64_t>({count}, WholeNumbers(target.labels))
                                 : graph.Strings({count}, target.labels);
  graph.Output("predict", graph.Add("Gather", {labels, predictions.label}),
               target.integer_labels ? DType::kInt64 : DType::kBytes, {-1});
  if (predictions.proba)
    graph.Output("predict_proba", predictions.proba->value, predictions.proba->dtype, {-1, count});
}

Signature SignatureOf(const std::vector<InputColumn>& inputs, const data::Target& target,
                      bool has_probabilities) {
  Signature signature;
  if (std::ranges::any_of(inputs, &InputColumn::words)) {
    for (const InputColumn& column : inputs)
      signature.inputs.push_back({.name = column.name,
                                  .dtype = column.words ? DType::kBytes : DType::kFp64,
                                  .shape = {-1, 1},
                                  .any_number = true,
                                  .times = column.time ? std::vector{true} : std::vector<bool>()});
  } else {
    TensorSpec& input = signature.inputs.emplace_back();
    input = {.name = "input",
             .dtype = DType::kFp64,
             .shape = {-1, static_cast<int64_t>(inputs.size())},
             .any_number = true};
    for (const InputColumn& column : inputs) input.columns.push_back(column.name);
    if (std::ranges::any_of(inputs, &InputColumn::time))
      for (const InputColumn& column : inputs) input.times.push_back(column.time);
  }
  const bool regression = target.task == data::Task::kRegression;
  signature.outputs.push_back({.name = "predict",
                               .dtype = regression              ? DType::kFp64
                                        : target.integer_labels ? DType::kInt64
                                                                : DType::kBytes,
                               .shape = {-1}});
  if (has_probabilities)
    signature.outputs.push_back({.name = "predict_proba",
                                 .dtype = DType::kFp64,
                                 .shape = {-1, static_cast<int64_t>(target.labels.size())},
                                 .labels = target.labels});
  return signature;
}

bool Asks(const Parameters& parameters, std::string_view flag) {
  return parameters.Has(flag) && parameters.Flag(flag);
}

/// Rows that are made ready for an estimator.
struct Prepared {
  Preprocessed learn;
  std::optional<Samples> judge;    // for early stopping
  std::vector<data::Split> folds;  // of `learn`, for probabilities
  std::vector<std::string> cleaned;
  Duration time{};
};

StatusOr<Prepared> Prepare(const Dataset& rows, const Recipe& recipe, const Parameters& parameters,
                           const TrainOptions& options) {
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  const Dataset* learn = &rows;
  Prepared prepared;
  std::optional<Halves> halves;
  if (Asks(parameters, "early_stopping")) {
    StatusOr<Halves> divided = Divide(rows, parameters.Number("validation_share"), options.seed);
    if (!divided.ok()) return Annotate(divided.status(), "early_stopping");
    learn = &halves.emplace(*std::move(divided)).learn;
    RETURN_IF_ERROR(CheckClasses(*learn, "early_stopping"));
  }
  std::optional<CleanedRows> cleaned;
  if (!options.cleaning.empty()) {
    ASSIGN_OR_RETURN(cleaned, CleanForTraining(options.cleaning, *learn, options.seed));
    learn = &cleaned->rows;
    prepared.cleaned = std::move(cleaned->done);
  }
  if (Asks(parameters, "probability")) {
    auto folds = FoldsOf(learn->size(), learn->Splitting(options.seed));
    if (!folds.ok()) return Annotate(folds.status(), "probability");
    prepared.folds = *std::move(folds);
  }
  ASSIGN_OR_RETURN(prepared.learn, Preprocess(*learn, recipe.kind->needs, options.preprocessing));
  if (halves) {
    ASSIGN_OR_RETURN(prepared.judge, prepared.learn.preprocessor.Apply(halves->judge.table));
    prepared.judge->target = std::move(halves->judge.target);
    prepared.judge->weights = std::move(halves->judge.weights);
  }
  prepared.time = clock.Now() - start;
  return prepared;
}

Status Write(const Preprocessor& preprocessor, const Fitted& fitted, const data::Target& target,
             Trained& trained) {
  Graph graph;
  ASSIGN_OR_RETURN(const importing::Matrix features, preprocessor.Write(graph));
  ASSIGN_OR_RETURN(const importing::Predictions predictions, fitted.Write(graph, features));
  if (target.task == data::Task::kClassification)
    WriteClasses(graph, target, predictions);
  else
    importing::WriteOutputs(graph, predictions);
  graph.DropUnused();
  ASSIGN_OR_RETURN(trained.onnx, graph.Serialize());
  trained.inputs = preprocessor.inputs();
  trained.signature = SignatureOf(trained.inputs, target, predictions.proba.has_value());
  return OkStatus();
}

}  // namespace

std::string NameOf(const Recipe& recipe) {
  std::string name(recipe.kind->name);
  for (const auto& [parameter, value] : recipe.parameters)
    name += fmt::format(" {}={}", parameter, value);
  return name;
}

StatusOr<Trained> Train(const Dataset& rows, const Recipe& recipe, const TrainOptions& options) {
  RETURN_IF_ERROR(CheckTarget(*recipe.kind, rows.target));
  if (const Status checked = CheckWeights(rows.weights, rows.table.numbers); !checked.ok())
    return Annotate(checked, "weights");
  RETURN_IF_ERROR(CheckClasses(rows, NameOfSplit(rows)));
  ASSIGN_OR_RETURN(const Parameters parameters, recipe.kind->Read(recipe.parameters));
  if (recipe.kind->check != nullptr) RETURN_IF_ERROR(recipe.kind->check(rows, parameters));
  Trained trained;
  ASSIGN_OR_RETURN(Prepared prepared, Prepare(rows, recipe, parameters, options));
  const Preprocessor& preprocessor = prepared.learn.preprocessor;
  const SteadyClock clock;
  const TimePoint ready = clock.Now();
  CurveKeeper watch(options.watch, trained);
  ASSIGN_OR_RETURN(const std::unique_ptr<Fitted> fitted,
                   recipe.kind->fit(prepared.learn.training, parameters,
                                    {.seed = options.seed,
                                     .team = options.team,
                                     .validation = prepared.judge ? &*prepared.judge : nullptr,
                                     .folds = prepared.folds,
                                     .watch = &watch,
                                     .checkpoint = options.checkpoint}));
  trained.fit_time = clock.Now() - ready;
  trained.preprocess_time = prepared.time;
  trained.cleaned = std::move(prepared.cleaned);
  trained.summary = fitted->Summary();
  trained.steps = preprocessor.steps();
  trained.warnings = preprocessor.warnings();
  RETURN_IF_ERROR(Write(preprocessor, *fitted, rows.target, trained));
  return trained;
}

StatusOr<data::Table> InputsOf(const Trained& trained, const data::Table& table) {
  data::Table inputs;
  inputs.rows = table.rows;
  inputs.numbers = table.numbers;
  for (const InputColumn& input : trained.inputs) {
    ASSIGN_OR_RETURN(const data::Column* const column, table.Get(input.name));
    inputs.columns.push_back(*column);
  }
  return inputs;
}

}  // namespace slipway::train
