#include "engine/tabular/operators/post_transform.h"

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
StatusOr<std::shared_ptr<const Tensor>> ClassLabels(const Lowering& node) {
  Tensor labels;
  if (const std::vector<std::string> texts = node.Texts("classlabels_strings"); !texts.empty()) {
    std::string wire;
    for (const std::string& text : texts) AppendBytesElement(wire, text);
    labels = {DType::kBytes, {static_cast<int64_t>(texts.size())}, Buffer::Own(std::move(wire))};
  } else {
    std::vector<int64_t> numbers = node.Ints("classlabels_ints");
    if (numbers.empty()) numbers = node.Ints("classlabels_int64s");
    const auto bytes = std::as_bytes(std::span(numbers));
    labels = {DType::kInt64,
              {static_cast<int64_t>(numbers.size())},
              Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
  }
  return std::make_shared<const Tensor>(std::move(labels));
}

StatusOr<Value> EmitPostTransform(Lowering& node, const Value& scores, std::string_view name) {
  if (name == "NONE" || name.empty()) return scores;
  if (scores.dtype != DType::kFp32 || (name != "LOGISTIC" && name != "SOFTMAX"))
    return node.Unsupported("post_transform {}", name);
  const Value y = node.NewRows(scores.dtype, scores.tail);
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

Status GiveClasses(Lowering& node, const Value& scores, std::string_view transform) {
  ASSIGN_OR_RETURN(const auto labels, ClassLabels(node));
  if (scores.tail[0] < 2 || labels->shape[0] != scores.tail[0])
    return node.Unsupported("{} scores for {} labels", scores.tail[0], labels->shape[0]);
  node.Give(0, EmitLookup(node, EmitArgMax(node, scores), labels));
  ASSIGN_OR_RETURN(Value transformed, EmitPostTransform(node, scores, transform));
  node.Give(1, transformed);
  return OkStatus();
}

}  // namespace slipway::tabular
