// Structured pruning: whole channels of Conv and whole units of Gemm go, and what reads them with
// them. Smaller and faster on every engine.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

/// What may stand between two layers: it works on each channel alone and makes 0 of 0 or a constant
/// that the next layer would have to know; the latter are left out.
constexpr std::string_view kPerChannel[] = {"Relu",    "Clip",        "LeakyRelu",         "Tanh",
                                            "MaxPool", "AveragePool", "GlobalAveragePool", "Elu",
                                            "Gelu",    "HardSwish",   "Identity"};

/// A layer, the one that reads it, and what stands between.
struct Chain {
  int first = 0, last = 0;
  std::vector<int> depthwise;  // convolutions of each channel alone
  std::optional<int> reshape;  // before a Gemm
};

class Pruner {
 public:
  Pruner(GraphProto& graph, double share)
      : graph_(graph), links_(graph), constants_(graph), share_(share) {}

  int Run() {
    for (int i = 0; i < graph_.node_size(); ++i)
      if (const std::optional<Chain> chain = ChainFrom(i)) Prune(*chain);
    return removed_;
  }

 private:
  bool IsDepthwise(const NodeProto& node) const {
    const TensorProto* const weights = constants_.Find(InputOf(node, 1));
    return Is(node, "Conv") && weights != nullptr && weights->dims_size() > 2 &&
           weights->dims(1) == 1 && weights->dims(0) == IntOf(node, "group", 1) &&
           weights->dims(0) > 1;
  }

  static bool IsWhole(const NodeProto& node) { return IntOf(node, "group", 1) == 1; }

  /// Flatten, or Reshape to [?, a number or -1].
  bool IsFlattening(const NodeProto& node) const {
    if (Is(node, "Flatten")) return IntOf(node, "axis", 1) == 1;
    return Is(node, "Reshape") && constants_.Ints(InputOf(node, 1)).size() == 2;
  }

  std::optional<Chain> ChainFrom(int place) const {
    const NodeProto& first = graph_.node(place);
    if (!IsWhole(first) || !ReadLinear(first, constants_) || Is(first, "MatMul")) return {};
    Chain chain{place};
    for (int at = place;;) {
      const NodeProto& node = graph_.node(at);
      const int next = node.output_size() == 0 ? Links::kNone : links_.OnlyReaderOf(node.output(0));
      if (next == Links::kNone || graph_.node(next).input(0) != node.output(0)) return {};
      const NodeProto& reader = graph_.node(next);
      if (IsDepthwise(reader) && !chain.reshape) {
        chain.depthwise.push_back(next);
      } else if (Is(reader, "Conv") || Is(reader, "Gemm") || Is(reader, "MatMul")) {
        chain.last = next;
        const bool fits = Is(first, "Conv") == (Is(reader, "Conv") || chain.reshape.has_value());
        return fits && IsWhole(reader) ? std::optional(chain) : std::nullopt;
      } else if (IsFlattening(reader) && Is(first, "Conv") && !chain.reshape) {
        chain.reshape = next;
      } else if (!Is(reader, reader.op_type()) ||
                 std::ranges::count(kPerChannel, reader.op_type()) == 0) {
        return {};
      }
      at = next;
    }
  }

