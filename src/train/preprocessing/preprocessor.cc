#include "train/preprocessing/preprocessor.h"

#include <algorithm>

#include "train/preprocessing/graph_inputs.h"

namespace slipway::train {

StatusOr<Samples> Preprocessor::Apply(const data::Table& table) const {
  Samples samples;
  samples.rows = table.rows;
  samples.numbers = table.numbers;
  size_t features = 0;
  for (const Block& block : blocks_) features += block.finish.features().size();
  if (features > max_bytes_ / sizeof(double) / std::max<size_t>(1, table.rows))
    return Error(Reason::kTooLarge, "{} features of {} rows: more than {} MB", features, table.rows,
                 max_bytes_ >> 20);
  samples.values.resize(features * table.rows);
  std::span<double> rest = samples.values;
  for (const Block& block : blocks_) {
    const std::vector<Feature>& own = block.finish.features();
    const std::span<double> values = rest.first(own.size() * table.rows);
    RETURN_IF_ERROR(block.encoder->Apply(table, values));
    block.finish.Apply(values, table.rows);
    samples.features.insert(samples.features.end(), own.begin(), own.end());
    rest = rest.subspan(values.size());
  }
  return samples;
}

StatusOr<importing::Matrix> Preprocessor::Write(importing::Graph& graph) const {
  ASSIGN_OR_RETURN(const GraphInputs inputs, GraphInputs::Declare(graph, inputs_));
  std::vector<importing::Matrix> parts;
  for (const Block& block : blocks_)
    parts.push_back(block.finish.Write(graph, block.encoder->Write(graph, inputs)));
  return graph.Concat(parts);
}

}  // namespace slipway::train
