#include "train/trees/forest_model.h"

#include <fmt/format.h>

#include "train/trees/boosted.h"

namespace slipway::train::trees {

ForestModel::ForestModel(Forest forest, const Samples& samples, std::string_view kind)
    : forest_(std::move(forest)),
      kind_(kind),
      classifies_(samples.target.task == data::Task::kClassification),
      classes_(static_cast<int64_t>(samples.target.labels.size())) {
  for (const Feature& feature : samples.features) names_.push_back(feature.name);
}

StatusOr<importing::Predictions> ForestModel::Write(importing::Graph& graph,
                                                    const importing::Matrix& features) const {
  const int64_t width = classifies_ && classes_ > 2 ? classes_ : 1;
  importing::TreeEnsemble ensemble{.name = kind_, .targets = width, .leaf_width = width};
  for (const BinTree& tree : forest_.trees) ensemble.trees.push_back(Export(tree, forest_.bins));
  ASSIGN_OR_RETURN(importing::Matrix mean, importing::AddTrees(graph, ensemble, features));
  if (forest_.trees.size() > 1)
    mean.value =
        graph.Add("Div", {mean.value, graph.Scalar(static_cast<double>(forest_.trees.size()))});
  if (!classifies_) return importing::Predictions{.value = mean};
  if (width == 1) {
    const std::string first = graph.Add("Sub", {graph.Scalar<double>(1), mean.value});
    mean = {graph.Add("Concat", {first, mean.value}, {{"axis", 1}}), DType::kFp64, 2};
  }
  return importing::Predictions{
      .label = graph.Add("ArgMax", {mean.value}, {{"axis", 1}, {"keepdims", 0}}), .proba = mean};
}

std::string ForestModel::Summary() const {
  size_t leaves = 0;
  for (const BinTree& tree : forest_.trees) leaves += tree.nodes.size() + 1;
  return fmt::format("{} tree{}, {} leaves; {}", forest_.trees.size(),
                     forest_.trees.size() == 1 ? "" : "s", leaves,
                     MostImportant(forest_.trees, names_));
}

}  // namespace slipway::train::trees
