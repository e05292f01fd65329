// What picks values by their place.

#include <algorithm>

#include "engine/tabular/operators/lookup.h"
#include "engine/tabular/operators/sparse.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// Emits y[r][i] = x[r][sources[i]].
template <typename T>
[[gnu::cold]] void EmitPick(Lowering& node, const Value& x, const Value& y,
                            std::vector<uint32_t> sources) {
  node.Emit(MakeStep([from = x.slot, to = y.slot, width = x.columns(),
                      sources = std::move(sources)](const Block& block) {
              const T* in = block.In<T>(from);
              T* out = block.Out<T>(to);
              for (size_t r = 0; r < block.rows; ++r, in += width)
                for (const uint32_t source : sources) *out++ = in[source];
            }),
            {x.slot}, {y.slot});
}

/// y takes `indices` along column axis `at` of x; indices were checked.
[[gnu::cold]] StatusOr<Value> PickAlong(Lowering& node, const Value& x, size_t at,
                                        const std::vector<size_t>& indices,
                                        const Shape& index_shape) {
  Shape tail(x.tail.begin(), x.tail.begin() + static_cast<ptrdiff_t>(at));
  tail.insert(tail.end(), index_shape.begin(), index_shape.end());
  tail.insert(tail.end(), x.tail.begin() + static_cast<ptrdiff_t>(at) + 1, x.tail.end());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, tail));
  size_t outer = 1, inner = 1;
  for (size_t i = 0; i < x.tail.size(); ++i)
    if (i != at) (i < at ? outer : inner) *= static_cast<size_t>(x.tail[i]);
  const auto length = static_cast<size_t>(x.tail[at]);
  std::vector<uint32_t> sources;  // kMaxRowBytes fits
  sources.reserve(y.columns());
  for (size_t o = 0; o < outer; ++o)
    for (const size_t index : indices)
      for (size_t i = 0; i < inner; ++i)
        sources.push_back(static_cast<uint32_t>((o * length + index) * inner + i));
  switch (SlotElementSize(x.dtype)) {
    case 1:
      EmitPick<uint8_t>(node, x, y, std::move(sources));
      break;
    case 2:
      EmitPick<uint16_t>(node, x, y, std::move(sources));
      break;
    case 4:
      EmitPick<uint32_t>(node, x, y, std::move(sources));
      break;
    case 8:
      EmitPick<uint64_t>(node, x, y, std::move(sources));
      break;
    default:
      EmitPick<std::string_view>(node, x, y, std::move(sources));
  }
  return y;
}

StatusOr<std::vector<size_t>> CheckedIndices(const Lowering& node, std::span<const int64_t> given,
                                             int64_t length) {
  std::vector<size_t> indices;
  for (const int64_t index : given) {
    const int64_t front = index < 0 ? index + length : index;
    if (front < 0 || front >= length) return node.Bad("index {} of {} columns", index, length);
    indices.push_back(static_cast<size_t>(front));
  }
  return indices;
}

// ---- Gather

/// Labels of classes, weights of leaves.
template <typename T>
class LookupStep final : public Lookup {
 public:
  LookupStep(const Value& index, const Value& to, std::shared_ptr<const Tensor> table)
      : index_(index.slot),
        to_(to.slot),
        count_(index.columns()),
        entries_(table->shape[0]),
        width_(count_ == 0 ? 0 : to.columns() / count_),
        table_(std::move(table)),
        values_(ElementsOf<T>(*table_)) {}

  Status Run(const Block& block) const override {
    const int64_t* in = block.In<int64_t>(index_);
    T* out = block.Out<T>(to_);
    for (size_t i = 0; i < block.rows * count_; ++i) {
      const int64_t at = in[i] < 0 ? in[i] + entries_ : in[i];
      if (at < 0 || at >= entries_)
        return Error(Reason::kBadRequest, "index {} into a table of {}", in[i], entries_);
      out = std::copy_n(values_.data() + static_cast<size_t>(at) * width_, width_, out);
    }
    return OkStatus();
  }
  bool Fits(std::span<const SlotPlan> slots) const override {
    return slots[index_].row_bytes == count_ * sizeof(int64_t) &&
           slots[to_].row_bytes == count_ * width_ * sizeof(T);
  }
  Slot index() const override { return index_; }
  const Tensor& table() const override { return *table_; }

 private:
  const Slot index_;
  const Slot to_;
  const size_t count_;  // indices of a row
  const int64_t entries_;
  const size_t width_;  // elements of an entry
  const std::shared_ptr<const Tensor> table_;
  const Elements<T> values_;
};

bool CanLookUp(const Value& index, const Tensor& table) {
  return index.dtype == DType::kInt64 && !table.shape.empty() && table.dtype != DType::kFp16 &&
         table.dtype != DType::kBf16;
}

[[gnu::cold]] Status LowerGatherConstant(Lowering& node) {
  ASSIGN_OR_RETURN(const Value index, node.Rows(1));
  if (node.Int("axis", 0) != 0 || !CanLookUp(index, *node.input(0).constant))
    return node.Unsupported("{} by {}", node.input(0).ToString(), index.ToString());
  ASSIGN_OR_RETURN(const Value y, EmitLookup(node, index, node.input(0).constant));
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerGather(Lowering& node) {
  if (node.input(0).is_constant()) return LowerGatherConstant(node);
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(node.Int("axis", 0), x));
  ASSIGN_OR_RETURN(const auto chosen, node.Constant(1));
  ASSIGN_OR_RETURN(const std::vector<int64_t> given, node.Integers(1, ""));
  ASSIGN_OR_RETURN(const auto indices, CheckedIndices(node, given, x.tail[at]));
  if (x.sparse && chosen->shape.size() != 1)
    return node.Unsupported("{} by {}", x.ToString(), node.input(1).ToString());
  if (x.sparse) {
    node.Give(0, PickSparse(node, x, indices));
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const Value y, PickAlong(node, x, at, indices, chosen->shape));
  node.Give(0, y);
  return OkStatus();
}

