#include "engine/tabular/forest/bins.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/tabular/forest/simd.h"

namespace slipway::forest {
namespace {

constexpr size_t kGroup = CutTree::kGroup;

/// Entries past the last cut are NaN, which is below nothing.
template <typename Value>
void AppendLevels(const std::vector<double>& cuts, CutTree& tree, std::vector<Value>& out) {
  std::vector<std::vector<Value>> levels = {{cuts.begin(), cuts.end()}};
  while (levels.back().size() > kGroup) {
    std::vector<Value> above;
    const std::vector<Value>& below = levels.back();
    for (size_t last = kGroup - 1; last + 1 < below.size(); last += kGroup)
      above.push_back(below[last]);
    levels.push_back(std::move(above));
  }
  tree.levels = static_cast<uint8_t>(levels.size());
  for (size_t i = 0; i < levels.size(); ++i) {
    std::vector<Value>& level = levels[levels.size() - 1 - i];
    const size_t groups = std::max<size_t>(1, (level.size() + kGroup - 1) / kGroup);
    level.resize(groups * kGroup, std::numeric_limits<Value>::quiet_NaN());
    tree.groups[i] = static_cast<uint32_t>(groups);
    out.insert(out.end(), level.begin(), level.end());
  }
}

template <typename Value>
uint32_t CountBelowPortable(const Value* group, Value x) {
  uint32_t count = 0;
  for (size_t i = 0; i < kGroup; ++i) count += group[i] < x;
  return count;
}

#if defined(__x86_64__)
SLIPWAY_BEGIN_ISA(SLIPWAY_AVX2)
uint32_t CountBelowAvx2(const float* group, float x) {
  const __m256 value = _mm256_set1_ps(x);
  const __m256 low = _mm256_cmp_ps(_mm256_load_ps(group), value, _CMP_LT_OQ);
  const __m256 high = _mm256_cmp_ps(_mm256_load_ps(group + 8), value, _CMP_LT_OQ);
  const auto both = static_cast<uint32_t>(_mm256_movemask_ps(low)) |
                    static_cast<uint32_t>(_mm256_movemask_ps(high)) << 8;
  return static_cast<uint32_t>(_mm_popcnt_u32(both));
}
uint32_t CountBelowAvx2(const double* group, double x) {
  const __m256d value = _mm256_set1_pd(x);
  uint32_t below = 0;
  for (int i = 0; i < 4; ++i) {
    const __m256d some = _mm256_cmp_pd(_mm256_load_pd(group + 4 * i), value, _CMP_LT_OQ);
    below |= static_cast<uint32_t>(_mm256_movemask_pd(some)) << (4 * i);
  }
  return static_cast<uint32_t>(_mm_popcnt_u32(below));
}
SLIPWAY_END_ISA

SLIPWAY_BEGIN_ISA(SLIPWAY_AVX512)
uint32_t CountBelowAvx512(const float* group, float x) {
  const auto below = _mm512_cmp_ps_mask(_mm512_load_ps(group), _mm512_set1_ps(x), _CMP_LT_OQ);
  return static_cast<uint32_t>(_mm_popcnt_u32(_cvtmask16_u32(below)));
}
uint32_t CountBelowAvx512(const double* group, double x) {
  const __m512d value = _mm512_set1_pd(x);
  const auto low = _mm512_cmp_pd_mask(_mm512_load_pd(group), value, _CMP_LT_OQ);
  const auto high = _mm512_cmp_pd_mask(_mm512_load_pd(group + 8), value, _CMP_LT_OQ);
  return static_cast<uint32_t>(_mm_popcnt_u32(_mm512_kunpackb(high, low)));
}
SLIPWAY_END_ISA
#endif

/// A column's values in one call, so that only this much is compiled for each instruction set.
#define SLIPWAY_NUMBER_COLUMN(name, count_below)                                         \
  template <typename Source, typename Value, typename Number>                            \
  void name(const CutTree& tree, const Value* cuts, const Source* values, size_t stride, \
            size_t count, Number* out, size_t step) {                                    \
    for (size_t i = 0; i < count; ++i) {                                                 \
      const auto x = static_cast<Value>(values[i * stride]);                             \
      const Value* level = cuts;                                                         \
      uint32_t group = 0;                                                                \
      for (uint32_t l = 0; l < tree.levels; ++l) {                                       \
        group = group * kGroup + count_below(level + group * kGroup, x);                 \
        level += tree.groups[l] * kGroup;                                                \
      }                                                                                  \
      out[i * step] = static_cast<Number>(x != x ? tree.missing : group);                \
    }                                                                                    \
  }

SLIPWAY_NUMBER_COLUMN(NumberPortable, CountBelowPortable)
#if defined(__x86_64__)
SLIPWAY_BEGIN_ISA(SLIPWAY_AVX2)
SLIPWAY_NUMBER_COLUMN(NumberAvx2, CountBelowAvx2)
SLIPWAY_END_ISA
SLIPWAY_BEGIN_ISA(SLIPWAY_AVX512)
SLIPWAY_NUMBER_COLUMN(NumberAvx512, CountBelowAvx512)
SLIPWAY_END_ISA
#endif
#undef SLIPWAY_NUMBER_COLUMN

template <typename Source, typename Value>
class BinsOf final : public Bins {
 public:
  BinsOf(const Lowered& forest, Isa isa) : isa_(isa) {
    columns_ = forest.columns.size();
    narrow_ = true;
    std::vector<Value> cuts;
    for (const Column& column : forest.columns) {
      CutTree tree{.feature = static_cast<size_t>(column.feature),
                   .first = static_cast<uint32_t>(cuts.size()),
                   .is_set = column.is_set};
      tree.missing = column.missing_left ? 0 : static_cast<uint16_t>(column.highest());
      narrow_ &= column.highest() <= 0xFF;
      if (column.is_set) {
        tree.first = static_cast<uint32_t>(sets_.size());
        sets_.push_back(column.cuts);
      } else {
        AppendLevels(column.cuts, tree, cuts);
      }
      trees_.push_back(tree);
    }
    count_ = cuts.size();
    cuts_.reset(static_cast<Value*>(
        ::operator new(std::max<size_t>(1, count_) * sizeof(Value), kAlignment)));
    std::copy(cuts.begin(), cuts.end(), cuts_.get());
  }

