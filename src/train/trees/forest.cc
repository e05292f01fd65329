// Decision trees, and forests of them.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/kinds.h"
#include "train/trees/checkpoint.h"
#include "train/trees/checks.h"
#include "train/trees/forest_model.h"
#include "train/trees/impurity.h"

namespace slipway::train {
namespace trees {
namespace {

struct ForestOptions {
  size_t trees = 1;
  bool bootstraps = false;
  int max_bins = kMaxBins;
  uint64_t seed = 0;
  ImpurityOptions grow;
};

/// How often each row is drawn when as many are drawn as there are, times its weight.
std::vector<double> DrawnWeights(const Samples& samples, bool bootstraps, Random& random) {
  std::vector<double> weights(samples.rows, bootstraps ? 0.0 : 1.0);
  if (bootstraps)
    for (size_t i = 0; i < samples.rows; ++i) ++weights[random.Below(samples.rows)];
  if (!samples.weights.empty())
    for (size_t i = 0; i < samples.rows; ++i) weights[i] *= samples.weights[i];
  return weights;
}

size_t FeaturesOfSplit(double share, const Samples& samples, bool of_forest) {
  const size_t features = samples.features.size();
  if (share > 0) return PartOf(features, share);
  const bool classifies = samples.target.task == data::Task::kClassification;
  if (!classifies || !of_forest) return features;
  return std::max<size_t>(1, static_cast<size_t>(std::sqrt(static_cast<double>(features))));
}

class ForestFit {
 public:
  ForestFit(const Samples& samples, const ForestOptions& options, const FitOptions& fit)
      : samples_(samples),
        options_(options),
        fit_(fit),
        team_(*fit.team),
        forest_{.bins = LearnBins(samples, {.max_bins = options.max_bins}, team_)},
        rows_(samples, forest_.bins, 1, team_) {}

  StatusOr<Forest> Run(uint64_t fingerprint) {
    if (!fit_.checkpoint.empty()) {
      ASSIGN_OR_RETURN(forest_.trees, ReadCheckpoint(fit_.checkpoint, fingerprint, forest_.bins,
                                                     LeafWidth(samples_.target)));
    }
    // Trees between reports: enough that threads seldom wait for each other.
    const size_t at_once = 4 * static_cast<size_t>(team_.size());
    while (forest_.trees.size() < options_.trees) {
      const size_t begin = forest_.trees.size();
      const size_t count = std::min(at_once, options_.trees - begin);
      forest_.trees.resize(begin + count);
      team_.ForEach(count, [&](size_t i) { forest_.trees[begin + i] = Grow(begin + i); });
      RETURN_IF_ERROR(SaveIfWanted(fit_.watch, fingerprint, forest_.trees));
      if (!Report()) break;
    }
    return std::move(forest_);
  }

 private:
  BinTree Grow(size_t tree) const {
    Random random(options_.seed, tree + 1);
    std::vector<double> weights = DrawnWeights(samples_, options_.bootstraps, random);
    // Few rows of weight may all be missed.
    if (std::ranges::none_of(weights, [](double weight) { return weight > 0; }))
      weights = DrawnWeights(samples_, false, random);
    return GrowByImpurity({rows_, forest_.bins, samples_.target, weights}, options_.grow, random);
  }

  bool Report() const {
    if (fit_.watch == nullptr) return true;
    const size_t grown = forest_.trees.size();
    return fit_.watch->Report(
        {.share = static_cast<double>(grown) / static_cast<double>(options_.trees),
         .iteration = static_cast<int64_t>(grown)});
  }

