#include "import/sklearn/registry.h"

#include <algorithm>
#include <tuple>

#include "base/nearest_word.h"
#include "import/sklearn/sklearn.h"

namespace slipway::importing::sklearn {
namespace {

using Family = std::span<const Estimator> (*)();
constexpr Family kFamilies[] = {
    AdaptiveBoosting,
    Bagging,
    Bins,
    Boosters,
    Calibration,
    Clusters,
    Compositions,
    DecisionTrees,
    Decompositions,
    Delegates,
    Dummies,
    Encoders,
    FeatureMaps,
    GaussianProcesses,
    Gaussians,
    GradientBoosting,
    HistogramBoosting,
    Imputers,
    IsolationForests,
    KernelMachines,
    LinearModels,
    Manifolds,
    Multiclass,
    Multioutput,
    NaiveBayes,
    NearestCentroids,
    Neighbors,
    NeuralNetworks,
    Scalers,
    Selections,
    SplineFeatures,
    Stacking,
    SupportVectors,
    TermWeights,
    TextVectorizers,
    TransformedTargets,
    TreeColumns,
    Voting,
};

}  // namespace

bool IsInPackage(std::string_view module, std::string_view package) {
  return module.starts_with(package) &&
         (module.size() == package.size() || module[package.size()] == '.');
}

std::vector<Estimator> AllEstimators() {
  std::vector<Estimator> all;
  for (const Family family : kFamilies) {
    const auto rows = family();
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

const Estimator* FindEstimator(std::string_view module, std::string_view name) {
  for (const Family family : kFamilies)
    for (const Estimator& row : family())
      if (row.name == name && IsInPackage(module, row.package)) return &row;
  return nullptr;
}

Status UnsupportedClass(const State& state) {
  std::vector<std::string_view> names;
  for (const Estimator& row : AllEstimators()) names.push_back(row.name);
  const std::string place = state.place().empty() ? "" : fmt::format(" ({})", state.place());
  return Error(Reason::kUnsupported, "{}.{}{}: expected a supported estimator{}", state.module(),
               state.name(), place, DidYouMean(state.name(), names));
}

}  // namespace slipway::importing::sklearn

namespace slipway::importing {

std::vector<SupportedEstimator> SupportedEstimators() {
  std::vector<SupportedEstimator> rows;
  for (const sklearn::Estimator& row : sklearn::AllEstimators())
    if (!row.name.starts_with('_')) rows.push_back({row.package, row.name, NameOf(row.kind)});
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.package, a.name) < std::tie(b.package, b.name);
  });
  return rows;
}

}  // namespace slipway::importing