  /// Channels to keep: those whose own weights, and what is made of them, are largest.
  std::vector<size_t> Kept(const LinearNode& first, const LinearNode& last) const {
    const size_t outputs = first.outputs();
    const size_t span = last.weights_per_output() / outputs;  // weights that read one channel
    std::vector<double> importance(outputs);
    for (size_t o = 0; o < outputs; ++o) {
      double own = first.bias[o] * first.bias[o], read = 0;
      for (size_t i = 0; i < first.weights_per_output(); ++i)
        own += first.at(o, i) * double{first.at(o, i)};
      for (size_t r = 0; r < last.outputs(); ++r)
        for (size_t i = o * span; i < (o + 1) * span; ++i)
          read += last.at(r, i) * double{last.at(r, i)};
      importance[o] = std::sqrt(own) * std::sqrt(read);
    }
    std::vector<size_t> order(outputs);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater(), [&](size_t o) { return importance[o]; });
    const auto removed = static_cast<size_t>(share_ * static_cast<double>(outputs));
    order.resize(std::max<size_t>(outputs - std::min(removed, outputs), 1));
    std::ranges::sort(order);
    return order;
  }

  /// The layer with these outputs alone.
  static LinearNode WithOutputs(const LinearNode& layer, const std::vector<size_t>& kept) {
    LinearNode part = layer;
    part.dims[layer.output_is_last ? 1 : 0] = std::ssize(kept);
    part.weights.resize(layer.weights_per_output() * kept.size());
    part.bias.resize(kept.size());
    for (size_t o = 0; o < kept.size(); ++o) {
      part.bias[o] = layer.bias[kept[o]];
      for (size_t i = 0; i < layer.weights_per_output(); ++i) part.at(o, i) = layer.at(kept[o], i);
    }
    return part;
  }

  /// The layer reading these of `channels` channels alone.
  static LinearNode WithInputs(const LinearNode& layer, const std::vector<size_t>& kept,
                               size_t channels) {
    LinearNode part = layer;
    const size_t span = layer.weights_per_output() / channels;
    int64_t& inputs = part.dims[layer.output_is_last ? 0 : 1];
    inputs = inputs / static_cast<int64_t>(channels) * std::ssize(kept);
    part.weights.resize(layer.outputs() * span * kept.size());
    for (size_t o = 0; o < layer.outputs(); ++o)
      for (size_t c = 0; c < kept.size(); ++c)
        for (size_t i = 0; i < span; ++i)
          part.at(o, c * span + i) = layer.at(o, kept[c] * span + i);
    return part;
  }

  void Prune(const Chain& chain) {
    NodeProto& first_node = *graph_.mutable_node(chain.first);
    NodeProto& last_node = *graph_.mutable_node(chain.last);
    const auto first = ReadLinear(first_node, constants_), last = ReadLinear(last_node, constants_);
    if (!first || !last || last->weights_per_output() % first->outputs() != 0) return;
    std::vector<LinearNode> between;
    for (const int place : chain.depthwise) {
      const auto layer = ReadLinear(graph_.node(place), constants_);
      if (!layer || layer->outputs() != first->outputs()) return;
      between.push_back(*layer);
    }
    const std::vector<size_t> kept = Kept(*first, *last);
    if (kept.size() == first->outputs()) return;
    WriteLinear(WithOutputs(*first, kept), first_node, constants_);
    for (size_t i = 0; i < between.size(); ++i) {
      NodeProto& node = *graph_.mutable_node(chain.depthwise[i]);
      WriteLinear(WithOutputs(between[i], kept), node, constants_);
      SetInt(node, "group", std::ssize(kept));
    }
    if (chain.reshape)
      Reshape(*graph_.mutable_node(*chain.reshape),
              last->weights_per_output() / first->outputs() * kept.size());
    WriteLinear(WithInputs(*last, kept, first->outputs()), last_node, constants_);
    removed_ += static_cast<int>(first->outputs() - kept.size());
  }

  void Reshape(NodeProto& node, size_t width) {
    if (!Is(node, "Reshape")) return;
    std::vector<int64_t> shape = constants_.Ints(node.input(1));
    if (shape[1] > 0) shape[1] = static_cast<int64_t>(width);
    node.set_input(1, constants_.Add(node.input(1), {2}, shape));
  }

  GraphProto& graph_;
  const Links links_;
  Constants constants_;
  const double share_;
  int removed_ = 0;
};

StatusOr<std::string> ApplyPruneUnits(ModelProto& model, const Settings& settings,
                                      const Workshop&) {
  GraphProto& graph = *model.mutable_graph();
  const int removed = Pruner(graph, settings.Number("share")).Run();
  if (removed == 0) return "";
  graph.clear_value_info();  // shapes are others now
  return fmt::format("{} channels and units removed", removed);
}

}  // namespace

Pass PruneUnits() {
  return {.name = "prune-units",
          .summary =
              "Whole channels of Conv and units of Gemm that matter least go, layer by "
              "layer: smaller and faster, and less accurate.",
          .exact = false,
          .parameters = {{.name = "share",
                          .otherwise = "0.25",
                          .min = 0,
                          .max = 0.95,
                          .help = "Of a layer's channels or units."}},
          .apply = ApplyPruneUnits};
}

}  // namespace slipway::optimise