// ---- Slice, Split

[[gnu::cold]] Status LowerSlice(Lowering& node) {
  ASSIGN_OR_RETURN(Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const auto starts, node.Integers(1, "starts"));
  ASSIGN_OR_RETURN(const auto ends, node.Integers(2, "ends"));
  ASSIGN_OR_RETURN(auto axes, node.Integers(3, "axes"));
  ASSIGN_OR_RETURN(auto steps, node.Integers(4, "steps"));
  if (axes.empty())
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (starts.size() > x.tail.size()) return node.Unsupported("{} axes", starts.size());
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return node.Bad("starts, ends, axes and steps differ in number");
  for (size_t i = 0; i < starts.size(); ++i) {
    ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(axes[i], x));
    const int64_t length = x.tail[at];
    if (steps[i] < 1) return node.Unsupported("step {}", steps[i]);
    const auto bound = [length](int64_t v) {
      return std::clamp<int64_t>(v < 0 ? v + length : v, 0, length);
    };
    std::vector<size_t> indices;
    for (int64_t k = bound(starts[i]); k < bound(ends[i]); k += std::min(steps[i], length))
      indices.push_back(static_cast<size_t>(k));
    const auto size = static_cast<int64_t>(indices.size());
    ASSIGN_OR_RETURN(x, PickAlong(node, x, at, indices, {size}));
  }
  node.Give(0, x);
  return OkStatus();
}

[[gnu::cold]] Status LowerSplit(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(node.Int("axis", 0), x));
  ASSIGN_OR_RETURN(std::vector<int64_t> sizes, node.Integers(1, "split"));
  const auto parts = static_cast<int64_t>(node.output_count());
  const int64_t length = x.tail[at], chunk = (length + parts - 1) / parts;
  if (sizes.empty())
    for (int64_t i = 0; i < parts; ++i)
      sizes.push_back(std::clamp<int64_t>(length - i * chunk, 0, chunk));
  if (sizes.size() != node.output_count()) return node.Bad("{} sizes", sizes.size());
  int64_t begin = 0;
  for (size_t part = 0; part < sizes.size(); ++part) {
    if (sizes[part] < 0 || sizes[part] > length - begin)
      return node.Bad("parts that are not {} columns together", length);
    std::vector<size_t> indices;
    for (int64_t k = 0; k < sizes[part]; ++k) indices.push_back(static_cast<size_t>(begin + k));
    begin += sizes[part];
    ASSIGN_OR_RETURN(const Value y, PickAlong(node, x, at, indices, {sizes[part]}));
    node.Give(part, y);
  }
  if (begin != length) return node.Bad("parts that are not {} columns together", length);
  return OkStatus();
}

// ---- ArrayFeatureExtractor

[[gnu::cold]] Status LowerFeatureExtractor(Lowering& node) {
  const Value& x = node.input(0);
  if (x.is_constant()) {
    // A row of labels by an index of every row: [1, n].
    ASSIGN_OR_RETURN(Value index, node.Rows(1));
    const Tensor& table = *x.constant;
    if (!CanLookUp(index, table) || index.columns() != 1 ||
        *ElementCount(table.shape) != table.shape.back())
      return node.Unsupported("{} by {}", x.ToString(), index.ToString());
    index.tail.clear();
    ASSIGN_OR_RETURN(Value labels, EmitLookup(node, index,
                                              std::make_shared<const Tensor>(Tensor{
                                                  table.dtype, {table.shape.back()}, table.data})));
    labels.row_vector = true;
    node.Give(0, labels);
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const Value rows, node.Rows(0));
  if (rows.tail.empty()) return node.Unsupported("input 0 is {}", rows.ToString());
  ASSIGN_OR_RETURN(const std::vector<int64_t> given, node.Integers(1, ""));
  ASSIGN_OR_RETURN(const auto indices, CheckedIndices(node, given, rows.tail.back()));
  ASSIGN_OR_RETURN(const Value y, PickAlong(node, rows, rows.tail.size() - 1, indices,
                                            {static_cast<int64_t>(indices.size())}));
  node.Give(0, y);
  return OkStatus();
}

}  // namespace

[[gnu::cold]] StatusOr<Value> EmitLookup(Lowering& node, const Value& index,
                                         std::shared_ptr<const Tensor> table) {
  Shape tail = index.tail;
  tail.insert(tail.end(), table->shape.begin() + 1, table->shape.end());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(table->dtype, tail));
  VisitType(table->dtype, [&]<typename T>() {
    node.Emit(std::make_unique<LookupStep<T>>(index, y, table), {index.slot}, {y.slot});
  });
  return y;
}

std::span<const Operator> SelectionOperators() {
  static constexpr Operator kOperators[] = {
      {"", "Gather", LowerGather, 2, 2, true},
      {"", "Slice", LowerSlice, 1, 5},
      {"", "Split", LowerSplit, 1, 2},
      {"ai.onnx.ml", "ArrayFeatureExtractor", LowerFeatureExtractor, 2},
  };
  return kOperators;
}

}  // namespace slipway::tabular
