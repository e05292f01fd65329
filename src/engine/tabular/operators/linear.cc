// MatMul and Gemm with constant weights.

#include "engine/tabular/operators/linear.h"

#include "engine/tabular/operators/sparse.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

template <typename T>
class AffineStep final : public Affine {
 public:
  AffineStep(Slot from, Slot to, Weights<T> weights)
      : from_(from), to_(to), weights_(std::move(weights)) {}

  bool Fits(std::span<const SlotPlan> slots) const override {
    return slots[from_].row_bytes == weights_.inputs() * sizeof(T) &&
           slots[to_].row_bytes == weights_.outputs() * sizeof(T) &&
           (less_ == kNoSlot || slots[less_].row_bytes == sizeof(T));
  }

  Status Run(const Block& block) const override {
    Panels<T> panels = weights_.panels();
    if (less_ != kNoSlot) panels.less = block.In<T>(less_);
    arithmetic_.Affine(block.In<T>(from_), block.rows, panels, block.Out<T>(to_));
    return OkStatus();
  }

  bool TakeBias(const Tensor& bias) override {
    const auto values = ElementsOf<T>(bias);
    const Panels<T> taken = weights_.panels();
    if (taken.bias != nullptr || less_ != kNoSlot || taken.relu ||
        (values.size() != 1 && values.size() != weights_.outputs()))
      return false;
    std::vector<T> all(weights_.outputs());
    for (size_t j = 0; j < all.size(); ++j) all[j] = values.size() == 1 ? values[0] : values[j];
    weights_.AddBias(all);
    return true;
  }

  void set_to(Slot to) override { to_ = to; }

  bool TakeSubtraction(Slot less) override {
    if (less_ != kNoSlot || weights_.panels().relu) return false;
    less_ = less;
    return true;
  }

  void TakeRelu() override { weights_.AddRelu(); }

 private:
  const Arithmetic& arithmetic_ = BestArithmetic();
  const Slot from_;
  Slot to_;
  Slot less_ = kNoSlot;
  Weights<T> weights_;
};

template <typename T>
StatusOr<Value> Multiply(Lowering& node, const Value& x, Weights<T> weights) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, {static_cast<int64_t>(weights.outputs())}));
  node.Emit(MakeAffine(x.slot, y.slot, std::move(weights)), {x.slot}, {y.slot});
  return y;
}

/// The factors of a constant, alpha · w, which nodes share.
/// @param w  [inputs, outputs], [outputs, inputs] when transposed, or [inputs].
template <typename T>
Weights<T> FactorsOf(Lowering& node, const std::shared_ptr<const Tensor>& w, bool transposed,
                     T alpha) {
  const std::string how = fmt::format("factors {} {}", transposed, alpha);
  return *node.Once<Weights<T>>(w, how, [&] {
    const auto inputs = static_cast<size_t>(w->shape[transposed]);
    const size_t outputs = w->shape.size() == 2 ? static_cast<size_t>(w->shape[!transposed]) : 1;
    const auto values = ElementsOf<T>(*w);
    if (!transposed && alpha == 1) return Weights<T>(inputs, outputs, values);
    std::vector<T> scaled(values.size());
    for (size_t k = 0; k < inputs; ++k)
      for (size_t j = 0; j < outputs; ++j)
        scaled[k * outputs + j] = alpha * values[transposed ? j * inputs + k : k * outputs + j];
    return Weights<T>(inputs, outputs, scaled);
  });
}

[[gnu::cold]] Status LowerMatMul(Lowering& node) {
  if (node.input(0).sparse) return LowerSparseMatMul(node);
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp32, DType::kFp64}));
  ASSIGN_OR_RETURN(const auto w, node.Constant(1));
  if (x.tail.empty() || w->dtype != x.dtype || w->shape.size() > 2 || w->shape.empty() ||
      w->shape[0] != x.tail[0])
    return node.Unsupported("{} times {}", x.ToString(), node.input(1).ToString());
  ASSIGN_OR_RETURN(Value y, x.dtype == DType::kFp32
                                ? Multiply(node, x, FactorsOf<float>(node, w, false, 1))
                                : Multiply(node, x, FactorsOf<double>(node, w, false, 1)));
  if (w->shape.size() == 1) y.tail.clear();
  node.Give(0, y);
  return OkStatus();
}

/// C of Gemm, times beta, for every output; empty without one.
template <typename T>
StatusOr<std::vector<T>> GemmBias(Lowering& node, size_t outputs) {
  if (!node.has(2)) return std::vector<T>();
  ASSIGN_OR_RETURN(const auto c, node.Constant(2));
  const auto values = ElementsOf<T>(*c);
  const bool row = c->shape.size() < 2 || (c->shape.size() == 2 && c->shape[0] == 1);
  if (!row || (values.size() != 1 && values.size() != outputs))
    return node.Unsupported("bias {} for {} columns", node.input(2).ToString(), outputs);
  const auto beta = static_cast<T>(node.Float("beta", 1));
  std::vector<T> bias(outputs);
  for (size_t j = 0; j < outputs; ++j) bias[j] = beta * values[values.size() == 1 ? 0 : j];
  return bias;
}

template <typename T>
[[gnu::cold]] Status LowerGemmOf(Lowering& node, const Value& x,
                                 const std::shared_ptr<const Tensor>& b) {
  const bool transposed = node.Int("transB", 0) != 0;
  if (x.columns() != static_cast<size_t>(b->shape[transposed]))
    return node.Unsupported("{} times {}", x.ToString(), node.input(1).ToString());
  Weights<T> weights = FactorsOf(node, b, transposed, static_cast<T>(node.Float("alpha", 1)));
  ASSIGN_OR_RETURN(const std::vector<T> bias, GemmBias<T>(node, weights.outputs()));
  weights.AddBias(bias);
  ASSIGN_OR_RETURN(const Value y, Multiply(node, x, std::move(weights)));
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerGemm(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp32, DType::kFp64}));
  ASSIGN_OR_RETURN(const auto b, node.Constant(1));
  const bool same = b->dtype == x.dtype && (!node.has(2) || node.input(2).dtype == x.dtype);
  if (x.tail.empty() || !same || b->shape.size() != 2 || node.Int("transA", 0) != 0)
    return node.Unsupported("{} times {}", x.ToString(), node.input(1).ToString());
  return x.dtype == DType::kFp32 ? LowerGemmOf<float>(node, x, b) : LowerGemmOf<double>(node, x, b);
}

}  // namespace

std::unique_ptr<Step> MakeAffine(Slot from, Slot to, Weights<float> weights) {
  return std::make_unique<AffineStep<float>>(from, to, std::move(weights));
}
std::unique_ptr<Step> MakeAffine(Slot from, Slot to, Weights<double> weights) {
  return std::make_unique<AffineStep<double>>(from, to, std::move(weights));
}

std::span<const Operator> LinearOperators() {
  static constexpr Operator kOperators[] = {{"", "MatMul", LowerMatMul, 2, 2, true},
                                            {"", "Gemm", LowerGemm, 2, 3}};
  return kOperators;
}

}  // namespace slipway::tabular
