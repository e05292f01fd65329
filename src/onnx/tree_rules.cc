#include "onnx/tree_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "onnx/skeleton.h"
#include "onnx/tree_lists.h"

namespace slipway::onnx {
namespace {

constexpr std::string_view kModes[] = {"<=", "<", ">=", ">", "==", "!=", "in"};
constexpr size_t kMember = 6;

/// The only node that reads `value`; null when there are several, or none.
const ::onnx::NodeProto* OnlyReaderOf(const ::onnx::GraphProto& graph, const std::string& value) {
  const ::onnx::NodeProto* only = nullptr;
  for (const auto& node : graph.node()) {
    if (std::ranges::find(node.input(), value) == node.input().end()) continue;
    if (only != nullptr) return nullptr;
    only = &node;
  }
  return only;
}

/// "0.5", or "0.5, 0.25, …"; "" when `value` is no constant of the graph.
std::string ConstantText(const ::onnx::GraphProto& graph, const std::string& value) {
  constexpr size_t kMost = 20;
  for (const auto& tensor : graph.initializer()) {
    if (tensor.name() != value) continue;
    const auto numbers = NumbersOf(tensor);
    if (!numbers.ok()) return "";
    std::string text;
    for (size_t i = 0; i < std::min(numbers->values.size(), kMost); ++i)
      text += (i > 0 ? ", " : "") + numbers->Text(numbers->values[i]);
    return text + (numbers->values.size() > kMost ? ", …" : "");
  }
  return "";
}

/// What "Div" makes of a value and a constant: "divided by"; "" of other operators.
std::string_view Verb(std::string_view op) {
  if (op == "Add") return "plus";
  if (op == "Sub") return "minus";
  if (op == "Mul") return "times";
  return op == "Div" ? "divided by" : "";
}

bool KeepsNumbers(std::string_view op) {
  constexpr std::string_view kOps[] = {"Cast",     "Gather",  "ReduceSum", "Reshape",
                                       "Identity", "Squeeze", "Unsqueeze", "Flatten"};
  return std::ranges::find(kOps, op) != std::end(kOps);
}

/// What happens to the sum of the trees before it is an answer, as far as it is arithmetic with
/// constants: "the sum of the trees is divided by 20, then given to Sigmoid\n".
std::string AfterTheTrees(const ::onnx::GraphProto& graph, const ::onnx::NodeProto& ensemble) {
  std::string steps;
  const auto add = [&steps](const std::string& step) {
    steps += (steps.empty() ? "" : ", then ") + step;
  };
  const ::onnx::NodeProto* node = &ensemble;
  for (int left = graph.node_size(); left > 0 && node->output_size() > 0; --left) {
    const std::string value = node->output(0);
    node = OnlyReaderOf(graph, value);
    if (node == nullptr) break;
    if (KeepsNumbers(node->op_type())) continue;
    const std::string_view verb = Verb(node->op_type());
    const bool first = node->input_size() == 2 && node->input(0) == value;
    const bool commutes = node->op_type() == "Add" || node->op_type() == "Mul";
    const std::string constant = node->input_size() == 2 && (first || commutes)
                                     ? ConstantText(graph, node->input(first ? 1 : 0))
                                     : "";
    if (verb.empty() || constant.empty()) {
      add("given to " + node->op_type());
      break;
    }
    add(fmt::format("{} {}", verb, constant));
  }
  return steps.empty() ? "" : "the sum of the trees is " + steps + "\n";
}

class Writer {
 public:
  using Sink = std::function<Status(std::string_view)>;

  Writer(const TreeLists& ensemble, const RuleNames& names, const Sink& write)
      : ensemble_(ensemble),
        table_(ensemble.table),
        names_(names),
        write_(write),
        reached_(ensemble.features.size()) {
    size_t begin = 0;
    sets_.resize(ensemble.features.size());
    for (size_t i = 0; i < sets_.size(); ++i) {
      if (ensemble.modes.values[i] != kMember) continue;
      size_t end = begin;
      const auto& members = ensemble.members.values;
      while (end < members.size() && !std::isnan(members[end])) ++end;
      sets_[i] = {begin, end};
      begin = end + 1;
    }
  }

  Status WriteAll() {
    for (size_t i = 0; i < ensemble_.roots.size(); ++i) {
      text_ += fmt::format("tree {} of {}\n", i + 1, ensemble_.roots.size());
      const bool is_leaf = !ensemble_.root_leaves.empty() && ensemble_.root_leaves[i];
      RETURN_IF_ERROR(WriteTree(ensemble_.roots[i], is_leaf, i + 1));
    }
    return write_(text_);
  }

 private:
  /// What is still to be written: a branch, or the "else" between two.
  struct Open {
    int64_t id;
    bool leaf;
    size_t depth;
    std::string before;  // a line that goes first
  };

