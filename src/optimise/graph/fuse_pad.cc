// Pad with zeros before Conv → the convolution's own padding.

#include <algorithm>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

/// What is added before and after each axis of space, as Conv's `pads` has it; empty when the node
/// does more than that.
std::vector<int64_t> SpacePads(const NodeProto& pad, const Constants& constants) {
  const AttributeProto* const mode = FindAttribute(pad, "mode");
  const std::vector<int64_t> pads = constants.Ints(InputOf(pad, 1));
  if ((mode != nullptr && mode->s() != "constant") || !InputOf(pad, 3).empty()) return {};
  if (!InputOf(pad, 2).empty() && constants.Floats(InputOf(pad, 2)) != std::vector<float>{0})
    return {};
  const size_t rank = pads.size() / 2;
  if (rank < 3 || std::ranges::any_of(pads, [](int64_t p) { return p < 0; })) return {};
  std::vector<int64_t> space;
  for (size_t i = 0; i < pads.size(); ++i) {
    const bool of_space = i % rank >= 2;  // batch and channels come first
    if (of_space) space.push_back(pads[i]);
    if (!of_space && pads[i] != 0) return {};
  }
  return space;
}

bool HasOwnPads(const NodeProto& conv) {
  const AttributeProto* const automatic = FindAttribute(conv, "auto_pad");
  return automatic == nullptr || automatic->s() == "NOTSET";
}

StatusOr<std::string> ApplyFusePad(ModelProto& model, const Settings&, const Workshop&) {
  GraphProto& graph = *model.mutable_graph();
  const Links links(graph);
  const Constants constants(graph);
  std::vector<bool> drop(static_cast<size_t>(graph.node_size()));
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& pad = graph.node(i);
    if (!Is(pad, "Pad") || pad.output_size() != 1) continue;
    const int reader = links.OnlyReaderOf(pad.output(0));
    if (reader == Links::kNone || !Is(graph.node(reader), "Conv") ||
        InputOf(graph.node(reader), 0) != pad.output(0))
      continue;
    NodeProto& conv = *graph.mutable_node(reader);
    std::vector<int64_t> pads = SpacePads(pad, constants);
    std::vector<int64_t> own = IntsOf(conv, "pads");
    own.resize(std::max(own.size(), pads.size()));
    if (pads.empty() || own.size() != pads.size() || !HasOwnPads(conv)) continue;
    for (size_t axis = 0; axis < pads.size(); ++axis) pads[axis] += own[axis];
    SetInts(conv, "pads", pads);
    conv.set_input(0, pad.input(0));
    drop[static_cast<size_t>(i)] = true;
  }
  const auto fused = std::ranges::count(drop, true);
  DropNodes(graph, drop);
  if (fused == 0) return "";
  return fmt::format("{} paddings went into convolutions", fused);
}

}  // namespace

Pass FusePad() {
  return {.name = "fuse-pad",
          .summary = "Padding with zeros before Conv becomes the convolution's own.",
          .apply = ApplyFusePad};
}

}  // namespace slipway::optimise
