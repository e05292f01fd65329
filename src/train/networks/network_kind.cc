// The kind `network`.

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include "train/kinds.h"
#include "train/networks/training.h"

namespace slipway::train {
namespace {

constexpr size_t kMaxHiddenLayers = 16, kMaxHiddenSize = 8192;

/// "64,64", or "64x64" where commas part the values of a search.
StatusOr<std::vector<size_t>> ReadSizes(const std::string& text) {
  std::vector<size_t> sizes;
  for (const auto part : absl::StrSplit(text, absl::ByAnyChar(",x"))) {
    uint64_t size = 0;
    if (!absl::SimpleAtoi(part, &size) || size == 0 || size > kMaxHiddenSize ||
        sizes.size() == kMaxHiddenLayers)
      return Error(Reason::kBadRequest,
                   "parameter hidden: expected 1 to {} sizes from 1 to {}, such as \"64,64\", got "
                   "\"{}\"",
                   kMaxHiddenLayers, kMaxHiddenSize, text);
    sizes.push_back(size);
  }
  return sizes;
}

Activation ActivationOf(const std::string& word) {
  if (word == "relu") return Activation::kRelu;
  return word == "tanh" ? Activation::kTanh : Activation::kLogistic;
}

Schedule ScheduleOf(const std::string& word) {
  if (word == "constant") return Schedule::kConstant;
  return word == "adaptive" ? Schedule::kAdaptive : Schedule::kInverseScaling;
}

class FittedNetwork final : public Fitted {
 public:
  FittedNetwork(Network network, const TrainingSummary& summary)
      : network_(std::move(network)), summary_(summary) {}

  StatusOr<importing::Predictions> Write(importing::Graph& graph,
                                         const importing::Matrix& features) const override {
    RETURN_IF_ERROR(graph.CheckRoom(network_.parameters.size() * sizeof(float)));
    return WriteNetwork(graph, network_, features);
  }
  std::string Summary() const override {
    return fmt::format("layers of {}, {} epochs{}", fmt::join(network_.sizes, "-"), summary_.epochs,
                       summary_.converged ? ", stopped early" : "");
  }

 private:
  Network network_;
  TrainingSummary summary_;
};

StatusOr<std::unique_ptr<Fitted>> FitNetwork(const Samples& samples, const Parameters& parameters,
                                             const FitOptions& fit) {
  ASSIGN_OR_RETURN(const std::vector<size_t> hidden, ReadSizes(parameters.Word("hidden")));
  const TrainingOptions options = {
      .step = {.adam = parameters.Word("solver") == "adam",
               .momentum = parameters.Number("momentum"),
               .nesterov = parameters.Flag("nesterov")},
      .learning_rate = parameters.Number("learning_rate"),
      .schedule = ScheduleOf(parameters.Word("schedule")),
      .penalty = parameters.Number("alpha"),
      .batch_size = static_cast<size_t>(parameters.Count("batch_size")),
      .max_epochs = parameters.Count("max_iterations"),
      .tolerance = parameters.Number("tolerance"),
      .patience = parameters.Count("patience"),
  };
  Network network =
      DrawNetworkFor(samples, hidden, ActivationOf(parameters.Word("activation")), fit.seed);
  ASSIGN_OR_RETURN(const TrainingSummary summary, Train(network, samples, {}, options, fit));
  return std::make_unique<FittedNetwork>(std::move(network), summary);
}

using Type = ParameterSpec::Type;

}  // namespace

const EstimatorKind kNetwork = {
    .name = "network",
    .summary = "A multi-layer perceptron, trained batch by batch; its layers compute in FP32.",
    .regresses = true,
    .classifies = true,
    .needs = {.wants_scaling = true},
    .saves_checkpoints = true,
    .parameters = {{.name = "hidden",
                    .type = Type::kText,
                    .words = {"100"},
                    .help = "Sizes of the hidden layers, such as 64,64; in a search 64x64."},
                   {.name = "activation",
                    .type = Type::kWord,
                    .words = {"relu", "tanh", "logistic"},
                    .help = "What hidden units make of their sums."},
                   {.name = "solver",
                    .type = Type::kWord,
                    .words = {"adam", "sgd"},
                    .help = "How gradients become steps."},
                   {.name = "learning_rate",
                    .otherwise = 1e-3,
                    .min = 1e-9,
                    .max = 10,
                    .help = "The length of steps."},
                   {.name = "schedule",
                    .type = Type::kWord,
                    .words = {"constant", "inverse_scaling", "adaptive"},
                    .help = "How the rate of sgd changes."},
                   {.name = "momentum",
                    .otherwise = 0.9,
                    .min = 0,
                    .max = 1,
                    .help = "How much of the last step sgd keeps."},
                   {.name = "nesterov",
                    .type = Type::kFlag,
                    .otherwise = 1,
                    .help = "Whether sgd looks ahead by its momentum."},
                   {.name = "alpha",
                    .otherwise = 1e-4,
                    .min = 0,
                    .max = 1e6,
                    .help = "The penalty on squared weights."},
                   {.name = "batch_size",
                    .type = Type::kCount,
                    .otherwise = 200,
                    .min = 1,
                    .max = 1 << 20,
                    .help = "Rows that make one step."},
                   {.name = "max_iterations",
                    .type = Type::kCount,
                    .otherwise = 200,
                    .min = 1,
                    .max = 1e6,
                    .help = "Times that all rows are gone through at most."},
                   {.name = "tolerance",
                    .otherwise = 1e-4,
                    .min = 0,
                    .max = 1e6,
                    .help = "The fall of the loss that counts as progress."},
                   {.name = "patience",
                    .type = Type::kCount,
                    .otherwise = 10,
                    .min = 1,
                    .max = 1e6,
                    .help = "Iterations without progress after which training stops."},
                   {.name = "early_stopping",
                    .type = Type::kFlag,
                    .help = "Whether progress is judged by rows that are not learned from."},
                   {.name = "validation_share",
                    .otherwise = 0.1,
                    .min = 0.001,
                    .max = 0.9,
                    .help = "The share of such rows."}},
    .search = {{"hidden", {"50", "100", "200", "100x50"}},
               {"alpha", {"0.0001", "0.01", "1"}},
               {"learning_rate", {"0.0003", "0.001", "0.003"}}},
    .fit = FitNetwork,
};

}  // namespace slipway::train
