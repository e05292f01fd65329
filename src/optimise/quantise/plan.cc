#include <algorithm>
#include <cmath>

#include "optimise/linear_node.h"
#include "optimise/quantise/qdq.h"

namespace slipway::optimise {
namespace {

constexpr std::string_view kMove[] = {"MaxPool",   "Reshape", "Flatten",
                                      "Transpose", "Squeeze", "Unsqueeze"};
constexpr std::string_view kReadOne[] = {"AveragePool", "GlobalAveragePool", "LeakyRelu",
                                         "Sigmoid"};
constexpr std::string_view kReadAll[] = {"Add", "Mul", "Concat"};

bool IsOneOf(const NodeProto& node, std::span<const std::string_view> names) {
  return Is(node, node.op_type()) && std::ranges::count(names, node.op_type()) > 0;
}

class Planner {
 public:
  Planner(GraphProto& graph, const std::vector<std::string>& in_float)
      : graph_(graph),
        links_(graph),
        constants_(graph),
        in_float_(in_float.begin(), in_float.end()),
        chosen_(static_cast<size_t>(graph.node_size())) {
    for (const NodeProto& node : graph.node())
      products_.push_back(constants_.Find(InputOf(node, 0)) == nullptr &&
                          ReadLinear(node, constants_).has_value());
  }

  QdqPlan Run() {
    for (int i = 0; i < graph_.node_size(); ++i) Choose(i);
    for (int i = graph_.node_size() - 1; i >= 0; --i)
      if (chosen_[i] && !products_[i] && !IsReadInInt8(OutputOf(i))) chosen_[i] = false;
    for (int i = 0; i < graph_.node_size(); ++i)
      if (chosen_[i]) Plan(i);
    return std::move(plan_);
  }

 private:
  /// Places of the inputs that are activations.
  std::vector<int> ActivationsOf(const NodeProto& node) const {
    std::vector<int> places = {0};
    for (int i = 1; IsOneOf(node, kReadAll) && i < node.input_size(); ++i) places.push_back(i);
    return places;
  }

  void Choose(int place) {
    const NodeProto& node = graph_.node(place);
    if (node.output_size() == 0 || in_float_.contains(node.output(0))) return;
    const bool between = IsOneOf(node, kMove) || IsOneOf(node, kReadOne) || IsOneOf(node, kReadAll);
    const auto is_int8 = [&](int i) { return int8_.contains(InputOf(node, i)); };
    const bool chosen = products_[place] || (between && node.output_size() == 1 &&
                                             std::ranges::all_of(ActivationsOf(node), is_int8));
    if (!chosen) return;
    chosen_[place] = true;
    int8_.insert(OutputOf(place));
  }

  /// Saturation of a range that holds 0 does what the node does.
  bool IsClamp(const NodeProto& node) const {
    if (Is(node, "Relu")) return true;
    if (!Is(node, "Clip") || node.attribute_size() > 0) return false;
    const auto bound = [&](int input, float otherwise) {
      if (InputOf(node, input).empty()) return otherwise;
      const std::vector<float> values = constants_.Floats(InputOf(node, input));
      return values.size() == 1 ? values[0] : NAN;
    };
    return bound(1, -INFINITY) <= 0 && bound(2, INFINITY) >= 0;
  }

  /// What the node makes, behind the clamps that go into it.
  std::string OutputOf(int place, std::vector<int>* folded = nullptr) const {
    std::string output = graph_.node(place).output(0);
    if (IsOneOf(graph_.node(place), kMove)) return output;
    for (;;) {
      const int next = links_.OnlyReaderOf(output);
      if (next == Links::kNone || !IsClamp(graph_.node(next)) ||
          graph_.node(next).input(0) != output)
        return output;
      if (folded != nullptr) folded->push_back(next);
      output = graph_.node(next).output(0);
    }
  }

  bool IsReadInInt8(const std::string& value) const {
    return std::ranges::any_of(links_.ReadersOf(value),
                               [&](int reader) { return chosen_[reader]; });
  }

  void Plan(int place) {
    const NodeProto& node = graph_.node(place);
    QdqNode planned{place, ActivationsOf(node), OutputOf(place)};
    planned.keeps_values = IsOneOf(node, kMove);
    planned.rounds_output = Is(node, "Conv") || IsReadInInt8(planned.output);
    if (planned.rounds_output)
      OutputOf(place, &plan_.folded);
    else
      planned.output = node.output(0);
    for (const int input : planned.inputs) Need(node.input(input));
    if (planned.rounds_output) Need(planned.output);
    plan_.nodes.push_back(std::move(planned));
  }

  void Need(const std::string& value) {
    if (needed_.insert(value).second) plan_.values.push_back(value);
  }

  const GraphProto& graph_;
  const Links links_;
  const Constants constants_;
  const StringSet in_float_;
  std::vector<char> products_, chosen_;  // by place
  StringSet int8_;                       // values that are rounded anyway
  StringSet needed_;
  QdqPlan plan_;
};

}  // namespace

QdqPlan PlanQdq(GraphProto& graph, const std::vector<std::string>& in_float) {
  return Planner(graph, in_float).Run();
}

}  // namespace slipway::optimise
