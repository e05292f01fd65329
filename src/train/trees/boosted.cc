#include "train/trees/boosted.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace slipway::train::trees {

BoostedModel::BoostedModel(Boosted boosted, std::unique_ptr<Loss> loss,
                           std::vector<std::string> names)
    : boosted_(std::move(boosted)), loss_(std::move(loss)), names_(std::move(names)) {}

StatusOr<importing::Predictions> BoostedModel::Write(importing::Graph& graph,
                                                     const importing::Matrix& features) const {
  const auto outputs = static_cast<int64_t>(boosted_.baseline.size());
  importing::TreeEnsemble ensemble{.name = "boosting", .targets = outputs};
  for (const BinTree& tree : boosted_.trees) {
    ensemble.trees.push_back(Export(tree, boosted_.bins));
    ensemble.trees.back().target = static_cast<int64_t>(ensemble.trees.size() - 1) % outputs;
  }
  if (ensemble.trees.empty()) ensemble.trees.push_back({.leaves = {0}});
  ASSIGN_OR_RETURN(importing::Matrix scores, importing::AddTrees(graph, ensemble, features));
  scores.value =
      graph.Add("Add", {scores.value, graph.Constant<double>({1, outputs}, boosted_.baseline)});
  return loss_->Answer(graph, scores);
}

std::string BoostedModel::Summary() const {
  return fmt::format("{} trees{}; {}", boosted_.trees.size(),
                     boosted_.stopped_early ? ", stopped early" : "",
                     MostImportant(boosted_.trees, names_));
}

std::string MostImportant(std::span<const BinTree> trees, std::span<const std::string> names) {
  constexpr size_t kNamed = 5;
  const std::vector<double> shares = Importances(trees, names.size());
  std::vector<size_t> order(shares.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return shares[i]; });
  std::vector<std::string> words;
  for (const size_t i : order)
    if (words.size() < kNamed && shares[i] > 0)
      words.push_back(fmt::format("{} {:.0f} %", names[i], 100 * shares[i]));
  if (words.empty()) return "no split was worth it";
  return fmt::format("most of the gain: {}", fmt::join(words, ", "));
}

}  // namespace slipway::train::trees
