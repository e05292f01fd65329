#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "train/kinds.h"
#include "train/trees/boosted.h"
#include "train/trees/checkpoint.h"
#include "train/trees/checks.h"
#include "train/trees/grower.h"
#include "train/trees/loss.h"
#include "train/trees/sampling.h"

namespace slipway::train {
namespace trees {
namespace {

struct BoostingOptions {
  int64_t iterations = 100;
  double learning_rate = 0.1;
  GrowOptions grow;
  BinningOptions binning;
  double row_sample = 1, column_sample = 1;
  int64_t patience = 10;
  uint64_t seed = 0;
};

/// Rows with their bins and their scores so far.
class ScoredRows {
 public:
  ScoredRows(const Samples& samples, std::span<const FeatureBins> bins, size_t width,
             std::span<const double> baseline, Team& team)
      : samples_(samples), bins_(samples, bins, width, team), team_(team) {
    for (const double score : baseline) scores_.insert(scores_.end(), samples.rows, score);
  }

  const Samples& samples() const { return samples_; }
  const BinnedRows& bins() const { return bins_; }
  std::span<double> scores() { return scores_; }
  std::span<double> scores(size_t output) {
    return std::span(scores_).subspan(output * samples_.rows, samples_.rows);
  }

  /// Every row finds its leaf.
  void Add(const BinTree& tree, size_t output) {
    constexpr size_t kRowsOfTask = 4096;
    const std::span<double> scores = this->scores(output);
    team_.ForEach((scores.size() + kRowsOfTask - 1) / kRowsOfTask, [&](size_t part) {
      const size_t end = std::min(scores.size(), (part + 1) * kRowsOfTask);
      for (size_t i = part * kRowsOfTask; i < end; ++i)
        scores[i] += tree.leaves[tree.LeafOf(bins_, i)];
    });
  }
  /// All rows lie in the leaves of the tree that `grower` grew last.
  void Add(const BinTree& tree, size_t output, const Grower& grower) {
    const std::span<double> scores = this->scores(output);
    team_.ForEach(tree.leaves.size(), [&](size_t leaf) {
      for (const uint32_t row : grower.RowsOf(leaf)) scores[row] += tree.leaves[leaf];
    });
  }

 private:
  const Samples& samples_;
  const BinnedRows bins_;
  Team& team_;
  std::vector<double> scores_;
};

/// Features in a group: groups for every thread alike, and histograms of a group that fit the
/// nearest cache (4 KB a feature).
size_t GroupWidth(size_t features, int threads) {
  constexpr size_t kWidest = 6;
  const auto team = static_cast<size_t>(threads);
  const size_t rounds = (features + kWidest * team - 1) / (kWidest * team);
  return (features + rounds * team - 1) / (rounds * team);
}

std::vector<uint32_t> SampledRows(size_t rows, double share, Random& random) {
  if (share >= 1) return {};
  return Choose(rows, PartOf(rows, share), random);
}

std::vector<uint8_t> SampledFeatures(size_t features, double share, Random& random) {
  if (share >= 1) return {};
  std::vector<uint8_t> allowed(features);
  for (const uint32_t feature : Choose(features, PartOf(features, share), random))
    allowed[feature] = 1;
  return allowed;
}

class Boosting {
 public:
  Boosting(const Samples& samples, const Samples* validation, std::unique_ptr<Loss> loss,
           const BoostingOptions& options, const FitOptions& fit)
      : options_(options),
        fit_(fit),
        team_(*fit.team),
        loss_(std::move(loss)),
        boosted_{.bins = LearnBins(samples, options.binning, team_),
                 .baseline = loss_->Baseline(samples)},
        training_(samples, boosted_.bins, GroupWidth(samples.features.size(), team_.size()),
                  boosted_.baseline, team_),
        grower_(training_.bins(), boosted_.bins, options.grow, team_) {
    if (validation != nullptr)
      validation_.emplace(*validation, boosted_.bins, kMaxGroup, boosted_.baseline, team_);
    const size_t derivatives = samples.rows * boosted_.baseline.size();
    gradients_.resize(derivatives);
    hessians_.resize(derivatives);
    scaled_.resize(samples.rows);
  }

