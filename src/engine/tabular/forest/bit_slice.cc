#include "engine/tabular/forest/bit_slice.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "engine/tabular/forest/bit_slice_kernel.h"

namespace slipway::forest {
namespace {

constexpr uint32_t kMostLeaves = 256;
constexpr int32_t kMostTargets = 64;

/// The leaf's number, bit by bit, as selections: at a split, the bit of the left part or of the
/// right one. Where all leaves of a part agree on a bit there is nothing to select.
class SelectionWriter {
 public:
  explicit SelectionWriter(std::vector<SliceMux>& muxes) : muxes_(muxes) {}

  /// @param nodes  of a tree of at most kMostLeaves leaves.
  void Write(std::span<const Node> nodes, int bits) {
    count_ = nodes.size();
    open_count_ = 0;
    for (uint32_t leaf = 0; leaf <= count_; ++leaf) parts_[count_ + leaf] = {leaf, leaf, 0};
    for (size_t i = count_; i-- > 0;) {  // children stand behind their parents
      const uint16_t left = PartOf(nodes[i].left), right = PartOf(nodes[i].right);
      const uint32_t first = parts_[left].first, last = parts_[right].last;
      parts_[i] = {first, last, static_cast<int>(std::bit_width(first ^ last))};
      open_[open_count_++] = {static_cast<uint16_t>(i), left, right};
      free_[i] = static_cast<Slot>(SplitSlot(count_ + i));
    }
    free_count_ = count_;
    for (int bit = 0; bit < bits; ++bit) WriteBit(bit);
  }

 private:
  static constexpr size_t kMostNodes = kMostLeaves - 1;

  /// The leaves below a split, then those of one leaf.
  struct Part {
    uint32_t first = 0;
    uint32_t last = 0;
    int differing_bits = 0;  // from this one on they agree
  };
  struct Open {
    uint16_t node;
    uint16_t left, right;  // parts
  };

  static Slot SplitSlot(size_t node) { return static_cast<Slot>(kSplits + node); }
  uint16_t PartOf(int32_t child) const {
    return static_cast<uint16_t>(child < 0 ? count_ + static_cast<size_t>(~child)
                                           : static_cast<size_t>(child));
  }

  /// Children before their parents. Splits whose leaves agree on a bit agree on the higher ones.
  void WriteBit(int bit) {
    const auto agrees = [&](const Open& split) { return parts_[split.node].differing_bits <= bit; };
    const auto open = std::span(open_).first(open_count_);
    open_count_ -= std::ranges::remove_if(open, agrees).size();
    for (const auto [node, left, right] : open.first(open_count_)) {
      const Slot low = Found(left, bit), high = Found(right, bit);
      const bool root = node == 0;
      if (!root && low == kZeros && high == kOnes) {
        found_[node] = SplitSlot(node);
        continue;
      }
      Free(low);
      Free(high);
      found_[node] = root ? static_cast<Slot>(kLeafBits + bit) : free_[--free_count_];
      muxes_.push_back({found_[node], SplitSlot(node), low, high});
    }
  }

  Slot Found(uint16_t part, int bit) const {
    static_assert(kZeros == 0 && kOnes == 1);
    const auto constant = static_cast<Slot>(parts_[part].first >> bit & 1);
    const Slot found = found_[part];
    return parts_[part].differing_bits > bit ? found : constant;
  }
  void Free(Slot slot) {
    free_[free_count_] = slot;
    free_count_ += slot >= SplitSlot(count_);
  }

  std::vector<SliceMux>& muxes_;
  size_t count_ = 0;                                       // of nodes
  std::array<Part, kMostNodes + kMostLeaves> parts_ = {};  // below nodes, then leaves
  std::array<Slot, kMostNodes + kMostLeaves> found_ = {};  // where a bit of theirs is
  std::array<Open, kMostNodes> open_ = {};                 // splits whose leaves differ in the bit
  size_t open_count_ = 0;
  std::array<Slot, kMostNodes + 1> free_ = {};
  size_t free_count_ = 0;
};

template <typename Bin, typename Out>
class BitSlice final : public Evaluator {
 public:
  BitSlice(const Lowered& forest, std::shared_ptr<const Bins> bins, SliceSteps<Bin, Out> steps)
      : bins_(std::move(bins)),
        steps_(steps),
        targets_(static_cast<size_t>(forest.targets)),
        width_(static_cast<size_t>(forest.leaf_width)) {
    compares_.reserve(forest.nodes.size());
    muxes_.reserve(2 * forest.nodes.size());  // more or less
    leaves_.reserve(forest.leaves.size() + kReadPast);
    trees_.reserve(forest.trees.size());
    SelectionWriter selections(muxes_);
    std::vector<Place> places;
    for (const LoweredTree& tree : forest.trees)
      places.push_back(AddTree(forest, tree, selections));
    muxes_.shrink_to_fit();
    leaves_.resize(leaves_.size() + kReadPast);
    for (size_t i = 0; i < trees_.size(); ++i) {
      trees_[i].slices.compares = compares_.data() + places[i].compare;
      trees_[i].slices.muxes = muxes_.data() + places[i].mux;
    }
  }

