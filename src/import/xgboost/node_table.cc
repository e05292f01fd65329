#include <utility>

#include "import/xgboost/booster.h"

namespace slipway::importing::xgboost {
namespace {

/// Walks the table from the root, numbering splits and leaves as they come.
class Walk {
 public:
  Walk(const NodeTable& table, float weight, std::string_view where)
      : table_(table), weight_(weight), where_(where), seen_(table.left.size()) {}

  StatusOr<Tree> Run() && {
    tree_.splits.reserve(table_.left.size() / 2);
    tree_.leaves.reserve(table_.left.size() / 2 + 1);
    ASSIGN_OR_RETURN(int32_t root, Visit(0));
    static_cast<void>(root);
    while (!open_.empty()) {
      const auto [node, split] = open_.back();
      open_.pop_back();
      ASSIGN_OR_RETURN(const int32_t left, Visit(table_.left[node]));
      ASSIGN_OR_RETURN(const int32_t right, Visit(table_.right[node]));
      Split& to = tree_.splits[split];
      const bool member = to.mode == SplitMode::kMember;
      to.on_true = member ? right : left;
      to.on_false = member ? left : right;
    }
    return std::move(tree_);
  }

 private:
  StatusOr<int32_t> Visit(int64_t node) {
    if (node < 0 || node >= static_cast<int64_t>(seen_.size()))
      return Bad("expected a node below {}, got {}", seen_.size(), node);
    if (seen_[node]) return Bad("node {} is reached twice", node);
    seen_[node] = true;
    return table_.left[node] == -1 ? AddLeaf(node) : AddSplit(node);
  }

  StatusOr<int32_t> AddSplit(int64_t node) {
    const auto number = static_cast<int32_t>(tree_.splits.size());
    Split split{.feature = table_.feature[node],
                .mode = SplitMode::kLess,
                .missing_is_true = table_.default_left[node]};
    if (!table_.categorical.empty() && table_.categorical[node]) {
      const auto set = table_.categories.find(node);
      if (set == table_.categories.end()) return Bad("node {} has no categories", node);
      split.mode = SplitMode::kMember;
      split.reading = Reading::kFloor;
      split.members = set->second;
      split.missing_is_true = !split.missing_is_true;
    } else {
      split.threshold = table_.value[node];
    }
    tree_.splits.push_back(std::move(split));
    open_.emplace_back(node, number);
    return number;
  }

  StatusOr<int32_t> AddLeaf(int64_t node) {
    const auto width = static_cast<size_t>(table_.leaf_width);
    const auto number = static_cast<int32_t>(tree_.leaves.size() / width);
    if (width == 1) {
      tree_.leaves.push_back(table_.value[node] * weight_);
      return ~number;
    }
    const int64_t row = table_.leaf_rows_are_right ? table_.right[node] : node;
    const size_t rows = table_.leaf_weights.size() / width;
    if (row < 0 || static_cast<size_t>(row) >= rows)
      return Bad("leaf {}: expected a row of weights below {}, got {}", node, rows, row);
    if (tree_.leaves.size() + width > table_.leaf_weights.size())
      return Bad("leaf {}: expected rows of weights that are not shared", node);
    for (size_t i = 0; i < width; ++i)
      tree_.leaves.push_back(table_.leaf_weights[static_cast<size_t>(row) * width + i] * weight_);
    return ~number;
  }

  template <typename... Args>
  Status Bad(fmt::format_string<Args...> format, Args&&... args) const {
    return Error(Reason::kBadModel, "{}: {}", where_,
                 fmt::format(format, std::forward<Args>(args)...));
  }

  const NodeTable& table_;
  const float weight_;
  const std::string_view where_;
  std::vector<bool> seen_;
  std::vector<std::pair<int64_t, int32_t>> open_;  // node, the split that it became
  Tree tree_;
};

}  // namespace

StatusOr<Tree> ToTree(const NodeTable& table, float weight, std::string_view where) {
  return Walk(table, weight, where).Run();
}

}  // namespace slipway::importing::xgboost