  StatusOr<Boosted> Run(uint64_t fingerprint) {
    std::vector<BinTree> grown;
    if (!fit_.checkpoint.empty()) {
      ASSIGN_OR_RETURN(grown, ReadCheckpoint(fit_.checkpoint, fingerprint, boosted_.bins, 1));
    }
    const size_t outputs = boosted_.baseline.size();
    size_t best_trees = 0;
    double best = std::numeric_limits<double>::infinity();
    int64_t best_iteration = 0;
    for (int64_t iteration = 1; iteration <= options_.iterations; ++iteration) {
      const bool again = boosted_.trees.size() + outputs <= grown.size();
      if (again)
        Repeat(grown);
      else if (!Iterate(static_cast<uint64_t>(iteration)))
        break;
      const double validation = validation_
                                    ? loss_->Mean(validation_->samples(), validation_->scores())
                                    : std::numeric_limits<double>::quiet_NaN();
      if (validation_ && !std::isfinite(validation))
        return Error(Reason::kBadRequest,
                     "boosting: early_stopping: the {} of the rows that judge is no finite number",
                     loss_->name());
      if (validation < best) {
        best = validation;
        best_iteration = iteration;
        best_trees = boosted_.trees.size();
      }
      if (validation_ && iteration - best_iteration >= options_.patience) {
        boosted_.stopped_early = true;
        break;
      }
      if (again) continue;
      RETURN_IF_ERROR(SaveIfWanted(fit_.watch, fingerprint, boosted_.trees));
      if (!Report(iteration, validation)) break;
    }
    if (validation_ && best_trees > 0) boosted_.trees.resize(best_trees);
    return std::move(boosted_);
  }

 private:
  /// Adds a tree for each output; false when none of them splits.
  bool Iterate(uint64_t iteration) {
    const size_t rows = scaled_.size();
    loss_->Derive(training_.samples(), training_.scores(), gradients_, hessians_, team_);
    Random random(options_.seed, iteration);
    const std::vector<uint32_t> sample = SampledRows(rows, options_.row_sample, random);
    bool splits = false;
    for (size_t output = 0; output < boosted_.baseline.size(); ++output) {
      const std::vector<uint8_t> allowed =
          SampledFeatures(boosted_.bins.size(), options_.column_sample, random);
      const auto gradients = std::span(gradients_).subspan(output * rows, rows);
      const FixedPoint scale = Scale(gradients, std::span(hessians_).subspan(output * rows, rows));
      BinTree tree = grower_.Grow(scaled_, scale, sample, allowed);
      if (const auto quantile = loss_->leaf_quantile()) RenewLeaves(tree, *quantile, output);
      for (double& leaf : tree.leaves) leaf *= options_.learning_rate;
      splits |= !tree.nodes.empty();
      if (sample.empty())
        training_.Add(tree, output, grower_);
      else
        training_.Add(tree, output);
      if (validation_) validation_->Add(tree, output);
      boosted_.trees.push_back(std::move(tree));
    }
    return splits;
  }

  /// Adds the trees of an iteration that was done before.
  void Repeat(const std::vector<BinTree>& grown) {
    for (size_t output = 0; output < boosted_.baseline.size(); ++output) {
      const BinTree& tree = grown[boosted_.trees.size()];
      training_.Add(tree, output);
      if (validation_) validation_->Add(tree, output);
      boosted_.trees.push_back(tree);
    }
  }

