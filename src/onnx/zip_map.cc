#include "onnx/zip_map.h"

#include <absl/container/flat_hash_set.h>

#include "base/utf8.h"
#include "onnx/display.h"

namespace slipway::onnx {
namespace {

constexpr int64_t kIdentityOpset = 13;

void DeclareDefaultOpset(::onnx::ModelProto& model) {
  for (const auto& opset : model.opset_import())
    if (opset.domain().empty() || opset.domain() == "ai.onnx") return;
  model.add_opset_import()->set_version(kIdentityOpset);
}

}  // namespace

const ::onnx::NodeProto* FindZipMap(const ::onnx::GraphProto& graph, std::string_view output) {
  for (const auto& node : graph.node())
    if (node.op_type() == "ZipMap" && node.domain() == "ai.onnx.ml" && node.input_size() == 1 &&
        node.output_size() == 1 && node.output(0) == output)
      return &node;
  return nullptr;
}

StatusOr<std::vector<std::string>> ZipMapLabels(const ::onnx::NodeProto& zip_map) {
  std::vector<std::string> labels;
  int sources = 0;
  for (const auto& attribute : zip_map.attribute()) {
    if (attribute.name() == "classlabels_int64s" && attribute.ints_size() > 0) {
      ++sources;
      for (const int64_t label : attribute.ints()) labels.push_back(std::to_string(label));
    } else if (attribute.name() == "classlabels_strings" && attribute.strings_size() > 0) {
      ++sources;
      labels.assign(attribute.strings().begin(), attribute.strings().end());
    }
  }
  const auto refuse = [&](std::string_view what) {
    return Error(Reason::kBadModel, "ZipMap of output \"{}\": {}", Shown(zip_map.output(0)), what);
  };
  if (sources != 1) return refuse("expected class labels, either integers or strings");
  absl::flat_hash_set<std::string> seen;
  for (const auto& label : labels) {
    if (!IsValidUtf8(label)) return refuse("a class label is not UTF-8");
    if (!seen.insert(label).second) return refuse("class label \"" + Shown(label) + "\" stands twice");
  }
  return labels;
}

Status ReplaceZipMaps(::onnx::ModelProto& model) {
  auto& graph = *model.mutable_graph();
  bool replaced = false;
  for (auto& output : *graph.mutable_output()) {
    const auto* found = FindZipMap(graph, output.name());
    if (found == nullptr) continue;
    ASSIGN_OR_RETURN(const auto labels, ZipMapLabels(*found));
    auto& node = const_cast<::onnx::NodeProto&>(*found);
    node.set_op_type("Identity");
    node.clear_domain();
    node.clear_attribute();
    replaced = true;
    auto& tensor = *output.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(::onnx::TensorProto::FLOAT);
    tensor.mutable_shape()->add_dim();
    tensor.mutable_shape()->add_dim()->set_dim_value(static_cast<int64_t>(labels.size()));
  }
  if (replaced) DeclareDefaultOpset(model);
  return OkStatus();
}

}  // namespace slipway::onnx
