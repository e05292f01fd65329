#include "engine/tabular/operators/post_transform.h"

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/operators/lookup.h"
#include "engine/tabular/operators/reduction.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {

std::shared_ptr<const Tensor> ClassLabels(const Lowering& node) {
  if (const std::vector<std::string> texts = node.Texts("classlabels_strings"); !texts.empty())
    return std::make_shared<const Tensor>(TensorOfTexts(texts));
  std::vector<int64_t> numbers = node.Ints("classlabels_ints");
  if (numbers.empty()) numbers = node.Ints("classlabels_int64s");
  return std::make_shared<const Tensor>(TensorOfNumbers(DType::kInt64, numbers));
}

[[gnu::cold]] StatusOr<Value> EmitPostTransform(Lowering& node, const Value& scores,
                                                std::string_view name) {
  if (name == "NONE" || name.empty()) return scores;
  // Of one score alone SOFTMAX is 1, and to some engines the score.
  const bool known = name == "LOGISTIC" || (name == "SOFTMAX" && scores.columns() > 1);
  if (scores.dtype != DType::kFp32 || !known) return node.Unsupported("post_transform {}", name);
  ASSIGN_OR_RETURN(const Value y, node.NewRows(scores.dtype, scores.tail));
  if (name == "SOFTMAX") {
    EmitSoftmax(node, scores, y, scores.columns());
    return y;
  }
  node.Emit(MakeStep([from = scores.slot, to = y.slot, columns = scores.columns(),
                      &arithmetic = BestArithmetic()](const Block& block) {
              arithmetic.sigmoid_f32(block.In<float>(from), block.rows * columns,
                                     block.Out<float>(to));
            }),
            {scores.slot}, {y.slot});
  return y;
}

[[gnu::cold]] Status GiveClasses(Lowering& node, const Value& scores, std::string_view transform) {
  const auto labels = ClassLabels(node);
  if (scores.tail[0] < 2 || labels->shape[0] != scores.tail[0])
    return node.Unsupported("{} scores for {} labels", scores.tail[0], labels->shape[0]);
  ASSIGN_OR_RETURN(const Value best, EmitArgMax(node, scores));
  ASSIGN_OR_RETURN(const Value label, EmitLookup(node, best, labels));
  node.Give(0, label);
  ASSIGN_OR_RETURN(Value transformed, EmitPostTransform(node, scores, transform));
  node.Give(1, transformed);
  return OkStatus();
}

}  // namespace slipway::tabular
