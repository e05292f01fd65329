#include "onnx/tree_rules.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "onnx/skeleton.h"
#include "onnx/tensor_proto.h"

namespace slipway::onnx {
namespace {

constexpr size_t kMaxDepth = 1'000;
constexpr std::string_view kModes[] = {"<=", "<", ">=", ">", "==", "!=", "in"};
constexpr size_t kMember = 6;

StatusOr<std::vector<double>> NumbersOf(const ::onnx::TensorProto& proto) {
  ASSIGN_OR_RETURN(const Tensor tensor, ToTensor(proto));
  const auto all = [](const auto& values) {
    return std::vector<double>(values.begin(), values.end());
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

/// A value as short as it can be said and read back.
std::string Number(double value) {
  return value == static_cast<float>(value) ? fmt::format("{}", static_cast<float>(value))
                                            : fmt::format("{}", value);
}

/// The attributes of one TreeEnsemble.
class Ensemble {
 public:
  static StatusOr<Ensemble> Read(const ::onnx::NodeProto& node) {
    Ensemble e;
    for (const auto& attribute : node.attribute()) {
      if (std::vector<int64_t>* ints = e.IntsOf(attribute.name())) {
        ints->assign(attribute.ints().begin(), attribute.ints().end());
      } else if (std::vector<double>* numbers = e.NumbersOfName(attribute.name())) {
        ASSIGN_OR_RETURN(*numbers, NumbersOf(attribute.t()));
      }
    }
    const size_t n = e.features.size();
    const bool even = e.modes.size() == n && e.splits.size() == n && e.true_ids.size() == n &&
                      e.true_leaves.size() == n && e.false_ids.size() == n &&
                      e.false_leaves.size() == n && e.targets.size() == e.weights.size() &&
                      (e.missing.empty() || e.missing.size() == n);
    if (!even) return Error(Reason::kBadModel, "TreeEnsemble: its lists differ in length");
    return e;
  }

  std::vector<int64_t> roots, features, true_ids, true_leaves, false_ids, false_leaves, targets,
      missing;
  std::vector<double> modes, splits, weights, members;

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
  std::vector<double>* NumbersOfName(std::string_view name) {
    if (name == "nodes_modes") return &modes;
    if (name == "nodes_splits") return &splits;
    if (name == "leaf_weights") return &weights;
    if (name == "membership_values") return &members;
    return nullptr;
  }
};

/// Rows that leaves stand for: the table of a Gather over the ensemble's numbers.
struct LeafTable {
  std::vector<double> values;
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
    ASSIGN_OR_RETURN(table.values, NumbersOf(tensor));
    table.width = static_cast<size_t>(tensor.dims(1));
    return table;
  }
  return std::nullopt;
}

class Writer {
 public:
  Writer(const Ensemble& ensemble, const std::optional<LeafTable>& table, const RuleNames& names)
      : ensemble_(ensemble), table_(table), names_(names), reached_(ensemble.features.size()) {
    size_t begin = 0;
    sets_.resize(ensemble.features.size());
    for (size_t i = 0; i < sets_.size(); ++i) {
      if (ensemble.modes[i] != kMember) continue;
      size_t end = begin;
      while (end < ensemble.members.size() && !std::isnan(ensemble.members[end])) ++end;
      sets_[i] = {begin, end};
      begin = end + 1;
    }
  }

  Status WriteAll(std::string& text) {
    for (size_t i = 0; i < ensemble_.roots.size(); ++i) {
      text += fmt::format("tree {} of {}\n", i + 1, ensemble_.roots.size());
      RETURN_IF_ERROR(WriteTree(ensemble_.roots[i], i + 1, text));
    }
    return OkStatus();
  }

 private:
  /// What is still to be written: a branch, or the "else" between two.
  struct Open {
    int64_t id;
    bool leaf;
    size_t depth;
    std::string before;  // a line that goes first
  };

  Status WriteTree(int64_t root, size_t number, std::string& text) {
    std::vector<Open> open = {{root, false, 0, ""}};
    while (!open.empty()) {
      const Open now = std::move(open.back());
      open.pop_back();
      text += now.before;
      const std::string indent(2 * now.depth, ' ');
      if (now.leaf) {
        ASSIGN_OR_RETURN(const std::string leaf, LeafText(now.id, number));
        text += indent + leaf + '\n';
        continue;
      }
      if (now.depth > kMaxDepth)
        return Error(Reason::kUnsupported, "tree {} is deeper than {}", number, kMaxDepth);
      if (now.id < 0 || static_cast<size_t>(now.id) >= reached_.size() || reached_[now.id])
        return Error(Reason::kBadModel, "tree {}: split {} is out of range or reached twice",
                     number, now.id);
      reached_[now.id] = true;
      const bool missing = !ensemble_.missing.empty() && ensemble_.missing[now.id] != 0;
      text += fmt::format("{}if {}{}:\n", indent, Question(now.id), missing ? " (or missing)" : "");
      open.push_back({ensemble_.false_ids[now.id], ensemble_.false_leaves[now.id] != 0,
                      now.depth + 1, indent + "else:\n"});
      open.push_back(
          {ensemble_.true_ids[now.id], ensemble_.true_leaves[now.id] != 0, now.depth + 1, ""});
    }
    return OkStatus();
  }

  std::string Question(int64_t split) const {
    const int64_t feature = ensemble_.features[split];
    const bool named = feature >= 0 && static_cast<size_t>(feature) < names_.features.size();
    const std::string name = named ? names_.features[feature] : fmt::format("x[{}]", feature);
    const double mode = ensemble_.modes[split];
    const bool known = mode >= 0 && mode <= kMember;
    std::string text = fmt::format("{} {} ", name, known ? kModes[static_cast<size_t>(mode)] : "?");
    if (mode != kMember) return text + Number(ensemble_.splits[split]);
    text += '{';
    for (size_t i = sets_[split].first; i < sets_[split].second; ++i)
      text += (i > sets_[split].first ? ", " : "") + Number(ensemble_.members[i]);
    return text + '}';
  }

  std::string ClassName(size_t index) const {
    return index < names_.classes.size() ? names_.classes[index] : fmt::format("output {}", index);
  }

  StatusOr<std::string> LeafText(int64_t leaf, size_t tree) const {
    if (leaf < 0 || static_cast<size_t>(leaf) >= ensemble_.weights.size())
      return Error(Reason::kBadModel, "tree {}: expected a leaf below {}, got {}", tree,
                   ensemble_.weights.size(), leaf);
    const double weight = ensemble_.weights[leaf];
    const auto target = static_cast<size_t>(ensemble_.targets[leaf]);
    if (!table_) {
      const bool only = target == 0 && names_.classes.size() < 3;
      return only ? fmt::format("add {}", Number(weight))
                  : fmt::format("add {} to {}", Number(weight), ClassName(target));
    }
    const size_t rows = table_->width == 0 ? 0 : table_->values.size() / table_->width;
    if (!(weight >= 0 && weight < static_cast<double>(rows)))
      return Error(Reason::kBadModel, "tree {}: leaf {} is no row of its table", tree, leaf);
    std::string text;
    const double* const row = table_->values.data() + static_cast<size_t>(weight) * table_->width;
    for (size_t i = 0; i < table_->width; ++i)
      text += fmt::format("{}{} {}", i > 0 ? ", " : "", ClassName(i), Number(row[i]));
    return text;
  }

  const Ensemble& ensemble_;
  const std::optional<LeafTable>& table_;
  const RuleNames& names_;
  std::vector<bool> reached_;
  std::vector<std::pair<size_t, size_t>> sets_;  // begin and end among the members, by split
};

}  // namespace

StatusOr<std::string> TreeRules(std::span<const std::byte> model, const RuleNames& names) {
  ASSIGN_OR_RETURN(const ::onnx::ModelProto proto, ParseModel(model));
  std::string text;
  for (const auto& node : proto.graph().node()) {
    if (node.op_type() != "TreeEnsemble") continue;
    ASSIGN_OR_RETURN(const Ensemble ensemble, Ensemble::Read(node));
    ASSIGN_OR_RETURN(const auto table, TableOf(proto.graph(), node));
    RETURN_IF_ERROR(Writer(ensemble, table, names).WriteAll(text));
  }
  if (text.empty())
    return Error(Reason::kUnsupported, "the model has no trees: its rules cannot be told");
  return text;
}

}  // namespace slipway::onnx
