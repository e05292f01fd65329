#include "engine/tabular/lowering.h"

namespace slipway::tabular {
namespace {

using Table = std::map<std::pair<std::string_view, std::string_view>, const Operator*>;

Table AllOperators() {
  Table table;
  for (const auto& list :
       {CastOperators(), CategoryOperators(), CouplingOperators(), DistanceOperators(),
        LabelOperators(), LinearOperators(), MapOperators(), MlOperators(), OldTreeOperators(),
        PairOperators(), RankingOperators(), ReductionOperators(), SelectionOperators(),
        ShapeOperators(), SupportVectorOperators(), TermOperators(), TreeOperators(),
        WhereOperators()})
    for (const Operator& op : list) table[{op.domain, op.name}] = &op;
  return table;
}

}  // namespace

const Operator* FindOperator(std::string_view domain, std::string_view name) {
  static const Table table = AllOperators();
  const auto found = table.find({domain == "ai.onnx" ? "" : domain, name});
  return found == table.end() ? nullptr : found->second;
}

}  // namespace slipway::tabular
