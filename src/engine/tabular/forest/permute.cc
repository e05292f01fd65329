#include "engine/tabular/forest/permute.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/tabular/forest/permute_kernel.h"

namespace slipway::forest {
namespace {

constexpr uint32_t kMostDepth = 12;
constexpr size_t kMostPadding = 8;  // full shapes may have so many times the splits there are

std::optional<PermuteShape> ShapeOf(const Lowered& forest) {
  uint32_t depth = 0;
  for (const LoweredTree& tree : forest.trees) depth = std::max(depth, tree.depth);
  if (depth == 0 || depth > kMostDepth) return std::nullopt;
  PermuteShape shape;
  shape.stages = depth <= 6 ? 1 : 2;
  shape.levels = std::max<size_t>(4, (depth + shape.stages - 1) / shape.stages);
  const size_t lanes = shape.stages_per_tree() * shape.lanes();
  if (depth > 6 && lanes * forest.trees.size() > kMostPadding * forest.nodes.size())
    return std::nullopt;
  return shape;
}

template <typename Bin, typename Out>
class Permute final : public Evaluator {
 public:
  Permute(const Lowered& forest, std::shared_ptr<const Bins> bins, const PermuteShape& shape)
      : bins_(std::move(bins)),
        shape_(shape),
        targets_(static_cast<size_t>(forest.targets)),
        wide_(forest.leaf_width != 1) {
    const size_t lanes = shape.stages_per_tree() * shape.lanes() * forest.trees.size();
    columns_.resize(lanes);
    ranks_.resize(lanes, std::numeric_limits<Bin>::max());
    if (wide_) {
      leaf_of_path_.resize(shape.paths() * forest.trees.size());
      leaves_.assign(forest.leaves.begin(), forest.leaves.end());
    } else {
      leaves_.resize(shape.paths() * forest.trees.size());
    }
    targets_of_tree_.reserve(forest.trees.size());
    std::vector<Place> places;
    for (const LoweredTree& tree : forest.trees) AddTree(forest, tree, places);
    trees_ = {.shape = shape,
              .columns = columns_.data(),
              .ranks = ranks_.data(),
              .count = forest.trees.size(),
              .few_columns = bins_->columns() <= kPermuteColumns / 2};
    find_ = FindPathsAvx512(trees_);
  }

  void Score(const Rows& rows, void* sums) const override {
    const size_t number_bytes = rows.count * kPermuteColumns * sizeof(Bin);
    std::byte* const scratch =
        ThreadScratch(number_bytes + targets_of_tree_.size() * sizeof(uint16_t));
    auto* const numbers = reinterpret_cast<Bin*>(scratch);
    auto* const paths = reinterpret_cast<uint16_t*>(scratch + number_bytes);
    bins_->Number(rows, 1, kPermuteColumns, numbers);
    auto* const out = static_cast<Out*>(sums);
    std::fill_n(out, rows.count * targets_, Out{0});
    for (size_t row = 0; row < rows.count; ++row) {
      find_(trees_, numbers + row * kPermuteColumns, paths);
      AddPaths(paths, out + row * targets_);
    }
  }

  size_t bytes() const override {
    return sizeof(*this) + columns_.capacity() + ranks_.capacity() * sizeof(Bin) +
           leaves_.capacity() * sizeof(Out) + leaf_of_path_.capacity() * sizeof(uint32_t) +
           targets_of_tree_.capacity() * sizeof(uint32_t);
  }

 private:
  struct Place {
    size_t level = 0;
    size_t path = 0;
  };

  /// @param places  of its nodes, whatever it held.
  void AddTree(const Lowered& forest, const LoweredTree& tree, std::vector<Place>& places) {
    const std::span<const Node> nodes = forest.NodesOf(tree);
    const size_t number = targets_of_tree_.size();
    targets_of_tree_.push_back(static_cast<uint32_t>(tree.target));
    places.assign(nodes.size(), {});
    const auto put = [&](int32_t child, const Place& place) {
      if (child >= 0)
        places[static_cast<size_t>(child)] = place;
      else
        PutLeaf(forest, number, tree.first_leaf + static_cast<uint32_t>(~child), place);
    };
    if (nodes.empty()) put(~0, {});
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Place place = places[i];  // its parent stood before it
      const size_t lane = LaneOf(number, place);
      columns_[lane] = static_cast<uint8_t>(nodes[i].column);
      ranks_[lane] = static_cast<Bin>(nodes[i].rank);
      put(nodes[i].left, {place.level + 1, 2 * place.path});
      put(nodes[i].right, {place.level + 1, 2 * place.path + 1});
    }
  }

