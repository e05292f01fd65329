// A perceptron with fewer weights or units, trained on from what is left.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/team.h"
#include "optimise/judge.h"
#include "optimise/passes.h"
#include "optimise/prune/perceptron.h"
#include "train/networks/training.h"

namespace slipway::optimise {
namespace {

using train::Network;

constexpr double kValidationShare = 0.2;  // of the rows: they stop the training
constexpr uint64_t kSeed = 0;
constexpr size_t kStepsOfEpoch = 20, kLeastBatch = 16, kMostBatch = 200;  // few rows, small batches

/// The places of the largest of `sizes`, ascending.
std::vector<size_t> Largest(const std::vector<double>& sizes, size_t count) {
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return sizes[i]; });
  order.resize(count);
  std::ranges::sort(order);
  return order;
}

/// Units of a hidden layer to keep: those whose weights, in and out, are largest.
std::vector<size_t> UnitsToKeep(const Network& network, size_t layer, double share) {
  const size_t units = network.sizes[layer], inputs = network.sizes[layer - 1];
  const size_t outputs = network.sizes[layer + 1];
  const float* const in = &network.parameters[network.WeightsAt(layer - 1)];
  const float* const out = &network.parameters[network.WeightsAt(layer)];
  std::vector<double> importance(units);
  for (size_t unit = 0; unit < units; ++unit) {
    double own = std::pow(in[inputs * units + unit], 2), read = 0;  // the offset, then weights
    for (size_t i = 0; i < inputs; ++i) own += std::pow(in[i * units + unit], 2);
    for (size_t o = 0; o < outputs; ++o) read += std::pow(out[unit * outputs + o], 2);
    importance[unit] = std::sqrt(own) * std::sqrt(read);
  }
  const auto gone = static_cast<size_t>(share * static_cast<double>(units));
  return Largest(importance, std::max<size_t>(units - std::min(gone, units), 1));
}

/// @return how many units went.
size_t PruneUnits(Network& network, double share) {
  std::vector<std::vector<size_t>> kept(network.sizes.size());
  Network small = network;
  size_t gone = 0;
  for (size_t layer = 0; layer < kept.size(); ++layer) {
    kept[layer].resize(network.sizes[layer]);
    std::iota(kept[layer].begin(), kept[layer].end(), size_t{0});
    if (layer > 0 && layer < network.layers()) kept[layer] = UnitsToKeep(network, layer, share);
    small.sizes[layer] = kept[layer].size();
    gone += network.sizes[layer] - small.sizes[layer];
  }
  small.parameters.clear();
  for (size_t l = 0; l < network.layers(); ++l) {
    const float* const weights = &network.parameters[network.WeightsAt(l)];
    const size_t width = network.sizes[l + 1];
    for (const size_t i : kept[l])
      for (const size_t o : kept[l + 1]) small.parameters.push_back(weights[i * width + o]);
    for (const size_t o : kept[l + 1])
      small.parameters.push_back(weights[network.sizes[l] * width + o]);
  }
  network = std::move(small);
  return gone;
}

/// Layer by layer, the least of the weights become 0; offsets stay.
/// @return what may differ from 0: weights that are 0 already may not.
train::Mask PruneWeights(Network& network, double share) {
  train::Mask mask(network.parameters.size(), 1);
  for (size_t l = 0; l < network.layers(); ++l) {
    const size_t begin = network.WeightsAt(l), count = network.OffsetsAt(l) - begin;
    std::vector<double> sizes;
    for (size_t i = 0; i < count; ++i) sizes.push_back(std::fabs(network.parameters[begin + i]));
    const auto gone = static_cast<size_t>(share * static_cast<double>(count));
    std::fill_n(mask.begin() + static_cast<ptrdiff_t>(begin), count, uint8_t{0});
    for (const size_t i : Largest(sizes, count - std::min(gone, count)))
      mask[begin + i] = sizes[i] != 0;
  }
  for (size_t i = 0; i < mask.size(); ++i)
    if (mask[i] == 0) network.parameters[i] = 0;
  return mask;
}