  const Samples& samples_;
  const ForestOptions& options_;
  const FitOptions& fit_;
  Team& team_;
  Forest forest_;
  const BinnedRows rows_;
};

StatusOr<std::unique_ptr<Fitted>> Fit(const EstimatorKind& kind, const Samples& samples,
                                      const Parameters& parameters, const FitOptions& fit,
                                      ForestOptions options) {
  RETURN_IF_ERROR(CheckSamples(samples, kind.name));
  const bool of_forest = &kind != &kTree;
  options.seed = fit.seed;
  options.max_bins = static_cast<int>(parameters.Count("max_bins"));
  ImpurityOptions& grow = options.grow;
  grow.features = FeaturesOfSplit(parameters.Number("max_features"), samples, of_forest);
  grow.max_depth = static_cast<int>(parameters.Count("max_depth"));
  grow.min_samples_leaf = static_cast<size_t>(parameters.Count("min_samples_leaf"));
  grow.min_samples_split = static_cast<size_t>(parameters.Count("min_samples_split"));
  grow.pruning = parameters.Number("pruning");
  if (samples.target.task == data::Task::kRegression)
    grow.criterion = Criterion::kSquaredError;
  else if (parameters.Word("criterion") == "entropy")
    grow.criterion = Criterion::kEntropy;
  const uint64_t fingerprint = FingerprintOf(kind, parameters, fit.seed, samples, nullptr);
  ASSIGN_OR_RETURN(Forest forest, ForestFit(samples, options, fit).Run(fingerprint));
  return std::make_unique<ForestModel>(std::move(forest), samples, kind.name);
}

StatusOr<std::unique_ptr<Fitted>> FitTree(const Samples& samples, const Parameters& parameters,
                                          const FitOptions& fit) {
  return Fit(kTree, samples, parameters, fit, {});
}

StatusOr<std::unique_ptr<Fitted>> FitForest(const Samples& samples, const Parameters& parameters,
                                            const FitOptions& fit) {
  return Fit(kForest, samples, parameters, fit,
             {.trees = static_cast<size_t>(parameters.Count("trees")),
              .bootstraps = parameters.Flag("bootstrap")});
}

StatusOr<std::unique_ptr<Fitted>> FitExtraTrees(const Samples& samples,
                                                const Parameters& parameters,
                                                const FitOptions& fit) {
  return Fit(kExtraTrees, samples, parameters, fit,
             {.trees = static_cast<size_t>(parameters.Count("trees")),
              .bootstraps = parameters.Flag("bootstrap"),
              .grow = {.random_thresholds = true}});
}

using Type = ParameterSpec::Type;

std::vector<ParameterSpec> TreeParameters() {
  return {
      {.name = "criterion",
       .type = Type::kWord,
       .words = {"gini", "entropy"},
       .help = "The impurity that splits of a classification lower; a regression's is the squared "
               "error."},
      {.name = "max_bins",
       .type = Type::kCount,
       .otherwise = kMaxBins,
       .min = 2,
       .max = kMaxBins,
       .help = "Bins of a feature's values; missing values have one of their own."},
      {.name = "max_depth",
       .type = Type::kCount,
       .min = 0,
       .max = kDeepest,
       .help = "Levels of splits in a tree at most; 0: until its leaves are pure."},
      {.name = "max_features",
       .min = 0,
       .max = 1,
       .help =
           "Share of the features, drawn anew, that each split looks at; 0: all, and the square "
           "root of their number for forests that classify."},
      {.name = "min_samples_leaf",
       .type = Type::kCount,
       .otherwise = 1,
       .min = 1,
       .max = 1e9,
       .help = "Rows in a leaf at least."},
      {.name = "min_samples_split",
       .type = Type::kCount,
       .otherwise = 2,
       .min = 2,
       .max = 1e9,
       .help = "Rows that are split at least."},
      {.name = "pruning",
       .min = 0,
       .max = 1e9,
       .help = "What each leaf costs, in shares of the tree's impurity: cost-complexity pruning."},
  };
}

std::vector<ParameterSpec> ForestParameters(bool bootstraps) {
  std::vector<ParameterSpec> parameters = TreeParameters();
  parameters.insert(parameters.begin(), {.name = "bootstrap",
                                         .type = Type::kFlag,
                                         .otherwise = bootstraps ? 1.0 : 0.0,
                                         .help = "Grow each tree on as many rows as there are, "
                                                 "drawn with replacement; else on all."});
  parameters.push_back({.name = "trees",
                        .type = Type::kCount,
                        .otherwise = 100,
                        .min = 1,
                        .max = 100'000,
                        .help = "How many trees are averaged."});
  return parameters;
}

}  // namespace
}  // namespace trees

const EstimatorKind kTree = {
    .name = "tree",
    .summary = "One decision tree.",
    .regresses = true,
    .classifies = true,
    .needs = {.takes_missing = true},
    .parameters = trees::TreeParameters(),
    .search = {{"max_depth", {"3", "6", "10", "0"}}, {"min_samples_leaf", {"1", "5", "20"}}},
    .fit = trees::FitTree,
};

const EstimatorKind kForest = {
    .name = "forest",
    .summary = "A random forest: the average of decision trees that each saw other rows.",
    .regresses = true,
    .classifies = true,
    .needs = {.takes_missing = true},
    .saves_checkpoints = true,
    .parameters = trees::ForestParameters(true),
    .search = {{"max_features", {"0", "0.3", "0.6"}}, {"min_samples_leaf", {"1", "3", "10"}}},
    .fit = trees::FitForest,
};

const EstimatorKind kExtraTrees = {
    .name = "extra-trees",
    .summary = "Extremely randomised trees: a forest whose thresholds are drawn.",
    .regresses = true,
    .classifies = true,
    .needs = {.takes_missing = true},
    .saves_checkpoints = true,
    .parameters = trees::ForestParameters(false),
    .search = {{"max_features", {"0", "0.3", "0.6"}}, {"min_samples_leaf", {"1", "3", "10"}}},
    .fit = trees::FitExtraTrees,
};

}  // namespace slipway::train