  Status WriteTree(int64_t root, bool is_leaf, size_t number) {
    std::vector<Open> open = {{root, is_leaf, 0, ""}};
    while (!open.empty()) {
      RETURN_IF_ERROR(FlushWhenLong());
      const Open now = std::move(open.back());
      open.pop_back();
      text_ += now.before;
      const std::string indent(2 * now.depth, ' ');
      if (now.leaf) {
        ASSIGN_OR_RETURN(const std::string leaf, LeafText(now.id, number));
        text_ += indent + leaf + '\n';
        continue;
      }
      if (now.depth > kMaxTreeDepth)
        return Error(Reason::kUnsupported, "tree {} is deeper than {}", number, kMaxTreeDepth);
      if (now.id < 0 || static_cast<size_t>(now.id) >= reached_.size() || reached_[now.id])
        return Error(Reason::kBadModel, "tree {}: split {} is out of range or reached twice",
                     number, now.id);
      reached_[now.id] = true;
      const bool missing = !ensemble_.missing.empty() && ensemble_.missing[now.id] != 0;
      text_ +=
          fmt::format("{}if {}{}:\n", indent, Question(now.id), missing ? " (or missing)" : "");
      open.push_back({ensemble_.false_ids[now.id], ensemble_.false_leaves[now.id] != 0,
                      now.depth + 1, indent + "else:\n"});
      open.push_back(
          {ensemble_.true_ids[now.id], ensemble_.true_leaves[now.id] != 0, now.depth + 1, ""});
    }
    return OkStatus();
  }

  Status FlushWhenLong() {
    constexpr size_t kPieceBytes = size_t{64} << 10;
    if (text_.size() < kPieceBytes) return OkStatus();
    const Status written = write_(text_);
    text_.clear();
    return written;
  }

  std::string Question(int64_t split) const {
    const int64_t feature = ensemble_.features[split];
    const bool named = feature >= 0 && static_cast<size_t>(feature) < names_.features.size();
    const std::string name = named ? names_.features[feature] : fmt::format("x[{}]", feature);
    const double mode = ensemble_.modes.values[split];
    const bool known = mode >= 0 && mode <= kMember;
    std::string text = fmt::format("{} {} ", name, known ? kModes[static_cast<size_t>(mode)] : "?");
    if (mode != kMember) return text + ensemble_.splits.Text(ensemble_.splits.values[split]);
    text += '{';
    for (size_t i = sets_[split].first; i < sets_[split].second; ++i)
      text += (i > sets_[split].first ? ", " : "") +
              ensemble_.members.Text(ensemble_.members.values[i]);
    return text + '}';
  }

  /// @param outputs  how many there are: only as many names are theirs.
  std::string OutputName(size_t index, size_t outputs) const {
    return index < outputs && names_.classes.size() == outputs ? names_.classes[index]
                                                               : fmt::format("output {}", index);
  }

  StatusOr<std::string> LeafText(int64_t leaf, size_t tree) const {
    const std::vector<double>& weights = ensemble_.weights.values;
    if (leaf < 0 || static_cast<size_t>(leaf) >= weights.size())
      return Error(Reason::kBadModel, "tree {}: expected a leaf below {}, got {}", tree,
                   weights.size(), leaf);
    const double weight = weights[leaf];
    const auto target = static_cast<size_t>(ensemble_.targets[leaf]);
    if (!table_) {
      const std::string number = ensemble_.weights.Text(weight);
      const auto outputs = static_cast<size_t>(ensemble_.n_targets);
      return outputs == 1 ? fmt::format("add {}", number)
                          : fmt::format("add {} to {}", number, OutputName(target, outputs));
    }
    const size_t width = table_->width;
    const size_t rows = width == 0 ? 0 : table_->numbers.values.size() / width;
    if (!(weight >= 0 && weight < static_cast<double>(rows)))
      return Error(Reason::kBadModel, "tree {}: leaf {} is no row of its table", tree, leaf);
    std::string text;
    const double* const row = table_->numbers.values.data() + static_cast<size_t>(weight) * width;
    for (size_t i = 0; i < width; ++i)
      text += fmt::format("{}{} {}", i > 0 ? ", " : "", OutputName(i, width),
                          table_->numbers.Text(row[i]));
    return text;
  }

  const TreeLists& ensemble_;
  const std::optional<LeafTable>& table_;
  const RuleNames& names_;
  const Sink& write_;
  std::string text_;  // not written yet
  std::vector<bool> reached_;
  std::vector<std::pair<size_t, size_t>> sets_;  // begin and end among the members, by split
};

}  // namespace

Status WriteTreeRules(std::span<const std::byte> model, const RuleNames& names,
                      const std::function<Status(std::string_view)>& write) {
  ASSIGN_OR_RETURN(const ::onnx::ModelProto proto, ParseModel(model));
  bool any = false;
  for (const auto& node : proto.graph().node()) {
    const bool is_old = IsOldTrees(node);
    if (!is_old && node.op_type() != "TreeEnsemble") continue;
    any = true;
    ASSIGN_OR_RETURN(TreeLists lists, is_old ? ReadOldTrees(node) : ReadTreeEnsemble(node));
    if (!is_old) {
      ASSIGN_OR_RETURN(lists.table, LeafTableOf(proto.graph(), node));
    }
    RuleNames of_node = names;
    if (of_node.classes.empty()) of_node.classes = lists.classes;
    RETURN_IF_ERROR(Writer(lists, of_node, write).WriteAll());
    RETURN_IF_ERROR(write(is_old ? lists.after : AfterTheTrees(proto.graph(), node)));
  }
  if (!any) return Error(Reason::kUnsupported, "the model has no trees: its rules cannot be told");
  return OkStatus();
}

}  // namespace slipway::onnx