/// What the first layer reads, of the workshop's rows, their weights, and their right answers as
/// the network has them.
StatusOr<train::Samples> SamplesFor(const ModelProto& model, const Perceptron& perceptron,
                                    const data::Target& target, const Workshop& workshop) {
  RETURN_IF_ERROR(CheckWholeBatches(*workshop.signature, workshop.rows->rows));
  ModelProto features = model;
  MakeOnlyOutput(*features.mutable_graph(), perceptron.features, perceptron.type);
  ASSIGN_OR_RETURN(const auto runner, workshop.load(features.SerializeAsString()));
  ASSIGN_OR_RETURN(const auto answers, RunRows(*runner, workshop.rows->rows));
  const Tensor& matrix = answers.front().tensor;
  const size_t width = perceptron.network.inputs(), rows = target.rows();
  const bool is_double = perceptron.type == TensorProto::DOUBLE;
  const DType type = is_double ? DType::kFp64 : DType::kFp32;
  if (matrix.dtype != type || matrix.data.size() != rows * width * ElementSize(type))
    return Error(Reason::kUnsupported, "the network reads {}: expected {} [{},{}]",
                 ToString(matrix.dtype, matrix.shape), NameOf(type), rows, width);
  train::Samples samples{.rows = rows, .target = target, .weights = workshop.rows->weights};
  samples.features.resize(width);
  for (size_t feature = 0; feature < width; ++feature)
    for (size_t row = 0; row < rows; ++row) {
      const size_t at = row * width + feature;
      samples.values.push_back(is_double ? matrix.as<double>()[at] : matrix.as<float>()[at]);
    }
  return samples;
}

/// Classes by the places that the model's outputs have for them.
Status OrderClasses(const Signature& signature, const Network& network, data::Target& target) {
  for (const TensorSpec& output : signature.outputs) {
    if (output.labels.empty()) continue;
    for (int32_t& place : target.classes) {
      const auto found = std::ranges::find(output.labels, target.labels[place]);
      if (found == output.labels.end())
        return Error(Reason::kBadRequest, "the network knows no class \"{}\"",
                     target.labels[place]);
      place = static_cast<int32_t>(found - output.labels.begin());
    }
    target.labels = output.labels;
    break;
  }
  const size_t classes = network.answer == train::Answer::kProbability ? 2 : network.outputs();
  if (target.labels.size() == classes) return OkStatus();
  return Error(Reason::kBadRequest, "the network has {} classes, the target {}", classes,
               target.labels.size());
}

/// Numbers are learned in units of their spread: the last layer in theirs, as training had it.
void TakeUnitsOf(const train::Samples& samples, Network& network) {
  train::TakeUnits(samples, network);
  const size_t last = network.layers() - 1;
  for (size_t i = network.WeightsAt(last); i < network.WeightsAt(last + 1); ++i) {
    const double shift = i < network.OffsetsAt(last) ? 0 : network.shift;
    network.parameters[i] = static_cast<float>((network.parameters[i] - shift) / network.scale);
  }
}

train::Samples Select(const train::Samples& all, std::span<const uint32_t> rows) {
  train::Samples some{
      .rows = rows.size(), .features = all.features, .target = all.target.Select(rows)};
  for (size_t feature = 0; feature < all.features.size(); ++feature)
    for (const uint32_t row : rows) some.values.push_back(all.column(feature)[row]);
  if (!all.weights.empty())
    for (const uint32_t row : rows) some.weights.push_back(all.weights[row]);
  return some;
}

/// Trains what is left, and tells what that did to rows that were not learned from.
class FineTuning {
 public:
  FineTuning(const ModelProto& model, Perceptron& perceptron, const Workshop& workshop)
      : model_(model), perceptron_(perceptron), workshop_(workshop) {}

  StatusOr<std::string> Run(const train::Mask& mask, const Settings& settings) {
    const bool is_regression = perceptron_.network.answer == train::Answer::kValue;
    ASSIGN_OR_RETURN(target_, TargetFor(*workshop_.signature, *workshop_.rows));
    if (is_regression != (target_.task == data::Task::kRegression))
      return Error(Reason::kBadRequest, "the network is of {}, the target \"{}\" is not",
                   is_regression ? "numbers" : "classes", target_.name);
    data::Target own = target_;
    Network& network = perceptron_.network;
    if (!is_regression) RETURN_IF_ERROR(OrderClasses(*workshop_.signature, network, own));
    ASSIGN_OR_RETURN(const train::Samples all, SamplesFor(model_, perceptron_, own, workshop_));
    if (is_regression && !perceptron_.has_units) TakeUnitsOf(all, network);
    ASSIGN_OR_RETURN(data::Split split,
                     data::SplitOnce(all.rows, kValidationShare, workshop_.rows->Splitting(kSeed)));
    const std::vector<uint32_t>& learned = split.train;
    aside_ = std::move(split.test);
    const train::Samples validation = Select(all, aside_);
    Team team(1);
    const train::TrainingOptions options = {
        .learning_rate = settings.Number("learning_rate"),
        .batch_size = std::clamp(learned.size() / kStepsOfEpoch, kLeastBatch, kMostBatch),
        .max_epochs = static_cast<int64_t>(settings.Number("epochs"))};
    ASSIGN_OR_RETURN(const evaluate::Figure before, Judge());
    ASSIGN_OR_RETURN(const train::TrainingSummary summary,
                     train::Train(network, Select(all, learned), mask, options,
                                  {.team = &team, .validation = &validation}));
    ASSIGN_OR_RETURN(const evaluate::Figure after, Judge());
    return fmt::format("; {} epochs bring {} from {:.4f} to {:.4f} ({} rows not learned from)",
                       summary.epochs, after.metric.name, before.value, after.value, aside_.size());
  }

