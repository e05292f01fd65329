// LightGBM's text: a header, a section for each tree, and an end that only pandas_categorical of
// is read.

#include <bit>
#include <cmath>
#include <limits>

#include "import/lightgbm/lines.h"
#include "import/lightgbm/model.h"

namespace slipway::importing::lightgbm {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
// Bits of decision_type.
constexpr int kCategorical = 1;
constexpr int kDefaultLeft = 2;
enum class Missing { kNone = 0, kZero = 1, kNaN = 2 };

/// Values within kZeroBound are zero to LightGBM, before it compares. The threshold that x itself
/// can be compared with instead.
double ThresholdOfRaw(double threshold) {
  if (!(std::abs(threshold) <= kZeroBound)) return threshold;
  if (threshold >= 0) return kZeroBound;
  return std::nextafter(-kZeroBound, -std::numeric_limits<double>::infinity());
}

/// Missing values go as the node says, or count as zero.
void SetMissing(Split& split, Missing missing, bool default_left) {
  const bool zero_is_left = 0 <= split.threshold;
  split.missing_is_true = missing == Missing::kNone ? zero_is_left : default_left;
  if (missing == Missing::kZero && default_left != zero_is_left)
    split.reading = Reading::kZeroIsMissing;
}

class TreeReader {
 public:
  TreeReader(const Section& section, size_t& members_left)
      : section_(section), members_left_(members_left) {}

  StatusOr<Tree> Run() {
    ASSIGN_OR_RETURN(const int64_t leaves, section_.Integer("num_leaves", 1, kMaxInt));
    if (section_.Has("is_linear")) {
      ASSIGN_OR_RETURN(const int64_t linear, section_.Integer("is_linear", 0, 1));
      if (linear != 0)
        return Error(Reason::kUnsupported,
                     "LightGBM model: linear trees (linear_tree=true) are not supported: train "
                     "with linear_tree=false");
    }
    Tree tree;
    ASSIGN_OR_RETURN(tree.leaves, section_.Numbers<double>("leaf_value", leaves));
    if (leaves == 1) return tree;
    const auto count = static_cast<size_t>(leaves - 1);
    ASSIGN_OR_RETURN(const auto features, section_.Numbers<int32_t>("split_feature", count));
    ASSIGN_OR_RETURN(const auto thresholds, section_.Numbers<double>("threshold", count));
    ASSIGN_OR_RETURN(const auto kinds, section_.Numbers<int32_t>("decision_type", count));
    ASSIGN_OR_RETURN(const auto left, section_.Numbers<int32_t>("left_child", count));
    ASSIGN_OR_RETURN(const auto right, section_.Numbers<int32_t>("right_child", count));
    RETURN_IF_ERROR(ReadSets());
    for (size_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(Split split, ReadSplit(kinds[i], thresholds[i]));
      split.feature = features[i];
      split.on_true = left[i];
      split.on_false = right[i];
      tree.splits.push_back(std::move(split));
    }
    return tree;
  }

 private:
  /// Sets of categories are bits of 32-bit words, one set behind the other.
  Status ReadSets() {
    ASSIGN_OR_RETURN(const int64_t sets, section_.Integer("num_cat", 0, kMaxInt));
    if (sets == 0) return OkStatus();
    ASSIGN_OR_RETURN(boundaries_, section_.Numbers<int64_t>("cat_boundaries", sets + 1));
    if (boundaries_.front() != 0 || boundaries_.back() > kMaxInt)
      return section_.Bad("cat_boundaries", "expected to go from 0 to the number of words");
    for (size_t i = 1; i < boundaries_.size(); ++i) {
      if (boundaries_[i] < boundaries_[i - 1])
        return section_.Bad("cat_boundaries", fmt::format("expected to rise, got {} after {}",
                                                          boundaries_[i], boundaries_[i - 1]));
    }
    ASSIGN_OR_RETURN(words_, section_.Numbers<uint32_t>("cat_threshold", boundaries_.back()));
    return OkStatus();
  }

  StatusOr<Split> ReadSplit(int kind, double threshold) {
    Split split;
    const int missing = kind >> 2 & 3;
    if (kind < 0 || kind > 127 || missing > static_cast<int>(Missing::kNaN))
      return section_.Bad("decision_type",
                          fmt::format("expected bits that are known, got {}", kind));
    if (kind & kCategorical) {
      split.mode = SplitMode::kMember;
      split.reading = Reading::kTruncated;
      ASSIGN_OR_RETURN(split.members, MembersOf(threshold));
      return split;
    }
    split.threshold = ThresholdOfRaw(threshold);
    SetMissing(split, static_cast<Missing>(missing), (kind & kDefaultLeft) != 0);
    return split;
  }

