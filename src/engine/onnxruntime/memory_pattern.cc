#include "engine/onnxruntime/memory_pattern.h"

#include <algorithm>
#include <limits>
#include <span>

namespace slipway::onnxruntime {
namespace {

constexpr uint64_t kMaxPlanBytes = 16u << 20;
constexpr uint64_t kBytesPerNode = 64;  // of one plan
constexpr uint64_t kUncounted = std::numeric_limits<uint64_t>::max();

bool HasFreeDimension(std::span<const int64_t> shape) {
  return std::ranges::any_of(shape, [](int64_t dimension) { return dimension < 0; });
}

/// How many rows an input can have, when nothing else of it varies; 1 when that does not either.
uint64_t CountRows(const TensorSpec& input, const LoadOptions& options) {
  if (input.any_rank || input.optional) return kUncounted;
  if (!HasFreeDimension(input.shape)) return 1;
  const auto row = std::span(input.shape).subspan(1);
  if (HasFreeDimension(row)) return kUncounted;
  if (options.max_rows > 0) return static_cast<uint64_t>(options.max_rows);
  const StatusOr<int64_t> row_bytes = ByteCount(input.dtype, row);
  if (!row_bytes.ok() || *row_bytes == 0) return kUncounted;
  return options.max_input_bytes / static_cast<uint64_t>(*row_bytes);
}

uint64_t CountShapes(const Signature& signature, const LoadOptions& options) {
  uint64_t shapes = 1;
  for (const TensorSpec& input : signature.inputs) {
    const uint64_t rows = CountRows(input, options);
    if (rows == kUncounted) return kUncounted;
    if (rows == 1) continue;
    // Several inputs have the same number of rows by promise only.
    if (shapes > 1 && options.max_rows == 0) return kUncounted;
    shapes = std::max(shapes, rows);
  }
  return shapes;
}

bool HasBranches(const ::onnx::GraphProto& graph) {
  return std::ranges::any_of(graph.node(), [](const ::onnx::NodeProto& node) {
    return std::ranges::any_of(node.attribute(), [](const ::onnx::AttributeProto& attribute) {
      return attribute.has_g() || attribute.graphs_size() > 0;
    });
  });
}

}  // namespace

bool PlansAreBounded(const ::onnx::ModelProto& model, const Signature& signature,
                     const LoadOptions& options) {
  const uint64_t nodes = std::max(model.graph().node_size(), 1);
  return model.functions().empty() && !HasBranches(model.graph()) &&
         CountShapes(signature, options) <= kMaxPlanBytes / (kBytesPerNode * nodes);
}

}  // namespace slipway::onnxruntime