 private:
  /// The first figure of the rows aside.
  StatusOr<evaluate::Figure> Judge() const {
    ModelProto model = model_;
    WritePerceptron(perceptron_, *model.mutable_graph());
    DropDead(*model.mutable_graph());
    ASSIGN_OR_RETURN(const auto runner, workshop_.load(model.SerializeAsString()));
    const LabelledRows aside = workshop_.rows->Select(aside_);
    const data::Target target = target_.Select(aside_);
    ASSIGN_OR_RETURN(const evaluate::Predictions predictions,
                     PredictRows(*runner, *workshop_.signature, aside.rows, target));
    return FiguresOf(target, predictions, aside.weights).front();
  }

  const ModelProto& model_;
  Perceptron& perceptron_;
  const Workshop& workshop_;
  data::Target target_;
  std::vector<uint32_t> aside_;  // rows that are not learned from
};

StatusOr<std::string> ApplyPruneNetwork(ModelProto& model, const Settings& settings,
                                        const Workshop& workshop) {
  std::optional<Perceptron> perceptron = FindPerceptron(*model.mutable_graph());
  if (!perceptron) return "";
  RETURN_IF_ERROR(CheckAnswers(workshop, "prune-network"));
  Network& network = perceptron->network;
  const size_t before = network.CountWeights();
  const size_t units = PruneUnits(network, settings.Number("units"));
  const train::Mask mask = PruneWeights(network, settings.Number("share"));
  const auto zeros = static_cast<size_t>(std::ranges::count(mask, uint8_t{0}));
  // Who asks for nothing to go asks for training alone: behind another pass that pruned.
  const bool trains_alone = settings.Number("share") == 0 && settings.Number("units") == 0 &&
                            settings.Number("epochs") > 0;
  if (units == 0 && zeros == 0 && !trains_alone) return "";
  std::string done = fmt::format("{} units went, {} of {} weights are left", units,
                                 network.CountWeights() - zeros, before);
  if (settings.Number("epochs") > 0) {
    ASSIGN_OR_RETURN(const std::string tuned,
                     FineTuning(model, *perceptron, workshop).Run(mask, settings));
    done += tuned;
  }
  WritePerceptron(*perceptron, *model.mutable_graph());
  return done;
}

bool HasNetwork(ModelProto& model) { return FindPerceptron(*model.mutable_graph()).has_value(); }

}  // namespace

Pass PruneNetwork() {
  return {.name = "prune-network",
          .summary =
              "Units and weights of a multi-layer perceptron go, and what is left is trained on.",
          .exact = false,
          .needs_rows = true,
          .needs_answers = true,
          .parameters = {{.name = "share",
                          .otherwise = "0.5",
                          .min = 0,
                          .max = 1,
                          .help = "Of a layer's weights, the least of which become zero."},
                         {.name = "units",
                          .otherwise = "0",
                          .min = 0,
                          .max = 1,
                          .help = "Of a hidden layer's units, which go."},
                         {.name = "epochs",
                          .otherwise = "200",
                          .min = 0,
                          .max = 100'000,
                          .help = "Of training, at most; 0 leaves weights as they were."},
                         {.name = "learning_rate",
                          .otherwise = "0.001",
                          .min = 1e-9,
                          .max = 10,
                          .help = "The length of steps."}},
          .concerns = HasNetwork,
          .apply = ApplyPruneNetwork};
}

}  // namespace slipway::optimise