  StatusOr<std::vector<double>> MembersOf(double set) {
    const double sets = boundaries_.empty() ? 0 : static_cast<double>(boundaries_.size() - 1);
    if (!(set >= 0 && set < sets) || std::trunc(set) != set)
      return section_.Bad("threshold", fmt::format("expected a set below {}, got {}", sets, set));
    const auto index = static_cast<size_t>(set);
    std::vector<double> members;
    for (int64_t word = boundaries_[index]; word < boundaries_[index + 1]; ++word) {
      const auto first = static_cast<double>((word - boundaries_[index]) * 32);
      for (uint32_t bits = words_[word]; bits != 0; bits &= bits - 1)
        members.push_back(first + std::countr_zero(bits));
    }
    if (members.size() > members_left_)
      return Error(Reason::kTooLarge,
                   "LightGBM model: its sets of categories hold more than the limit allows");
    members_left_ -= members.size();
    return members;
  }

  const Section& section_;
  size_t& members_left_;
  std::vector<int64_t> boundaries_;
  std::vector<uint32_t> words_;
};

Status ReadHeader(const Section& header, Model& model) {
  ASSIGN_OR_RETURN(const std::string_view version, header.Text("version"));
  if (version != "v2" && version != "v3" && version != "v4")
    return Error(Reason::kUnsupported,
                 "LightGBM model: version {} of the text is not supported: v2, v3, v4",
                 version.substr(0, 20));
  const std::string_view outputs =
      header.Has("num_tree_per_iteration") ? "num_tree_per_iteration" : "num_class";
  ASSIGN_OR_RETURN(model.outputs, header.Integer(outputs, 1, kMaxOutputs));
  ASSIGN_OR_RETURN(const int64_t last, header.Integer("max_feature_idx", 0, kMaxFeatures));
  model.features = last + 1;
  model.averages = header.Has("average_output");
  if (header.Has("objective")) {
    ASSIGN_OR_RETURN(model.objective, header.Text("objective"));
  }
  if (!header.Has("feature_names")) return OkStatus();
  ASSIGN_OR_RETURN(std::string_view names, header.Text("feature_names"));
  while (!names.empty()) {
    const size_t end = std::min(names.find(' '), names.size());
    model.feature_names.emplace_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  if (model.feature_names.size() == static_cast<size_t>(model.features)) return OkStatus();
  return header.Bad("feature_names", fmt::format("expected {} names, got {}", model.features,
                                                 model.feature_names.size()));
}

/// feature_infos: "[0:2.5]" of numbers, "none", or the codes of a categorical column, "-1:0:2".
Status ReadKinds(const Section& header, Model& model) {
  if (!header.Has("feature_infos")) return OkStatus();
  ASSIGN_OR_RETURN(std::string_view infos, header.Text("feature_infos"));
  for (; !infos.empty(); infos.remove_prefix(std::min(infos.find(' '), infos.size() - 1) + 1))
    model.categorical.push_back(!infos.starts_with('[') && !infos.starts_with("none"));
  return OkStatus();
}

bool StartsTree(std::string_view text) {
  return text.starts_with("Tree=") || text.starts_with("end of trees");
}

}  // namespace

StatusOr<Model> ReadText(std::string_view text, const Limits& limits) {
  Model model;
  if (TakeLine(text) != "tree")
    return Error(Reason::kBadModel, "LightGBM model: expected \"tree\" as first line");
  Section header("LightGBM model");
  while (!text.empty() && !StartsTree(text)) header.Add(TakeLine(text));
  RETURN_IF_ERROR(ReadHeader(header, model));
  RETURN_IF_ERROR(ReadKinds(header, model));
  size_t members_left = limits.max_objects;
  while (text.starts_with("Tree=")) {
    Section section(fmt::format("LightGBM model: tree {}", model.trees.size()));
    TakeLine(text);
    while (!text.empty() && !StartsTree(text)) section.Add(TakeLine(text));
    ASSIGN_OR_RETURN(Tree tree, TreeReader(section, members_left).Run());
    tree.target = static_cast<int64_t>(model.trees.size()) % model.outputs;
    model.trees.push_back(std::move(tree));
  }
  if (TakeLine(text) != "end of trees")
    return Error(Reason::kBadModel, "LightGBM model: expected \"end of trees\" after tree {}",
                 model.trees.size());
  if (model.trees.size() % static_cast<size_t>(model.outputs) != 0)
    return Error(Reason::kBadModel,
                 "LightGBM model: expected {} trees in each round, got {} in all", model.outputs,
                 model.trees.size());
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    constexpr std::string_view kCategories = "pandas_categorical:";
    if (line.starts_with(kCategories)) model.pandas_categorical = line.substr(kCategories.size());
  }
  return model;
}

}  // namespace slipway::importing::lightgbm
