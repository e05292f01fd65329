#include "engine/tabular/operators/sparse.h"

#include <algorithm>
#include <vector>

#include "engine/tabular/arena.h"
#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// Columns and values of one row, while it grows.
struct Growing {
  uint32_t* columns;
  double* values;
  size_t count = 0;

  static bool Take(Arena& arena, size_t capacity, Growing& row) {
    row = {arena.Take<uint32_t>(capacity), arena.Take<double>(capacity)};
    return row.columns != nullptr && row.values != nullptr;
  }
  void Add(size_t column, double value) {
    columns[count] = static_cast<uint32_t>(column);
    values[count++] = value;
  }
  SparseRow Done() const { return {columns, values, count}; }
};

size_t CountNonZero(const double* row, size_t columns) {
  return columns - static_cast<size_t>(std::count(row, row + columns, 0.0));
}

void AddDense(const double* row, size_t columns, size_t offset, Growing& to) {
  for (size_t j = 0; j < columns; ++j)
    if (row[j] != 0) to.Add(offset + j, row[j]);
}

/// Rows, sparse or dense, side by side.
class ConcatStep final : public Step {
 public:
  struct Part {
    Slot slot;
    size_t columns;
    bool sparse;
  };
  ConcatStep(std::vector<Part> parts, Slot to) : parts_(std::move(parts)), to_(to) {}

  Status Run(const Block& block) const override {
    for (size_t r = 0; r < block.rows; ++r) {
      size_t count = 0;
      for (const Part& part : parts_) count += CountIn(block, part, r);
      Growing row{};
      if (!Growing::Take(*block.arena, count, row)) return ArenaIsFull();
      size_t offset = 0;
      for (const Part& part : parts_) {
        Append(block, part, r, offset, row);
        offset += part.columns;
      }
      block.Out<SparseRow>(to_)[r] = row.Done();
    }
    return OkStatus();
  }

 private:
  static size_t CountIn(const Block& block, const Part& part, size_t r) {
    if (part.sparse) return block.In<SparseRow>(part.slot)[r].count;
    return CountNonZero(block.In<double>(part.slot) + r * part.columns, part.columns);
  }
  static void Append(const Block& block, const Part& part, size_t r, size_t offset, Growing& to) {
    if (!part.sparse)
      return AddDense(block.In<double>(part.slot) + r * part.columns, part.columns, offset, to);
    const SparseRow& from = block.In<SparseRow>(part.slot)[r];
    for (size_t i = 0; i < from.count; ++i) to.Add(offset + from.columns[i], from.values[i]);
  }

  const std::vector<Part> parts_;
  const Slot to_;
};

/// Some columns, each as often as it is asked for.
class PickStep final : public Step {
 public:
  PickStep(Slot from, Slot to, size_t columns, std::span<const size_t> indices)
      : from_(from), to_(to), starts_(columns + 1), places_(indices.size()) {
    for (const size_t column : indices) ++starts_[column + 1];
    for (size_t i = 0; i < columns; ++i) starts_[i + 1] += starts_[i];
    std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (size_t i = 0; i < indices.size(); ++i)
      places_[next[indices[i]]++] = static_cast<uint32_t>(i);
  }

  Status Run(const Block& block) const override {
    for (size_t r = 0; r < block.rows; ++r) {
      const SparseRow& from = block.In<SparseRow>(from_)[r];
      size_t count = 0;
      for (size_t i = 0; i < from.count; ++i)
        count += starts_[from.columns[i] + 1] - starts_[from.columns[i]];
      auto* const picked = block.arena->Take<std::pair<uint32_t, double>>(count);
      Growing row{};
      if (picked == nullptr || !Growing::Take(*block.arena, count, row)) return ArenaIsFull();
      Pick(from, picked);
      std::sort(picked, picked + count, [](auto& a, auto& b) { return a.first < b.first; });
      for (size_t i = 0; i < count; ++i) row.Add(picked[i].first, picked[i].second);
      block.Out<SparseRow>(to_)[r] = row.Done();
    }
    return OkStatus();
  }

 private:
  void Pick(const SparseRow& from, std::pair<uint32_t, double>* to) const {
    for (size_t i = 0; i < from.count; ++i)
      for (uint32_t at = starts_[from.columns[i]]; at < starts_[from.columns[i] + 1]; ++at)
        *to++ = {places_[at], from.values[i]};
  }

  const Slot from_;
  const Slot to_;
  std::vector<uint32_t> starts_;  // [columns + 1]: of the places of each column
  std::vector<uint32_t> places_;  // [indices]
};

/// Each output is one sum, over the columns in order; the bias is added last.
class SparseAffine final : public Affine {
 public:
  SparseAffine(Slot from, Slot to, std::shared_ptr<const Tensor> weights, size_t outputs)
      : from_(from), to_(to), outputs_(outputs), weights_(std::move(weights)) {}

