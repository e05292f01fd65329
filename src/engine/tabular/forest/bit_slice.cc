#include "engine/tabular/forest/bit_slice.h"

#include <algorithm>
#include <bit>
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
  SelectionWriter(const LoweredTree& tree, std::vector<SliceMux>& muxes)
      : tree_(tree),
        muxes_(muxes),
        begin_(tree.nodes.size()),
        end_(tree.nodes.size()),
        found_(tree.nodes.size()) {
    for (size_t i = tree.nodes.size(); i-- > 0;) {
      begin_[i] = BeginOf(tree.nodes[i].left);
      end_[i] = EndOf(tree.nodes[i].right);
    }
  }

  void Write(int bits) {
    for (int bit = 0; bit < bits; ++bit) WriteBit(bit);
  }

 private:
  static Slot SplitSlot(size_t node) { return static_cast<Slot>(kSplits + node); }
  uint32_t BeginOf(int32_t child) const {
    return child < 0 ? static_cast<uint32_t>(~child) : begin_[static_cast<size_t>(child)];
  }
  uint32_t EndOf(int32_t child) const {
    return child < 0 ? static_cast<uint32_t>(~child) + 1 : end_[static_cast<size_t>(child)];
  }

  /// Children stand behind their parents, so backwards they come first.
  void WriteBit(int bit) {
    for (size_t i = tree_.nodes.size(); i-- > 0;) {
      const Node& node = tree_.nodes[i];
      const bool root = i == 0;
      if (!root && Agree(begin_[i], end_[i], bit)) {
        found_[i] = Constant(begin_[i], bit);
        continue;
      }
      const Slot low = Found(node.left, bit), high = Found(node.right, bit);
      if (!root && low == kZeros && high == kOnes) {
        found_[i] = SplitSlot(i);
        continue;
      }
      Free(low);
      Free(high);
      found_[i] = root ? static_cast<Slot>(kLeafBits + bit) : Allocate();
      muxes_.push_back({found_[i], SplitSlot(i), low, high});
    }
  }

  static bool Agree(uint32_t begin, uint32_t end, int bit) {
    return begin >> bit == (end - 1) >> bit;
  }
  static Slot Constant(uint32_t leaf, int bit) { return leaf >> bit & 1 ? kOnes : kZeros; }
  Slot Found(int32_t child, int bit) const {
    return child < 0 ? Constant(static_cast<uint32_t>(~child), bit)
                     : found_[static_cast<size_t>(child)];
  }

  Slot Allocate() {
    if (free_.empty()) return static_cast<Slot>(SplitSlot(tree_.nodes.size()) + used_++);
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void Free(Slot slot) {
    if (slot >= SplitSlot(tree_.nodes.size())) free_.push_back(slot);
  }

  const LoweredTree& tree_;
  std::vector<SliceMux>& muxes_;
  std::vector<uint32_t> begin_, end_;  // leaves below each split
  std::vector<Slot> found_;            // where a bit of theirs is
  std::vector<Slot> free_;
  size_t used_ = 0;
};

template <typename Bin, typename Out>
class BitSlice final : public Evaluator {
 public:
  BitSlice(const Lowered& forest, std::shared_ptr<const Bins> bins, SliceSteps<Bin, Out> steps)
      : bins_(std::move(bins)),
        steps_(steps),
        targets_(static_cast<size_t>(forest.targets)),
        width_(static_cast<size_t>(forest.leaf_width)) {
    size_t splits = 0;
    for (const LoweredTree& tree : forest.trees) splits += tree.nodes.size();
    compares_.reserve(splits);
    std::vector<Place> places;
    for (const LoweredTree& tree : forest.trees) places.push_back(AddTree(forest, tree));
    muxes_.shrink_to_fit();
    leaves_.resize(leaves_.size() + kReadPast);
    leaves_.shrink_to_fit();
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

  Place AddTree(const Lowered& forest, const LoweredTree& tree) {
    const Place place{compares_.size(), muxes_.size()};
    const int bits = std::bit_width(tree.leaf_count - 1);
    for (const Node& node : tree.nodes)
      compares_.push_back({static_cast<uint16_t>(node.column), static_cast<uint16_t>(node.rank)});
    SelectionWriter(tree, muxes_).Write(bits);
    SlicedTree sliced;
    sliced.slices.compare_count = static_cast<uint16_t>(tree.nodes.size());
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
