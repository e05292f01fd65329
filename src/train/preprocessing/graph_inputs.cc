#include "train/preprocessing/graph_inputs.h"

#include <algorithm>
#include <numeric>

namespace slipway::train {

using importing::Matrix;

StatusOr<GraphInputs> GraphInputs::Declare(importing::Graph& graph,
                                           std::span<const InputColumn> columns) {
  GraphInputs inputs;
  inputs.graph_ = &graph;
  if (std::ranges::none_of(columns, &InputColumn::words)) {
    inputs.matrix_ = graph.Input("input", DType::kFp64, static_cast<int64_t>(columns.size()));
    for (const InputColumn& column : columns)
      inputs.places_.emplace(column.name, static_cast<int64_t>(inputs.places_.size()));
    return inputs;
  }
  for (const InputColumn& column : columns) {
    if (column.name.empty() || column.name == "predict" || column.name == "predict_proba")
      return Error(Reason::kBadRequest,
                   "column \"{}\": it would be an input of the model, and this name is taken: give "
                   "it another or drop it",
                   column.name);
    inputs.columns_.emplace(
        column.name, graph.Input(column.name, column.words ? DType::kBytes : DType::kFp64, 1));
  }
  return inputs;
}

Matrix GraphInputs::Numbers(std::span<const std::string> names) const {
  if (places_.empty()) {
    std::vector<Matrix> parts;
    for (const std::string& name : names) parts.push_back(columns_.at(name));
    return graph_->Concat(parts);
  }
  std::vector<int64_t> wanted, all(places_.size());
  std::iota(all.begin(), all.end(), 0);
  for (const std::string& name : names) wanted.push_back(places_.at(name));
  return wanted == all ? matrix_ : graph_->Select(matrix_, wanted);
}

Matrix GraphInputs::Words(const std::string& name) const { return columns_.at(name); }

}  // namespace slipway::train