  bool Fits(std::span<const SlotPlan> slots) const override {
    return slots[from_].row_bytes == sizeof(SparseRow) &&
           slots[to_].row_bytes == outputs_ * sizeof(double);
  }

  Status Run(const Block& block) const override {
    const double* const weights = weights_->as<double>().data();
    for (size_t r = 0; r < block.rows; ++r) {
      const SparseRow& row = block.In<SparseRow>(from_)[r];
      double* const y = block.Out<double>(to_) + r * outputs_;
      std::fill_n(y, outputs_, 0.0);
      for (size_t i = 0; i < row.count; ++i) {
        const double value = row.values[i];
        const double* const of_column = weights + row.columns[i] * outputs_;
        for (size_t j = 0; j < outputs_; ++j) y[j] += value * of_column[j];
      }
      for (size_t j = 0; j < bias_.size(); ++j) y[j] += bias_[j];
      if (relu_) std::replace_if(y, y + outputs_, [](double v) { return v < 0; }, 0.0);
    }
    return OkStatus();
  }

  void set_to(Slot to) override { to_ = to; }
  void TakeRelu() override { relu_ = true; }
  bool TakeBias(const Tensor& bias) override {
    const auto values = ElementsOf<double>(bias);
    if (!bias_.empty() || relu_ || (values.size() != 1 && values.size() != outputs_)) return false;
    for (size_t j = 0; j < outputs_; ++j) bias_.push_back(values[values.size() == 1 ? 0 : j]);
    return true;
  }

 private:
  const Slot from_;
  Slot to_;
  const size_t outputs_;
  const std::shared_ptr<const Tensor> weights_;  // [columns, outputs]
  std::vector<double> bias_;
  bool relu_ = false;
};

}  // namespace

Status ArenaIsFull() {
  return MakeError(Reason::kTooLarge, "the texts have more terms than the memory of a run holds");
}

std::unique_ptr<Step> MakeDense(Slot from, Slot to, size_t columns) {
  return MakeStep([=](const Block& block) {
    double* out = block.Out<double>(to);
    for (size_t r = 0; r < block.rows; ++r, out += columns) {
      const SparseRow& row = block.In<SparseRow>(from)[r];
      std::fill_n(out, columns, 0.0);
      for (size_t i = 0; i < row.count; ++i) out[row.columns[i]] = row.values[i];
    }
  });
}

StatusOr<Value> ToSparse(Lowering& node, const Value& x) {
  if (x.sparse) return x;
  if (!x.rows() || x.row_vector || x.dtype != DType::kFp64 || x.tail.size() != 1)
    return node.Unsupported("input is {}, expected FP64 [n,k]", x.ToString());
  const Value y = node.NewSparseRows(x.tail.front());
  node.Emit(std::make_unique<ConcatStep>(
                std::vector<ConcatStep::Part>{{x.slot, x.columns(), false}}, y.slot),
            {x.slot}, {y.slot});
  return y;
}

Value PickSparse(Lowering& node, const Value& x, std::span<const size_t> indices) {
  const Value y = node.NewSparseRows(static_cast<int64_t>(indices.size()));
  node.Emit(std::make_unique<PickStep>(x.slot, y.slot, x.columns(), indices), {x.slot}, {y.slot});
  return y;
}

[[gnu::cold]] Status LowerSparseMatMul(Lowering& node) {
  const Value x = node.input(0);
  ASSIGN_OR_RETURN(const auto w, node.Constant(1));
  if (w->dtype != DType::kFp64 || w->shape.size() > 2 || w->shape.empty() ||
      w->shape[0] != x.tail[0])
    return node.Unsupported("{} times {}", x.ToString(), node.input(1).ToString());
  const size_t outputs = w->shape.size() == 2 ? static_cast<size_t>(w->shape[1]) : 1;
  ASSIGN_OR_RETURN(Value y, node.NewRows(DType::kFp64, {static_cast<int64_t>(outputs)}));
  if (w->shape.size() == 1) y.tail.clear();
  node.Emit(std::make_unique<SparseAffine>(x.slot, y.slot, w, outputs), {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerSparseConcat(Lowering& node) {
  std::vector<ConcatStep::Part> parts;
  std::vector<Slot> reads;
  int64_t columns = 0;
  for (size_t i = 0; i < node.input_count(); ++i) {
    const Value& part = node.input(i);
    if (!part.rows() || part.row_vector || part.dtype != DType::kFp64 || part.tail.size() != 1 ||
        node.Int("axis", 1) != 1)
      return node.Unsupported("input {} is {}, expected FP64 [n,k] side by side", i,
                              part.ToString());
    parts.push_back({part.slot, part.columns(), part.sparse});
    reads.push_back(part.slot);
    columns += part.tail.front();
  }
  const Value y = node.NewSparseRows(columns);
  node.Emit(std::make_unique<ConcatStep>(std::move(parts), y.slot), std::move(reads), {y.slot});
  node.Give(0, y);
  return OkStatus();
}

}  // namespace slipway::tabular