  void Score(const Rows& rows, void* sums) const override {
    const size_t words = std::bit_ceil((rows.count + 63) / 64);
    const size_t bin_bytes = bins_->columns() * kBlockRows * sizeof(Bin);
    const size_t slot_bytes = kMostSlots * words * sizeof(uint64_t);
    const size_t sum_bytes = targets_ * kBlockRows * sizeof(Out);
    std::byte* const scratch = ThreadScratch(bin_bytes + slot_bytes + sum_bytes + kBlockRows);
    auto* const bins = reinterpret_cast<Bin*>(scratch);
    auto* const slots = reinterpret_cast<uint64_t*>(scratch + bin_bytes);
    auto* const columns = reinterpret_cast<Out*>(scratch + bin_bytes + slot_bytes);
    auto* const leaf_of_row =
        reinterpret_cast<uint8_t*>(scratch + bin_bytes + slot_bytes + sum_bytes);
    bins_->Number(rows, kBlockRows, 1, bins);
    std::fill_n(slots + kZeros * words, words, uint64_t{0});
    std::fill_n(slots + kOnes * words, words, ~uint64_t{0});
    std::fill_n(columns, targets_ * kBlockRows, Out{0});
    for (const SlicedTree& tree : trees_) {
      steps_.select(tree.slices, bins, words, slots, leaf_of_row);
      for (size_t k = 0; k < width_; ++k)
        steps_.add(leaf_of_row, words * 64,
                   leaves_.data() + tree.first_leaf + k * tree.slices.leaf_count,
                   tree.slices.leaf_count, columns + (tree.target + k) * kBlockRows);
    }
    auto* const out = static_cast<Out*>(sums);
    for (size_t row = 0; row < rows.count; ++row)
      for (size_t k = 0; k < targets_; ++k) out[row * targets_ + k] = columns[k * kBlockRows + row];
  }

  size_t bytes() const override {
    return sizeof(*this) + trees_.capacity() * sizeof(SlicedTree) +
           compares_.capacity() * sizeof(SliceCompare) + muxes_.capacity() * sizeof(SliceMux) +
           leaves_.capacity() * sizeof(Out);
  }

 private:
  struct SlicedTree {
    SliceTree slices;
    size_t first_leaf = 0;
    size_t target = 0;
  };
  struct Place {
    size_t compare = 0;
    size_t mux = 0;
  };
  static constexpr size_t kReadPast = 64;  // leaves are loaded in whole vectors

  Place AddTree(const Lowered& forest, const LoweredTree& tree, SelectionWriter& selections) {
    const std::span<const Node> nodes = forest.NodesOf(tree);
    const Place place{compares_.size(), muxes_.size()};
    const int bits = std::bit_width(tree.leaf_count - 1);
    for (const Node& node : nodes)
      compares_.push_back({static_cast<uint16_t>(node.column), static_cast<uint16_t>(node.rank)});
    selections.Write(nodes, bits);
    SlicedTree sliced;
    sliced.slices.compare_count = static_cast<uint16_t>(nodes.size());
    sliced.slices.mux_count = static_cast<uint16_t>(muxes_.size() - place.mux);
    sliced.slices.leaf_count = static_cast<uint16_t>(tree.leaf_count);
    sliced.slices.leaf_bits = static_cast<uint8_t>(bits);
    sliced.first_leaf = leaves_.size();
    sliced.target = width_ == 1 ? static_cast<size_t>(tree.target) : 0;
    for (size_t k = 0; k < width_; ++k)
      for (size_t leaf = tree.first_leaf; leaf < tree.first_leaf + tree.leaf_count; ++leaf)
        leaves_.push_back(static_cast<Out>(forest.leaves[leaf * width_ + k]));
    trees_.push_back(sliced);
    return place;
  }

  std::shared_ptr<const Bins> bins_;
  SliceSteps<Bin, Out> steps_;
  size_t targets_;
  size_t width_;
  std::vector<SliceCompare> compares_;
  std::vector<SliceMux> muxes_;
  std::vector<Out> leaves_;  // [tree][leaf_width][leaf]
  std::vector<SlicedTree> trees_;
};

template <typename Bin, typename Out>
std::unique_ptr<const Evaluator> MakeFor(const Lowered& forest,
                                         const std::shared_ptr<const Bins>& bins, Isa isa) {
#if defined(__x86_64__)
  SliceSteps<Bin, Out> steps;
  if (isa == Isa::kAvx2) TakeAvx2(steps);
  if (isa == Isa::kAvx512) TakeAvx512(steps);
  if (steps.select != nullptr) return std::make_unique<BitSlice<Bin, Out>>(forest, bins, steps);
#endif
  return nullptr;
}

}  // namespace

std::unique_ptr<const Evaluator> MakeBitSlice(const Lowered& forest,
                                              const std::shared_ptr<const Bins>& bins, Isa isa) {
  if (bins == nullptr || bins->columns() == 0 || !forest.leaf_targets.empty()) return nullptr;
  if (forest.targets > kMostTargets) return nullptr;
  for (const LoweredTree& tree : forest.trees)
    if (tree.leaf_count > kMostLeaves) return nullptr;
  const bool floats = forest.sum == Sum::kFp32;
  if (bins->narrow())
    return floats ? MakeFor<uint8_t, float>(forest, bins, isa)
                  : MakeFor<uint8_t, double>(forest, bins, isa);
  return floats ? MakeFor<uint16_t, float>(forest, bins, isa)
                : MakeFor<uint16_t, double>(forest, bins, isa);
}

}  // namespace slipway::forest
