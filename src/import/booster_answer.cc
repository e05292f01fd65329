#include "import/booster_answer.h"

#include <algorithm>

#include "import/graph.h"
#include "onnx/onnx.pb.h"

namespace slipway::importing {
namespace {

constexpr std::string_view kPredict = "predict";
constexpr std::string_view kProbabilities = "predict_proba";

::onnx::ValueInfoProto* FindOutput(::onnx::GraphProto& graph, std::string_view name) {
  const auto found = std::ranges::find_if(
      *graph.mutable_output(), [&](const auto& output) { return output.name() == name; });
  return found == graph.mutable_output()->end() ? nullptr : &*found;
}

void AddSecondColumn(::onnx::GraphProto& graph) {
  constexpr std::string_view kIndex = "second_class";
  auto& index = *graph.add_initializer();
  index.set_name(std::string(kIndex));
  index.set_data_type(::onnx::TensorProto::INT64);
  index.add_int64_data(1);
  auto& gather = *graph.add_node();
  gather.set_op_type("Gather");
  gather.add_input(std::string(kProbabilities));
  gather.add_input(std::string(kIndex));
  gather.add_output(std::string(kPredict));
  auto& axis = *gather.add_attribute();
  axis.set_name("axis");
  axis.set_type(::onnx::AttributeProto::INT);
  axis.set_i(1);
}

void AddAllColumns(::onnx::GraphProto& graph) {
  auto& identity = *graph.add_node();
  identity.set_op_type("Identity");
  identity.add_input(std::string(kProbabilities));
  identity.add_output(std::string(kPredict));
}

/// What was `predict`, as numbers of classes in FP32.
void AnswerLabels(::onnx::GraphProto& graph, ::onnx::ValueInfoProto& predict) {
  constexpr std::string_view kLabels = "numbers_of_classes";
  for (auto& node : *graph.mutable_node()) {
    for (auto* const names : {node.mutable_output(), node.mutable_input()})
      for (std::string& name : *names)
        if (name == kPredict) name = kLabels;
  }
  predict.mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
  auto& cast = *graph.add_node();
  cast.set_op_type("Cast");
  cast.add_input(std::string(kLabels));
  cast.add_output(std::string(kPredict));
  auto& to = *cast.add_attribute();
  to.set_name("to");
  to.set_type(::onnx::AttributeProto::INT);
  to.set_i(::onnx::TensorProto::FLOAT);
}

}  // namespace

Status AnswerAsBooster(Imported& imported) {
  ::onnx::ModelProto model;
  if (!model.ParseFromString(imported.model))
    return Error(Reason::kBadModel, "the imported model is no ONNX");
  ::onnx::GraphProto& graph = *model.mutable_graph();
  ::onnx::ValueInfoProto* const predict = FindOutput(graph, kPredict);
  if (imported.scores_are_labels && predict != nullptr) {
    AnswerLabels(graph, *predict);
    imported.labels.erase(std::string(kPredict));
    ASSIGN_OR_RETURN(imported.model, Serialize(model));
    return OkStatus();
  }
  const ::onnx::ValueInfoProto* const probabilities = FindOutput(graph, kProbabilities);
  if (predict == nullptr || probabilities == nullptr) return OkStatus();
  const auto& shape = probabilities->type().tensor_type().shape();
  if (shape.dim_size() != 2) return OkStatus();

  *predict->mutable_type() = probabilities->type();
  predict->set_name("");  // its nodes are dead now
  DropUnused(graph);
  predict->set_name(std::string(kPredict));
  if (shape.dim(1).dim_value() == 2) {
    predict->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()->RemoveLast();
    AddSecondColumn(graph);
  } else {
    AddAllColumns(graph);
  }
  imported.labels.erase(std::string(kPredict));
  ASSIGN_OR_RETURN(imported.model, Serialize(model));
  return OkStatus();
}

}  // namespace slipway::importing