  FixedPoint Scale(std::span<const float> gradients, std::span<const float> hessians) {
    constexpr size_t kRowsOfTask = 65536;
    const size_t tasks = (gradients.size() + kRowsOfTask - 1) / kRowsOfTask;
    std::vector<Largest> largest(tasks);
    const auto rows_of = [&](size_t task, auto rows) {
      return rows.subspan(task * kRowsOfTask,
                          std::min(kRowsOfTask, rows.size() - task * kRowsOfTask));
    };
    team_.ForEach(tasks, [&](size_t task) {
      largest[task] = LargestOf(rows_of(task, gradients), rows_of(task, hessians));
    });
    Largest all;
    for (const Largest& each : largest) {
      all.gradient = std::max(all.gradient, each.gradient);
      all.hessian = std::max(all.hessian, each.hessian);
    }
    const FixedPoint scale(gradients.size(), all.gradient, all.hessian);
    team_.ForEach(tasks, [&](size_t task) {
      Quantise(scale, rows_of(task, gradients), rows_of(task, hessians),
               scaled_.data() + task * kRowsOfTask);
    });
    return scale;
  }

  void RenewLeaves(BinTree& tree, double quantile, size_t output) {
    const Samples& samples = training_.samples();
    const std::span<double> scores = training_.scores(output);
    team_.ForEach(tree.leaves.size(), [&](size_t leaf) {
      std::vector<std::pair<double, double>> lacks;
      for (const uint32_t row : grower_.RowsOf(leaf))
        lacks.emplace_back(samples.target.values[row] - scores[row], samples.weight(row));
      tree.leaves[leaf] = WeightedQuantile(lacks, quantile);
    });
  }

  bool Report(int64_t iteration, double validation) {
    if (fit_.watch == nullptr) return true;
    return fit_.watch->Report(
        {.share = static_cast<double>(iteration) / static_cast<double>(options_.iterations),
         .iteration = iteration,
         .metric = loss_->name(),
         .training = loss_->Mean(training_.samples(), training_.scores()),
         .validation = validation});
  }

