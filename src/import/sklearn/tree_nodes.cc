#include "import/sklearn/tree_nodes.h"

#include <algorithm>
#include <numeric>

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

/// One field of the structured array of nodes.
template <typename T>
Status ReadField(const State& tree, const pickle::Array& nodes, std::string_view name,
                 StatusOr<std::vector<T>> (pickle::Array::*read)() const, std::vector<T>* out) {
  RETURN_IF_ERROR(tree.Charge(nodes.count() * sizeof(T), name));
  const auto field = nodes.Field(name);
  if (!field.ok()) return Annotate(field.status(), fmt::format("{}: nodes", tree.Title()));
  auto values = ((*field).*read)();
  if (!values.ok())
    return Annotate(values.status(), fmt::format("{}: nodes: {}", tree.Title(), name));
  *out = *std::move(values);
  return OkStatus();
}

/// The structured array of nodes.
StatusOr<Value> RawNodes(const State& tree) {
  ASSIGN_OR_RETURN(const Value raw, tree.Get("nodes"));
  if (!raw.is(Kind::kArray) || raw.array().type.kind != 'V' || raw.array().shape.size() != 1 ||
      raw.array().shape[0] < 1)
    return tree.Expected("nodes", "a structured array [-1]", Describe(raw));
  return raw;
}

}  // namespace

double TotalOf(std::span<const double> values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return sum == 0 ? 1 : sum;
}

StatusOr<TreeNodes> ReadTreeNodes(const State& estimator) {
  ASSIGN_OR_RETURN(const State tree, estimator.Nested("tree_"));
  ASSIGN_OR_RETURN(const Value raw, RawNodes(tree));
  const pickle::Array& array = raw.array();
  TreeNodes nodes;
  RETURN_IF_ERROR(ReadField(tree, array, "left_child", &pickle::Array::Integers, &nodes.left));
  RETURN_IF_ERROR(ReadField(tree, array, "right_child", &pickle::Array::Integers, &nodes.right));
  RETURN_IF_ERROR(ReadField(tree, array, "feature", &pickle::Array::Integers, &nodes.feature));
  RETURN_IF_ERROR(
      ReadField(tree, array, "n_node_samples", &pickle::Array::Integers, &nodes.samples));
  RETURN_IF_ERROR(ReadField(tree, array, "threshold", &pickle::Array::Doubles, &nodes.threshold));
  const auto& fields = array.type.fields;
  if (std::any_of(fields.begin(), fields.end(),
                  [](const auto& field) { return field.name == "missing_go_to_left"; }))
    RETURN_IF_ERROR(ReadField(tree, array, "missing_go_to_left", &pickle::Array::Integers,
                              &nodes.missing_left));
  ASSIGN_OR_RETURN(nodes.values,
                   tree.Array("values", {static_cast<int64_t>(nodes.size()), -1, -1}));
  return nodes;
}

StatusOr<std::vector<double>> ReadNodeField(const State& estimator, std::string_view field) {
  ASSIGN_OR_RETURN(const State tree, estimator.Nested("tree_"));
  ASSIGN_OR_RETURN(const Value raw, RawNodes(tree));
  std::vector<double> values;
  RETURN_IF_ERROR(ReadField(tree, raw.array(), field, &pickle::Array::Doubles, &values));
  return values;
}

StatusOr<Tree> ToTree(const State& estimator, const TreeNodes& nodes,
                      const std::function<void(size_t, std::vector<double>&)>& append_leaf) {
  Tree tree;
  std::vector<int32_t> place(nodes.size());  // of a node as a child: see trees.h
  int32_t splits = 0, leaves = 0;
  for (size_t i = 0; i < nodes.size(); ++i) place[i] = nodes.is_leaf(i) ? ~leaves++ : splits++;
  tree.splits.reserve(static_cast<size_t>(splits));
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.is_leaf(i)) {
      append_leaf(i, tree.leaves);
      continue;
    }
    const auto count = static_cast<int64_t>(nodes.size());
    if (nodes.left[i] >= count || nodes.right[i] < 0 || nodes.right[i] >= count)
      return estimator.Bad("tree_: node {}: expected children below {}, got {} and {}", i, count,
                           nodes.left[i], nodes.right[i]);
    tree.splits.push_back(
        {.feature = nodes.feature[i],
         .threshold = nodes.threshold[i],
         .missing_is_true = !nodes.missing_left.empty() && nodes.missing_left[i] != 0,
         .on_true = place[nodes.left[i]],
         .on_false = place[nodes.right[i]]});
  }
  return tree;
}

Matrix RoundedToFloat(Graph& graph, const Matrix& x) {
  return graph.CastTo(graph.CastTo(x, DType::kFp32), DType::kFp64);
}

}  // namespace slipway::importing::sklearn
