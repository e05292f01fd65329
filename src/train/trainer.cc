#include "train/trainer.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "train/cleaning.h"

namespace slipway::train {
namespace {

using importing::Graph;

constexpr size_t kMaxCurvePoints = 10'000;

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

Status CheckTask(const EstimatorKind& kind, data::Task task) {
  const bool regression = task == data::Task::kRegression;
  if (regression ? kind.regresses : kind.classifies) return OkStatus();
  return Error(Reason::kBadRequest, "{} is for {}, and the task is {} (--task says another)",
               kind.name, regression ? "classification" : "regression",
               regression ? "regression" : "classification");
}

Status CheckWeights(std::span<const double> weights) {
  double total = 0;
  for (size_t row = 0; row < weights.size(); ++row) {
    if (!(weights[row] >= 0) || std::isinf(weights[row]))
      return Error(Reason::kBadRequest,
                   "weights: row {}: expected a finite number, 0 or more, got {}", row + 1,
                   weights[row]);
    total += weights[row];
  }
  if (weights.empty() || total > 0) return OkStatus();
  return Error(Reason::kBadRequest, "the weights of all {} rows are zero", weights.size());
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
                                  .any_number = true});
  } else {
    TensorSpec& input = signature.inputs.emplace_back();
    input = {.name = "input",
             .dtype = DType::kFp64,
             .shape = {-1, static_cast<int64_t>(inputs.size())},
             .any_number = true};
    for (const InputColumn& column : inputs) input.columns.push_back(column.name);
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

}  // namespace

std::string NameOf(const Recipe& recipe) {
  std::string name(recipe.kind->name);
  for (const auto& [parameter, value] : recipe.parameters)
    name += fmt::format(" {}={}", parameter, value);
  return name;
}

namespace {

StatusOr<Trained> TrainOn(const data::Table& table, const data::Target& target,
                          std::span<const double> weights, const Recipe& recipe,
                          const Parameters& parameters, const TrainOptions& options) {
  Trained trained;
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  ASSIGN_OR_RETURN(const Preprocessed prepared,
                   Preprocess(table, target, weights, recipe.kind->needs, options.preprocessing));
  const TimePoint ready = clock.Now();
  CurveKeeper watch(options.watch, trained);
  ASSIGN_OR_RETURN(const std::unique_ptr<Fitted> fitted,
                   recipe.kind->fit(prepared.training, parameters,
                                    {.seed = options.seed,
                                     .team = options.team,
                                     .watch = &watch,
                                     .checkpoint = options.checkpoint}));
  trained.fit_time = clock.Now() - ready;
  trained.preprocess_time = ready - start;

  Graph graph;
  ASSIGN_OR_RETURN(const importing::Matrix features, prepared.preprocessor.Write(graph));
  ASSIGN_OR_RETURN(const importing::Predictions predictions, fitted->Write(graph, features));
  if (target.task == data::Task::kClassification)
    WriteClasses(graph, target, predictions);
  else
    importing::WriteOutputs(graph, predictions);
  graph.DropUnused();
  ASSIGN_OR_RETURN(trained.onnx, graph.Serialize());
  trained.inputs = prepared.preprocessor.inputs();
  trained.signature = SignatureOf(trained.inputs, target, predictions.proba.has_value());
  trained.summary = fitted->Summary();
  trained.steps = prepared.preprocessor.steps();
  trained.warnings = prepared.preprocessor.warnings();
  return trained;
}

}  // namespace

StatusOr<Trained> Train(const data::Table& table, const data::Target& target,
                        std::span<const double> weights, const Recipe& recipe,
                        const TrainOptions& options) {
  RETURN_IF_ERROR(CheckTask(*recipe.kind, target.task));
  RETURN_IF_ERROR(CheckWeights(weights));
  ASSIGN_OR_RETURN(const Parameters parameters, recipe.kind->Read(recipe.parameters));
  if (options.cleaning.empty()) return TrainOn(table, target, weights, recipe, parameters, options);
  ASSIGN_OR_RETURN(CleanedRows rows,
                   CleanForTraining(options.cleaning, table, target, weights, options.seed));
  ASSIGN_OR_RETURN(Trained trained,
                   TrainOn(rows.table, rows.target, rows.weights, recipe, parameters, options));
  trained.cleaned = std::move(rows.done);
  return trained;
}

StatusOr<data::Table> InputsOf(const Trained& trained, const data::Table& table) {
  data::Table inputs;
  inputs.rows = table.rows;
  for (const InputColumn& input : trained.inputs) {
    ASSIGN_OR_RETURN(const data::Column* const column, table.Get(input.name));
    inputs.columns.push_back(*column);
  }
  return inputs;
}

}  // namespace slipway::train