  const BoostingOptions options_;
  const FitOptions& fit_;
  Team& team_;
  const std::unique_ptr<Loss> loss_;
  Boosted boosted_;
  ScoredRows training_;
  std::optional<ScoredRows> validation_;
  Grower grower_;
  std::vector<float> gradients_, hessians_;  // [outputs][rows]
  std::vector<RowGradient> scaled_;          // [rows], of one output
};

Status CheckTarget(const Dataset& rows, const Parameters& parameters) {
  const data::Target& target = rows.target;
  if (parameters.Word("loss") != "poisson" || target.task != data::Task::kRegression)
    return OkStatus();
  for (size_t row = 0; row < target.values.size(); ++row)
    if (target.values[row] < 0)
      return Error(Reason::kBadRequest,
                   "loss poisson: expected no value below 0, got {} in row {} of \"{}\"",
                   target.values[row], data::NumberOfRow(rows.table.numbers, row), target.name);
  return OkStatus();
}

BoostingOptions OptionsOf(const Samples& samples, const Parameters& parameters, uint64_t seed) {
  BoostingOptions options;
  options.iterations = parameters.Count("iterations");
  options.learning_rate = parameters.Number("learning_rate");
  options.grow.max_leaves = static_cast<size_t>(parameters.Count("max_leaves"));
  options.grow.max_depth = static_cast<int>(parameters.Count("max_depth"));
  options.grow.gain.min_samples_leaf = static_cast<size_t>(parameters.Count("min_samples_leaf"));
  options.grow.gain.l2 = parameters.Number("l2");
  options.grow.gain.monotone = std::ranges::any_of(
      samples.features, [](const Feature& feature) { return feature.monotone != 0; });
  options.binning.max_bins = static_cast<int>(parameters.Count("max_bins"));
  options.row_sample = parameters.Number("row_sample");
  options.column_sample = parameters.Number("column_sample");
  options.patience = parameters.Count("patience");
  options.seed = seed;
  return options;
}

StatusOr<std::unique_ptr<Fitted>> FitBoosting(const Samples& samples, const Parameters& parameters,
                                              const FitOptions& fit) {
  const BoostingOptions options = OptionsOf(samples, parameters, fit.seed);
  const std::string& word = parameters.Word("loss");
  const auto make_loss = [&] {
    return MakeLoss(samples.target, word, parameters.Number("quantile"));
  };
  RETURN_IF_ERROR(CheckSamples(samples, "boosting"));
  const uint64_t fingerprint =
      FingerprintOf(kBoosting, parameters, fit.seed, samples, fit.validation);
  ASSIGN_OR_RETURN(Boosted boosted,
                   Boosting(samples, fit.validation, make_loss(), options, fit).Run(fingerprint));
  std::vector<std::string> names;
  for (const Feature& feature : samples.features) names.push_back(feature.name);
  return std::make_unique<BoostedModel>(std::move(boosted), make_loss(), std::move(names));
}

}  // namespace
}  // namespace trees

using Type = ParameterSpec::Type;

const EstimatorKind kBoosting = {
    .name = "boosting",
    .summary = "Gradient boosting of decision trees on histograms.",
    .regresses = true,
    .classifies = true,
    .needs = {.takes_missing = true, .takes_categories = true},
    .saves_checkpoints = true,
    .parameters =
        {
            {.name = "column_sample",
             .otherwise = 1,
             .min = 0.001,
             .max = 1,
             .help = "Share of the features, drawn anew, that each tree may split by."},
            {.name = "early_stopping",
             .type = Type::kFlag,
             .help = "Stop when the loss on validation rows no longer falls, and keep the trees "
                     "up to the best one."},
            {.name = "iterations",
             .type = Type::kCount,
             .otherwise = 100,
             .min = 1,
             .max = 100'000,
             .help = "Trees at most; with more than two classes, for each of them."},
            {.name = "l2",
             .min = 0,
             .max = 1e9,
             .help = "Pulls the values of leaves towards 0: added to the sum of second "
                     "derivatives."},
            {.name = "learning_rate",
             .otherwise = 0.1,
             .min = 1e-6,
             .max = 1,
             .help = "What each tree's values are multiplied by."},
            {.name = "loss",
             .type = Type::kWord,
             .words = {"squared_error", "absolute_error", "poisson", "quantile"},
             .help = "What a regression lowers; classification always lowers the log loss."},
            {.name = "max_bins",
             .type = Type::kCount,
             .otherwise = trees::kMaxBins,
             .min = 2,
             .max = trees::kMaxBins,
             .help = "Bins of a feature's values; missing values have one of their own."},
            {.name = "max_depth",
             .type = Type::kCount,
             .min = 0,
             .max = 1000,
             .help = "Levels of splits in a tree at most; 0: as many as its leaves need."},
            {.name = "max_leaves",
             .type = Type::kCount,
             .otherwise = 31,
             .min = 2,
             .max = 4096,
             .help = "Leaves of a tree at most; the one with the largest gain is split next."},
            {.name = "min_samples_leaf",
             .type = Type::kCount,
             .otherwise = 20,
             .min = 1,
             .max = 1e9,
             .help = "Rows in a leaf at least."},
            {.name = "patience",
             .type = Type::kCount,
             .otherwise = 10,
             .min = 1,
             .max = 100'000,
             .help = "Iterations without a better validation loss before early stopping."},
            {.name = "quantile",
             .otherwise = 0.5,
             .min = 0.001,
             .max = 0.999,
             .help = "The quantile that the loss of that name predicts."},
            {.name = "row_sample",
             .otherwise = 1,
             .min = 0.001,
             .max = 1,
             .help = "Share of the rows, drawn anew, that each iteration learns from."},
            {.name = "validation_share",
             .otherwise = 0.1,
             .min = 0.01,
             .max = 0.9,
             .help = "Share of the rows kept for early stopping."},
        },
    .search = {{"learning_rate", {"0.03", "0.1", "0.3"}},
               {"max_leaves", {"7", "15", "31", "63"}},
               {"min_samples_leaf", {"5", "20", "50"}},
               {"l2", {"0", "1", "10"}}},
    .check = trees::CheckTarget,
    .fit = trees::FitBoosting,
};

}  // namespace slipway::train
