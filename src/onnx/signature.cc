#include "onnx/signature.h"

#include <absl/container/flat_hash_set.h>

#include "base/utf8.h"
#include "onnx/display.h"
#include "onnx/types.h"
#include "onnx/zip_map.h"

namespace slipway::onnx {
namespace {

// Before this version every initializer had to be listed as an input, and none could be overridden.
constexpr int64_t kOverridableInitializers = 4;

using ZipMaps = StringMap<const ::onnx::NodeProto*>;

Status CheckName(std::string_view kind, int index, const std::string& name,
                 absl::flat_hash_set<std::string>& seen) {
  if (name.empty()) return Error(Reason::kBadModel, "{} {} has no name", kind, index);
  if (!IsValidUtf8(name))
    return Error(Reason::kBadModel, "{} {}: its name is not UTF-8", kind, index);
  if (!seen.insert(name).second)
    return Error(Reason::kBadModel, "{} \"{}\" stands twice", kind, Shown(name));
  return OkStatus();
}

Status Unsupported(std::string_view kind, const ::onnx::ValueInfoProto& value) {
  return Error(Reason::kUnsupported, "{} \"{}\": type {} is not supported", kind,
               Shown(value.name()), TypeText(value.type()));
}

StatusOr<TensorSpec> SpecOf(std::string_view kind, const ::onnx::ValueInfoProto& value,
                            const ::onnx::TypeProto::Tensor& tensor,
                            std::vector<std::string>& warnings) {
  const auto dtype = DTypeOf(tensor.elem_type());
  if (!dtype) return Unsupported(kind, value);
  TensorSpec spec{.name = value.name(), .dtype = *dtype, .shape = {}};
  if (!tensor.has_shape()) {
    spec.shape = {-1};
    spec.any_rank = true;
    warnings.push_back(fmt::format(
        "{} \"{}\": the model does not say how many dimensions it has; it is shown as [-1]", kind,
        Shown(value.name())));
    return spec;
  }
  if (tensor.shape().dim_size() > kMaxRank)
    return Error(Reason::kBadModel, "{} \"{}\": expected at most {} dimensions, got {}", kind,
                 Shown(value.name()), kMaxRank, tensor.shape().dim_size());
  for (const auto& dim : tensor.shape().dim())
    spec.shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value() : -1);
  return spec;
}

StatusOr<TensorSpec> InputSpec(const ::onnx::ValueInfoProto& input,
                               std::vector<std::string>& warnings) {
  const bool optional = input.type().has_optional_type();
  const auto& type = optional ? input.type().optional_type().elem_type() : input.type();
  if (!type.has_tensor_type()) return Unsupported("input", input);
  ASSIGN_OR_RETURN(TensorSpec spec, SpecOf("input", input, type.tensor_type(), warnings));
  spec.optional = optional;
  return spec;
}

StatusOr<TensorSpec> OutputSpec(const ZipMaps& zip_maps, const ::onnx::ValueInfoProto& output,
                                std::vector<std::string>& warnings) {
  if (output.type().has_sequence_type()) {
    const auto zip_map = zip_maps.find(output.name());
    if (zip_map == zip_maps.end()) return Unsupported("output", output);
    ASSIGN_OR_RETURN(auto labels, ZipMapLabels(*zip_map->second));
    const auto classes = static_cast<int64_t>(labels.size());
    return TensorSpec{.name = output.name(),
                      .dtype = DType::kFp32,
                      .shape = {-1, classes},
                      .labels = std::move(labels)};
  }
  if (!output.type().has_tensor_type()) return Unsupported("output", output);
  return SpecOf("output", output, output.type().tensor_type(), warnings);
}

}  // namespace

StatusOr<Signature> SignatureOf(const ::onnx::ModelProto& model,
                                std::vector<std::string>& warnings) {
  const auto& graph = model.graph();
  absl::flat_hash_set<std::string> initializers;
  for (const auto& tensor : graph.initializer()) initializers.insert(tensor.name());
  for (const auto& sparse : graph.sparse_initializer()) initializers.insert(sparse.values().name());

  Signature signature;
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < graph.input_size(); ++i) {
    const auto& input = graph.input(i);
    RETURN_IF_ERROR(CheckName("input", i, input.name(), seen));
    const bool has_default = initializers.contains(input.name());
    if (has_default && model.ir_version() < kOverridableInitializers) continue;
    ASSIGN_OR_RETURN(TensorSpec spec, InputSpec(input, warnings));
    spec.optional |= has_default;
    signature.inputs.push_back(std::move(spec));
  }
  seen.clear();
  const ZipMaps zip_maps = ZipMapsOf(graph);
  for (int i = 0; i < graph.output_size(); ++i) {
    RETURN_IF_ERROR(CheckName("output", i, graph.output(i).name(), seen));
    ASSIGN_OR_RETURN(TensorSpec spec, OutputSpec(zip_maps, graph.output(i), warnings));
    signature.outputs.push_back(std::move(spec));
  }
  if (signature.outputs.empty()) return MakeError(Reason::kBadModel, "the graph has no outputs");
  return signature;
}

}  // namespace slipway::onnx
