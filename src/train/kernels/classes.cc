#include "train/kernels/classes.h"

#include "import/sklearn/operators.h"

namespace slipway::train {

std::string LabelOf(importing::Graph& graph, const std::string& place,
                    const std::vector<int32_t>& classes, size_t labels) {
  if (classes.size() == labels) return place;
  const std::vector<int64_t> numbers(classes.begin(), classes.end());
  return graph.Add(
      "Gather", {graph.Constant<int64_t>({static_cast<int64_t>(numbers.size())}, numbers), place});
}

importing::Matrix WithAbsentClasses(importing::Graph& graph, const importing::Matrix& proba,
                                    const std::vector<int32_t>& classes, size_t labels) {
  if (classes.size() == labels) return proba;
  const std::vector<importing::Matrix> pool = {proba, importing::sklearn::Filled(graph, proba, 0)};
  std::vector<int64_t> source(labels, proba.columns);
  for (size_t i = 0; i < classes.size(); ++i) source[classes[i]] = static_cast<int64_t>(i);
  return graph.Select(graph.Concat(pool), source);
}

}  // namespace slipway::train
