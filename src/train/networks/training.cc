#include "train/networks/training.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/clones.h"
#include "base/random.h"
#include "train/algebra/products.h"
#include "train/algebra/rows.h"
#include "train/networks/backpropagation.h"
#include "train/networks/checkpoint.h"

namespace slipway::train {
namespace {

// Operations of a batch below which waking the team costs more than it saves.
constexpr double kWorthATeam = 8e6;

// The adaptive schedule ends below it.
constexpr double kLeastLearningRate = 1e-6;

/// Rows in the precision of training.
struct Rows {
  size_t count = 0;
  std::vector<float> inputs;     // [count, inputs]
  std::vector<int32_t> classes;  // [count], or empty
  std::vector<float> values;     // [count], or empty
  std::vector<float> weights;    // [count], or empty

  Wanted wanted() const { return {classes, values, weights}; }
};

StatusOr<Rows> ReadRows(const Network& network, const Samples& samples) {
  if (samples.features.size() != network.inputs())
    return Error(Reason::kBadRequest, "network: expected {} features, got {}", network.inputs(),
                 samples.features.size());
  Rows rows{.count = samples.rows};
  ASSIGN_OR_RETURN(rows.inputs, RowsOf(samples));
  rows.classes = samples.target.classes;
  for (const double value : samples.target.values)
    rows.values.push_back(static_cast<float>((value - network.shift) / network.scale));
  rows.weights.assign(samples.weights.begin(), samples.weights.end());
  return rows;
}

double SumOfWeights(std::span<const float> weights, size_t count) {
  if (weights.empty()) return static_cast<double>(count);
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

SLIPWAY_CLONES void AddPenalty(float penalty, float factor, const float* weights, float* gradient,
                               size_t count) {
  for (size_t i = 0; i < count; ++i) gradient[i] = (gradient[i] + penalty * weights[i]) * factor;
}

SLIPWAY_CLONES void ApplyMask(const uint8_t* mask, float* values, size_t count) {
  for (size_t i = 0; i < count; ++i) values[i] = mask[i] ? values[i] : 0.0f;
}

/// One training, epoch after epoch.
class Trainer {
 public:
  Trainer(Network& network, Rows rows, std::optional<Rows> validation, const Mask& mask,
          const TrainingOptions& options, const FitOptions& fit)
      : network_(network),
        rows_(std::move(rows)),
        validation_(std::move(validation)),
        mask_(mask),
        options_(options),
        fit_(fit),
        optimiser_(options.step, network.parameters.size()),
        batch_size_(std::min(options.batch_size, rows_.count)) {
    const double operations =
        6.0 * static_cast<double>(batch_size_) * static_cast<double>(network.CountWeights());
    const size_t parts = operations < kWorthATeam ? 1 : static_cast<size_t>(fit.team->size());
    for (size_t part = 0; part < parts; ++part)
      parts_.push_back({Backpropagation(network, batch_size_ / parts + 1),
                        std::vector<float>(network.parameters.size()), 0});
    state_.learning_rate = options.learning_rate;
    state_.training = fit.seed * 0x9E3779B97F4A7C15u + rows_.count;
    Mask(network_.parameters);
  }

  StatusOr<TrainingSummary> Run() {
    RETURN_IF_ERROR(Resume());
    TrainingSummary summary;
    while (state_.epochs < options_.max_epochs && !IsOver()) {
      Epoch();
      if (!std::isfinite(state_.loss))
        return Error(Reason::kBadRequest,
                     "epoch {}: the loss is no finite number; expected a smaller learning_rate",
                     state_.epochs);
      const double validation = ValidationLoss();
      if (validation_ && !std::isfinite(validation))
        return Error(Reason::kBadRequest,
                     "epoch {}: the loss of the rows that judge is no finite number; expected "
                     "numbers in the range of those that are learnt from, or a smaller "
                     "learning_rate",
                     state_.epochs);
      Count(validation);
      ASSIGN_OR_RETURN(const bool goes_on, TellWatch(validation));
      if (!goes_on) break;
    }
    if (validation_ && !state_.best.empty()) network_.parameters = state_.best;
    summary.converged = IsOver();
    summary.epochs = state_.epochs;
    summary.loss = state_.loss;
    if (validation_) summary.validation_loss = state_.least;
    return summary;
  }

 private:
  struct Part {
    Backpropagation pass;
    std::vector<float> gradient;
    double loss;
  };

  void Mask(std::span<float> values) const {
    if (!mask_.empty()) ApplyMask(mask_.data(), values.data(), values.size());
  }

  Status Resume() {
    if (fit_.checkpoint.empty()) return OkStatus();
    TrainingState like = Snapshot();
    if (validation_) like.best = network_.parameters;
    ASSIGN_OR_RETURN(state_, ReadCheckpoint(fit_.checkpoint, like));
    network_.parameters = state_.parameters;
    optimiser_.state() = state_.optimiser;
    return OkStatus();
  }

  TrainingState Snapshot() const {
    TrainingState state = state_;
    state.parameters = network_.parameters;
    state.optimiser = optimiser_.state();
    return state;
  }

  /// The order of rows depends on seed and epoch alone, so that a resumed training sees the same.
  void Epoch() {
    Random random(fit_.seed, static_cast<uint64_t>(state_.epochs + 1));
    const std::vector<uint32_t> order = random.Order(rows_.count);
    double loss = 0;
    for (size_t begin = 0; begin < order.size(); begin += batch_size_) {
      const size_t count = std::min(batch_size_, order.size() - begin);
      loss += Batch(std::span(order).subspan(begin, count));
      if (options_.schedule == Schedule::kInverseScaling && !options_.step.adam)
        state_.learning_rate =
            options_.learning_rate /
            std::sqrt(1.0 + static_cast<double>(state_.epochs) * static_cast<double>(rows_.count) +
                      static_cast<double>(begin + count));
    }
    ++state_.epochs;
    state_.loss = loss / SumOfWeights(rows_.weights, rows_.count);
  }

  /// @return the summed, weighted loss before the step.
  double Batch(std::span<const uint32_t> batch) {
    fit_.team->ForEach(parts_.size(), [&](size_t part) {
      const Share share = ShareOf(batch.size(), part, parts_.size());
      GradientOf(batch.subspan(share.begin, share.end - share.begin), parts_[part]);
    });
    double weight = 0, loss = 0;
    for (const uint32_t row : batch) weight += rows_.weights.empty() ? 1 : rows_.weights[row];
    if (weight == 0) return 0;
    std::vector<float>& gradient = parts_.front().gradient;
    for (Part& part : parts_) {
      loss += part.loss;
      if (&part != &parts_.front())
        AddScaled(1.0f, part.gradient.data(), gradient.data(), gradient.size());
    }
    const auto factor = static_cast<float>(1 / weight);
    for (size_t l = 0; l < network_.layers(); ++l) {
      const size_t begin = network_.WeightsAt(l), middle = network_.OffsetsAt(l);
      const size_t end = network_.WeightsAt(l + 1);
      AddPenalty(static_cast<float>(options_.penalty), factor, &network_.parameters[begin],
                 &gradient[begin], middle - begin);
      AddPenalty(0, factor, &network_.parameters[middle], &gradient[middle], end - middle);
    }
    Mask(gradient);
    optimiser_.Step(state_.learning_rate, gradient, network_.parameters);
    return loss;
  }

  void GradientOf(std::span<const uint32_t> rows, Part& part) {
    std::fill(part.gradient.begin(), part.gradient.end(), 0.0f);
    std::vector<int32_t> classes;
    std::vector<float> values, weights;
    const size_t width = network_.inputs();
    for (size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(&rows_.inputs[rows[i] * width], width, &part.pass.inputs()[i * width]);
      if (!rows_.classes.empty()) classes.push_back(rows_.classes[rows[i]]);
      if (!rows_.values.empty()) values.push_back(rows_.values[rows[i]]);
      if (!rows_.weights.empty()) weights.push_back(rows_.weights[rows[i]]);
    }
    part.pass.Forward(network_, rows.size());
    part.loss = part.pass.Back(network_, rows.size(), {classes, values, weights}, part.gradient);
  }

  double ValidationLoss() const {
    if (!validation_) return std::numeric_limits<double>::quiet_NaN();
    return LossOf(network_, Answers(network_, validation_->inputs), validation_->wanted()) /
           SumOfWeights(validation_->weights, validation_->count);
  }

  /// Whether the loss has not fallen for too long, as the state alone tells: a training that goes
  /// on from its last checkpoint ends there too.
  bool IsOver() const { return state_.stale > options_.patience; }

  /// Counts epochs without a fall of the loss that counts. The adaptive schedule takes smaller
  /// steps before it is over.
  void Count(double validation) {
    const double loss = validation_ ? validation : state_.loss;
    const double unit = std::max(1.0, network_.scale * network_.scale);
    state_.stale = loss > state_.least - options_.tolerance / unit ? state_.stale + 1 : 0;
    if (loss < state_.least) {
      state_.least = loss;
      if (validation_) state_.best = network_.parameters;
    }
    const bool slows = !options_.step.adam && options_.schedule == Schedule::kAdaptive;
    if (!IsOver() || !slows || state_.learning_rate / 5 < kLeastLearningRate) return;
    state_.stale = 0;
    state_.learning_rate /= 5;
  }

  /// @return whether training goes on.
  StatusOr<bool> TellWatch(double validation) {
    if (fit_.watch == nullptr) return true;
    if (fit_.watch->WantsCheckpoint())
      RETURN_IF_ERROR(fit_.watch->SaveCheckpoint(WriteCheckpoint(Snapshot())));
    const bool squares = network_.answer == Answer::kValue;
    const double unit = squares ? 2 * network_.scale * network_.scale : 1;
    return fit_.watch->Report(
        {.share = static_cast<double>(state_.epochs) / static_cast<double>(options_.max_epochs),
         .iteration = state_.epochs,
         .metric = squares ? "squared error" : "log loss",
         .training = state_.loss * unit,
         .validation = validation * unit});
  }

  Network& network_;
  const Rows rows_;
  const std::optional<Rows> validation_;
  const train::Mask& mask_;
  const TrainingOptions& options_;
  const FitOptions& fit_;
  Optimiser optimiser_;
  const size_t batch_size_;
  std::vector<Part> parts_;
  TrainingState state_;
};

}  // namespace

Network DrawNetworkFor(const Samples& samples, std::vector<size_t> hidden, Activation activation,
                       uint64_t seed) {
  const data::Target& target = samples.target;
  const bool classifies = target.task == data::Task::kClassification;
  std::vector<size_t> sizes = {samples.features.size()};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  if (classifies && target.labels.size() > 2) {
    sizes.push_back(target.labels.size());
    return DrawNetwork(std::move(sizes), activation, Answer::kProbabilities, seed);
  }
  sizes.push_back(1);
  if (classifies) return DrawNetwork(std::move(sizes), activation, Answer::kProbability, seed);
  Network network = DrawNetwork(std::move(sizes), activation, Answer::kValue, seed);
  TakeUnits(samples, network);
  return network;
}

void TakeUnits(const Samples& samples, Network& network) {
  const std::vector<double>& values = samples.target.values;
  double weight = 0, mean = 0, variance = 0;
  for (size_t i = 0; i < samples.rows; ++i) {
    weight += samples.weight(i);
    mean += samples.weight(i) * values[i];
  }
  if (weight == 0) return;
  network.shift = mean / weight;
  for (size_t i = 0; i < samples.rows; ++i)
    variance += samples.weight(i) * std::pow(values[i] - network.shift, 2) / weight;
  if (variance > 0) network.scale = std::sqrt(variance);
}

StatusOr<TrainingSummary> Train(Network& network, const Samples& samples, const Mask& mask,
                                const TrainingOptions& options, const FitOptions& fit) {
  RETURN_IF_ERROR(CheckWeights(samples));
  ASSIGN_OR_RETURN(Rows rows, ReadRows(network, samples));
  std::optional<Rows> validation;
  if (fit.validation != nullptr) {
    RETURN_IF_ERROR(CheckWeights(*fit.validation));
    ASSIGN_OR_RETURN(validation, ReadRows(network, *fit.validation));
  }
  if (!mask.empty() && mask.size() != network.parameters.size())
    return Error(Reason::kBadRequest, "mask: expected {} flags, got {}", network.parameters.size(),
                 mask.size());
  return Trainer(network, std::move(rows), std::move(validation), mask, options, fit).Run();
}

}  // namespace slipway::train
