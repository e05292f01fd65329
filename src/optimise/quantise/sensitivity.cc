#include "optimise/quantise/sensitivity.h"

#include <algorithm>

#include "optimise/difference.h"

namespace slipway::optimise {
namespace {

bool IsProduct(const NodeProto& node) {
  return Is(node, "Conv") || Is(node, "Gemm") || Is(node, "MatMul");
}

/// First outputs of the products of a plan.
std::vector<std::string> ProductsOf(const GraphProto& graph, const QdqPlan& plan) {
  std::vector<std::string> products;
  for (const QdqNode& node : plan.nodes)
    if (IsProduct(graph.node(node.place))) products.push_back(graph.node(node.place).output(0));
  return products;
}

}  // namespace

StatusOr<std::vector<NodeError>> MeasureNodes(const ModelProto& model,
                                              const StringMap<Range>& ranges,
                                              const QdqOptions& options, const Workshop& workshop) {
  const Rows rows = workshop.rows->rows.Sample(kSensitivityRows);
  ASSIGN_OR_RETURN(const auto original, workshop.load(model.SerializeAsString()));
  ASSIGN_OR_RETURN(const auto answers, RunRows(*original, rows));
  ModelProto plain = model;
  const std::vector<std::string> products =
      ProductsOf(model.graph(), PlanQdq(*plain.mutable_graph(), {}));
  std::vector<NodeError> errors;
  for (const std::string& product : products) {
    ModelProto alone = model;
    std::vector<std::string> others = products;
    std::erase(others, product);
    const QdqPlan plan = PlanQdq(*alone.mutable_graph(), others);
    RETURN_IF_ERROR(WriteQdq(*alone.mutable_graph(), plan, ranges, options));
    ASSIGN_OR_RETURN(const auto runner, workshop.load(alone.SerializeAsString()));
    ASSIGN_OR_RETURN(const auto changed, RunRows(*runner, rows));
    ASSIGN_OR_RETURN(const Difference difference, Compare(answers, changed));
    errors.push_back({product, difference.relative});
  }
  std::ranges::stable_sort(errors, std::ranges::greater(), &NodeError::error);
  return errors;
}

}  // namespace slipway::optimise
