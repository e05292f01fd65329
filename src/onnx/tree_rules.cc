#include "onnx/tree_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "onnx/skeleton.h"
#include "onnx/tensor_proto.h"

namespace slipway::onnx {
namespace {

constexpr size_t kMaxDepth = 1'000;
constexpr std::string_view kModes[] = {"<=", "<", ">=", ">", "==", "!=", "in"};
constexpr size_t kMember = 6;

/// Numbers of one type, widened.
struct Numbers {
  std::vector<double> values;
  bool narrow = false;  // they were FP32

  /// As short as it can be said and read back.
  std::string Text(double value) const {
    return narrow ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
  }
};

StatusOr<Numbers> NumbersOf(const ::onnx::TensorProto& proto) {
  ASSIGN_OR_RETURN(const Tensor tensor, ToTensor(proto));
  const auto all = [](const auto& values) {
    return Numbers{{values.begin(), values.end()},
                   std::is_same_v<decltype(values), const std::span<const float>&>};
  };
  switch (tensor.dtype) {
    case DType::kFp64:
      return all(tensor.as<double>());
    case DType::kFp32:
      return all(tensor.as<float>());
    case DType::kUint8:
      return all(tensor.as<uint8_t>());
    default:
      return Error(Reason::kUnsupported, "TreeEnsemble: expected numbers in FP32 or FP64, got {}",
                   NameOf(tensor.dtype));
  }
}

/// The attributes of one TreeEnsemble.
class Ensemble {
 public:
  static StatusOr<Ensemble> Read(const ::onnx::NodeProto& node) {
    Ensemble e;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() == "n_targets") {
        e.n_targets = attribute.i();
      } else if (std::vector<int64_t>* ints = e.IntsOf(attribute.name())) {
        ints->assign(attribute.ints().begin(), attribute.ints().end());
      } else if (Numbers* numbers = e.NumbersOfName(attribute.name())) {
        ASSIGN_OR_RETURN(*numbers, NumbersOf(attribute.t()));
      }
    }
    const size_t n = e.features.size();
    const bool even =
        e.modes.values.size() == n && e.splits.values.size() == n && e.true_ids.size() == n &&
        e.true_leaves.size() == n && e.false_ids.size() == n && e.false_leaves.size() == n &&
        e.targets.size() == e.weights.values.size() && (e.missing.empty() || e.missing.size() == n);
    if (!even) return Error(Reason::kBadModel, "TreeEnsemble: its lists differ in length");
    return e;
  }

  std::vector<int64_t> roots, features, true_ids, true_leaves, false_ids, false_leaves, targets,
      missing;
  Numbers modes, splits, weights, members;
  int64_t n_targets = 1;

 private:
  std::vector<int64_t>* IntsOf(std::string_view name) {
    if (name == "tree_roots") return &roots;
    if (name == "nodes_featureids") return &features;
    if (name == "nodes_truenodeids") return &true_ids;
    if (name == "nodes_trueleafs") return &true_leaves;
    if (name == "nodes_falsenodeids") return &false_ids;
    if (name == "nodes_falseleafs") return &false_leaves;
    if (name == "leaf_targetids") return &targets;
    if (name == "nodes_missing_value_tracks_true") return &missing;
    return nullptr;
  }
  Numbers* NumbersOfName(std::string_view name) {
    if (name == "nodes_modes") return &modes;
    if (name == "nodes_splits") return &splits;
    if (name == "leaf_weights") return &weights;
    if (name == "membership_values") return &members;
    return nullptr;
  }
};

/// Rows that leaves stand for: the table of a Gather over the ensemble's numbers.
struct LeafTable {
  Numbers numbers;
  size_t width = 0;
};

const ::onnx::NodeProto* ReaderOf(const ::onnx::GraphProto& graph, const std::string& value,
                                  std::string_view op, int input) {
  for (const auto& node : graph.node())
    if (node.op_type() == op && node.input_size() > input && node.input(input) == value)
      return &node;
  return nullptr;
}

StatusOr<std::optional<LeafTable>> TableOf(const ::onnx::GraphProto& graph,
                                           const ::onnx::NodeProto& ensemble) {
  if (ensemble.output_size() == 0) return std::nullopt;
  const auto* cast = ReaderOf(graph, ensemble.output(0), "Cast", 0);
  if (cast == nullptr || cast->output_size() == 0) return std::nullopt;
  const auto* gather = ReaderOf(graph, cast->output(0), "Gather", 1);
  if (gather == nullptr) return std::nullopt;
  for (const auto& tensor : graph.initializer()) {
    if (tensor.name() != gather->input(0) || tensor.dims_size() != 2) continue;
    LeafTable table;
    ASSIGN_OR_RETURN(table.numbers, NumbersOf(tensor));
    table.width = static_cast<size_t>(tensor.dims(1));
    return table;
  }
  return std::nullopt;
}

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

  Writer(const Ensemble& ensemble, const std::optional<LeafTable>& table, const RuleNames& names,
         const Sink& write)
      : ensemble_(ensemble),
        table_(table),
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
      RETURN_IF_ERROR(WriteTree(ensemble_.roots[i], i + 1));
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

  Status WriteTree(int64_t root, size_t number) {
    std::vector<Open> open = {{root, false, 0, ""}};
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
      if (now.depth > kMaxDepth)
        return Error(Reason::kUnsupported, "tree {} is deeper than {}", number, kMaxDepth);
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

  const Ensemble& ensemble_;
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
  std::string older;
  for (const auto& node : proto.graph().node()) {
    if (node.op_type() == "TreeEnsembleClassifier" || node.op_type() == "TreeEnsembleRegressor")
      older = node.op_type();
    if (node.op_type() != "TreeEnsemble") continue;
    any = true;
    ASSIGN_OR_RETURN(const Ensemble ensemble, Ensemble::Read(node));
    ASSIGN_OR_RETURN(const auto table, TableOf(proto.graph(), node));
    RETURN_IF_ERROR(Writer(ensemble, table, names, write).WriteAll());
    RETURN_IF_ERROR(write(AfterTheTrees(proto.graph(), node)));
  }
  if (!older.empty())
    return Error(Reason::kUnsupported,
                 "the model's trees are a {}: only the rules of TreeEnsemble (ai.onnx.ml 5) and of "
                 "other frameworks' own files can be told",
                 older);
  if (!any) return Error(Reason::kUnsupported, "the model has no trees: its rules cannot be told");
  return OkStatus();
}

}  // namespace slipway::onnx