  size_t bytes() const override {
    size_t bytes = sizeof(*this) + count_ * sizeof(Value) + trees_.capacity() * sizeof(CutTree);
    for (const auto& set : sets_) bytes += sizeof(set) + set.capacity() * sizeof(double);
    return bytes;
  }

  void Number(const Rows& rows, size_t column_step, size_t row_step, uint8_t* out) const override {
    NumberAll(rows, column_step, row_step, out);
  }
  void Number(const Rows& rows, size_t column_step, size_t row_step, uint16_t* out) const override {
    NumberAll(rows, column_step, row_step, out);
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Deleter {
    void operator()(Value* memory) const { ::operator delete(memory, kAlignment); }
  };

  template <typename Int>
  void NumberAll(const Rows& rows, size_t column_step, size_t row_step, Int* out) const {
    const auto* const values = static_cast<const Source*>(rows.values);
    for (size_t c = 0; c < trees_.size(); ++c) {
      const CutTree& tree = trees_[c];
      const Source* const first = values + tree.feature;
      Int* const to = out + c * column_step;
      if (tree.is_set)
        NumberSet(tree, first, rows, to, row_step);
      else
        NumberOrdered(tree, first, rows, to, row_step);
    }
  }

  template <typename Int>
  void NumberOrdered(const CutTree& tree, const Source* first, const Rows& rows, Int* out,
                     size_t step) const {
    const Value* const cuts = cuts_.get() + tree.first;
#if defined(__x86_64__)
    if (isa_ == Isa::kAvx512)
      return NumberAvx512(tree, cuts, first, rows.stride, rows.count, out, step);
    if (isa_ == Isa::kAvx2)
      return NumberAvx2(tree, cuts, first, rows.stride, rows.count, out, step);
#endif
    NumberPortable(tree, cuts, first, rows.stride, rows.count, out, step);
  }

  template <typename Int>
  void NumberSet(const CutTree& tree, const Source* first, const Rows& rows, Int* out,
                 size_t step) const {
    const std::vector<double>& members = sets_[tree.first];
    for (size_t i = 0; i < rows.count; ++i) {
      const auto x = static_cast<Value>(first[i * rows.stride]);
      out[i * step] = static_cast<Int>(x != x ? tree.missing : !Contains(members, x));
    }
  }

  Isa isa_;
  size_t count_ = 0;
  std::unique_ptr<Value, Deleter> cuts_;
  std::vector<CutTree> trees_;
  std::vector<std::vector<double>> sets_;
};

}  // namespace

std::unique_ptr<const Bins> Bins::Make(const Lowered& forest, Isa isa) {
  if (forest.columns.size() > kMostColumns) return nullptr;
  for (const Column& column : forest.columns)
    if (column.highest() > 0xFFFF) return nullptr;
  switch (forest.compare) {
    case Compare::kFp32:
      return std::make_unique<BinsOf<float, float>>(forest, isa);
    case Compare::kFp64:
      return std::make_unique<BinsOf<double, double>>(forest, isa);
    case Compare::kFp64To32:
      return std::make_unique<BinsOf<double, float>>(forest, isa);
  }
  return nullptr;
}

}  // namespace slipway::forest
