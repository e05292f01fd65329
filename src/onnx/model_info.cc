#include "onnx/model_info.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <limits>

#include "base/utf8.h"
#include "onnx/display.h"
#include "onnx/external_data.h"
#include "onnx/onnx.pb.h"
#include "onnx/signature.h"
#include "onnx/skeleton.h"
#include "onnx/tensor_proto.h"
#include "tensor/shape.h"

namespace slipway::onnx {
namespace {

std::string OperatorName(const ::onnx::NodeProto& node) {
  if (node.domain().empty() || node.domain() == "ai.onnx") return node.op_type();
  return node.domain() + "." + node.op_type();
}

// Visits every graph, node and tensor, wherever it is nested, with a work list.
class Walk {
 public:
  Walk(const Limits& limits, ModelInfo& info) : limits_(limits), info_(info) {}

  Status Run(const ::onnx::ModelProto& model) {
    RETURN_IF_ERROR(Graph(model.graph(), 0));
    for (const auto& function : model.functions()) RETURN_IF_ERROR(Nodes(function.node(), 0));
    for (const auto& training : model.training_info()) {
      RETURN_IF_ERROR(Graph(training.initialization(), 1));
      RETURN_IF_ERROR(Graph(training.algorithm(), 1));
    }
    while (!pending_.empty()) {
      const auto [graph, depth] = pending_.back();
      pending_.pop_back();
      RETURN_IF_ERROR(Graph(*graph, depth));
    }
    return OkStatus();
  }

 private:
  struct Subgraph {
    const ::onnx::GraphProto* graph;
    int depth;
  };

  Status Graph(const ::onnx::GraphProto& graph, int depth) {
    for (const auto& tensor : graph.initializer())
      RETURN_IF_ERROR(depth == 0 ? MainInitializer(tensor) : InnerTensor(tensor));
    for (const auto& sparse : graph.sparse_initializer()) RETURN_IF_ERROR(Sparse(sparse));
    return Nodes(graph.node(), depth);
  }

  Status Nodes(const google::protobuf::RepeatedPtrField<::onnx::NodeProto>& nodes, int depth) {
    nodes_ += static_cast<size_t>(nodes.size());
    if (nodes_ > limits_.max_nodes)
      return Error(Reason::kBadModel, "the model has more than {} nodes", limits_.max_nodes);
    for (const auto& node : nodes) {
      if (node.op_type().empty())
        return Error(Reason::kBadModel, "node \"{}\" names no operator", Shown(node.name()));
      auto name = OperatorName(node);
      if (!IsValidUtf8(name)) return MakeError(Reason::kBadModel, "an operator's name is not UTF-8");
      ++info_.operators[std::move(name)];
      for (const auto& attribute : node.attribute()) RETURN_IF_ERROR(Attribute(attribute, depth));
    }
    return OkStatus();
  }

  Status Attribute(const ::onnx::AttributeProto& attribute, int depth) {
    if (attribute.has_t()) RETURN_IF_ERROR(InnerTensor(attribute.t()));
    for (const auto& tensor : attribute.tensors()) RETURN_IF_ERROR(InnerTensor(tensor));
    if (attribute.has_sparse_tensor()) RETURN_IF_ERROR(Sparse(attribute.sparse_tensor()));
    for (const auto& sparse : attribute.sparse_tensors()) RETURN_IF_ERROR(Sparse(sparse));
    if (!attribute.has_g() && attribute.graphs().empty()) return OkStatus();
    if (depth >= limits_.max_subgraph_depth)
      return Error(Reason::kBadModel, "attribute \"{}\": subgraphs are nested deeper than {}",
                   Shown(attribute.name()), limits_.max_subgraph_depth);
    if (attribute.has_g()) pending_.push_back({&attribute.g(), depth + 1});
    for (const auto& graph : attribute.graphs()) pending_.push_back({&graph, depth + 1});
    return OkStatus();
  }

  Status MainInitializer(const ::onnx::TensorProto& tensor) {
    const auto elements = ElementCount(DimsOf(tensor));
    if (!elements.ok() || *elements > std::numeric_limits<int64_t>::max() - info_.parameter_count)
      return Error(Reason::kBadModel, "initializer \"{}\": its element count is not a number below 2^63",
                   Shown(tensor.name()));
    info_.parameter_count += *elements;
    ASSIGN_OR_RETURN(std::string location, LocationOf(tensor));
    if (!location.empty() && seen_.insert(location).second)
      info_.external_locations.push_back(std::move(location));
    return OkStatus();
  }

  // ONNX Runtime takes external bytes for the main graph's initializers only; for any other tensor it
  // would open the path itself.
  Status InnerTensor(const ::onnx::TensorProto& tensor) {
    ASSIGN_OR_RETURN(const std::string location, LocationOf(tensor));
    if (location.empty()) return OkStatus();
    return Error(Reason::kUnsupported,
                 "tensor \"{}\": external data is supported for initializers of the main graph only",
                 Shown(tensor.name()));
  }

  Status Sparse(const ::onnx::SparseTensorProto& sparse) {
    RETURN_IF_ERROR(InnerTensor(sparse.values()));
    return InnerTensor(sparse.indices());
  }

  const Limits& limits_;
  ModelInfo& info_;
  std::vector<Subgraph> pending_;
  absl::flat_hash_set<std::string> seen_;
  size_t nodes_ = 0;
};

Status CopyHeader(const ::onnx::ModelProto& model, ModelInfo& info) {
  info.ir_version = model.ir_version();
  info.producer = model.producer_name();
  if (!model.producer_version().empty()) info.producer += " " + model.producer_version();
  if (!IsValidUtf8(info.producer)) return MakeError(Reason::kBadModel, "producer_name is not UTF-8");
  for (const auto& opset : model.opset_import()) {
    if (!IsValidUtf8(opset.domain()))
      return MakeError(Reason::kBadModel, "an operator set's domain is not UTF-8");
    info.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  }
  for (const auto& entry : model.metadata_props()) {
    if (!IsValidUtf8(entry.key()) || !IsValidUtf8(entry.value()))
      return MakeError(Reason::kBadModel, "metadata_props: an entry is not UTF-8");
    info.metadata[entry.key()] = entry.value();
  }
  return OkStatus();
}

}  // namespace

StatusOr<ModelInfo> InspectSkeleton(const ::onnx::ModelProto& model, const Limits& limits) {
  if (!model.has_graph()) return MakeError(Reason::kBadModel, "the bytes are not an ONNX model: no graph");
  if (model.ir_version() < 1)
    return MakeError(Reason::kBadModel, "the bytes are not an ONNX model: no ir_version");
  ModelInfo info;
  RETURN_IF_ERROR(CopyHeader(model, info));
  RETURN_IF_ERROR(Walk(limits, info).Run(model));
  ASSIGN_OR_RETURN(info.signature, SignatureOf(model, info.warnings));
  return info;
}

StatusOr<ModelInfo> Inspect(std::span<const std::byte> model, const Limits& limits) {
  if (model.size() > limits.max_model_bytes)
    return Error(Reason::kBadModel, "the model has {} bytes, more than the limit of {}", model.size(),
                 limits.max_model_bytes);
  ASSIGN_OR_RETURN(const ::onnx::ModelProto parsed, ParseSkeleton(model));
  return InspectSkeleton(parsed, limits);
}

}  // namespace slipway::onnx
