#include "import/sklearn/encoded_members.h"

#include <numeric>

#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {

StatusOr<std::vector<int64_t>> PositionsOf(const State& member, const Labels& labels,
                                           int64_t classes) {
  std::vector<int64_t> positions;
  for (const double label : labels.AsNumbers()) {
    if (!(label >= 0 && label < static_cast<double>(classes)))
      return member.Bad("classes_: expected positions below {}, got {}", classes, label);
    positions.push_back(static_cast<int64_t>(label));
  }
  if (positions.empty()) return member.Bad("classes_: expected positions below {}", classes);
  return positions;
}

Matrix OneHot(Graph& graph, const std::string& positions, int64_t classes) {
  std::vector<int64_t> numbers(static_cast<size_t>(classes));
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  const std::string flags = graph.Add("Equal", {graph.Add("Unsqueeze", {positions, axis}),
                                                graph.Constant<int64_t>({classes}, numbers)});
  return graph.CastTo({flags, DType::kBool, classes}, DType::kFp64);
}

StatusOr<EncodedMember> WriteEncoded(Writer& writer, const State& member, const Table& x,
                                     int64_t classes) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
  if (outputs.label.empty()) return member.Bad("expected a classifier");
  ASSIGN_OR_RETURN(const std::vector<int64_t> positions,
                   PositionsOf(member, outputs.classes, classes));
  const auto own = static_cast<int64_t>(positions.size());
  if (outputs.proba && outputs.proba->columns != own)
    return member.Bad("expected {} probabilities, got {}", own, outputs.proba->columns);
  bool in_order = own == classes;
  std::vector<int64_t> columns(static_cast<size_t>(classes), own);  // `own` is one of zeros
  for (int64_t k = 0; k < own; ++k) {
    columns[positions[k]] = k;
    in_order &= positions[k] == k;
  }
  EncodedMember encoded;
  encoded.votes =
      OneHot(graph, graph.Add("Gather", {graph.Constant<int64_t>({own}, positions), outputs.label}),
             classes);
  if (in_order) {
    encoded.proba = outputs.proba;
    encoded.decision = outputs.decision;
  } else if (outputs.proba) {
    const std::vector<Matrix> parts = {*outputs.proba, Filled(graph, *outputs.proba, 0)};
    encoded.proba = graph.Select(graph.Concat(parts), columns);
  }
  return encoded;
}

Matrix SumOf(Graph& graph, std::span<const Matrix> parts) {
  std::vector<std::string> values;
  for (const Matrix& part : parts) values.push_back(part.value);
  return {graph.Add("Sum", values), parts.front().dtype, parts.front().columns};
}

}  // namespace slipway::importing::sklearn