  size_t LaneOf(size_t tree, const Place& place) const {
    const size_t stages = tree * shape_.stages_per_tree();
    if (place.level < shape_.levels)
      return stages * shape_.lanes() + (size_t{1} << place.level) + place.path;
    const size_t level = place.level - shape_.levels;
    const size_t stage = stages + 1 + (place.path >> level);
    const size_t in_stage = place.path & ((size_t{1} << level) - 1);
    return stage * shape_.lanes() + (size_t{1} << level) + in_stage;
  }

  /// Below a leaf no split goes right, so that only its leftmost path is ever taken.
  void PutLeaf(const Lowered& forest, size_t tree, size_t leaf, const Place& place) {
    const size_t path = place.path << (shape_.levels * shape_.stages - place.level);
    const size_t at = tree * shape_.paths() + path;
    if (wide_)
      leaf_of_path_[at] = static_cast<uint32_t>(leaf);
    else
      leaves_[at] = static_cast<Out>(forest.leaves[leaf]);
  }

  void AddPaths(const uint16_t* paths, Out* out) const {
    if (wide_) {
      switch (targets_) {
        case 2:
          return AddFew<2>(paths, out);
        case 3:
          return AddFew<3>(paths, out);
        case 4:
          return AddFew<4>(paths, out);
        default:
          return AddMany(paths, out);
      }
    }
    if (targets_ > 1) {
      for (size_t i = 0; i < trees_.count; ++i)
        out[targets_of_tree_[i]] += leaves_[i * shape_.paths() + paths[i]];
      return;
    }
    Out sum = 0;
    const Out* leaves = leaves_.data();
    for (size_t i = 0; i < trees_.count; ++i, leaves += shape_.paths()) sum += leaves[paths[i]];
    *out = sum;
  }

  const Out* LeafAt(size_t tree, size_t path) const {
    return leaves_.data() + leaf_of_path_[tree * shape_.paths() + path] * targets_;
  }

  /// Sums stay in registers.
  template <size_t kTargets>
  void AddFew(const uint16_t* paths, Out* out) const {
    Out sums[kTargets] = {};
    for (size_t i = 0; i < trees_.count; ++i) {
      const Out* const leaf = LeafAt(i, paths[i]);
      for (size_t k = 0; k < kTargets; ++k) sums[k] += leaf[k];
    }
    std::copy_n(sums, kTargets, out);
  }

  void AddMany(const uint16_t* paths, Out* out) const {
    for (size_t i = 0; i < trees_.count; ++i) {
      const Out* const leaf = LeafAt(i, paths[i]);
      for (size_t k = 0; k < targets_; ++k) out[k] += leaf[k];
    }
  }

  std::shared_ptr<const Bins> bins_;
  PermuteShape shape_;
  size_t targets_;
  bool wide_;
  std::vector<uint8_t> columns_;
  std::vector<Bin> ranks_;
  std::vector<Out> leaves_;             // [tree][path], or [leaf][target]
  std::vector<uint32_t> leaf_of_path_;  // [tree][path], for leaves of many values
  std::vector<uint32_t> targets_of_tree_;
  PermuteTrees<Bin> trees_;
  FindPaths<Bin> find_ = nullptr;
};

template <typename Bin>
std::unique_ptr<const Evaluator> MakeFor(const Lowered& forest, std::shared_ptr<const Bins> bins,
                                         const PermuteShape& shape) {
  if (forest.sum == Sum::kFp32)
    return std::make_unique<Permute<Bin, float>>(forest, std::move(bins), shape);
  return std::make_unique<Permute<Bin, double>>(forest, std::move(bins), shape);
}

}  // namespace

std::unique_ptr<const Evaluator> MakePermute(const Lowered& forest,
                                             const std::shared_ptr<const Bins>& bins, Isa isa) {
#if defined(__x86_64__)
  if (isa != Isa::kAvx512 || bins == nullptr || bins->columns() > kPermuteColumns ||
      !forest.leaf_targets.empty())
    return nullptr;
  const auto shape = ShapeOf(forest);
  if (!shape) return nullptr;
  return bins->narrow() ? MakeFor<uint8_t>(forest, bins, *shape)
                        : MakeFor<uint16_t>(forest, bins, *shape);
#else
  return nullptr;
#endif
}

}  // namespace slipway::forest
