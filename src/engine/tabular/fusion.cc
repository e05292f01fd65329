#include "engine/tabular/fusion.h"

#include <algorithm>
#include <map>

#include "engine/tabular/operators/cast.h"
#include "engine/tabular/operators/forest_step.h"
#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/lookup.h"
#include "engine/tabular/operators/reduction.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// The leaves of `numbered`, whose values are rows of `table` and whose tree i adds to target i, as
/// these rows; nullopt when it is not such a forest.
std::optional<forest::ForestSpec> VectorLeaves(const forest::ForestSpec& numbered,
                                               const Tensor& table) {
  const auto width = static_cast<size_t>(table.shape[1]);
  const std::vector<double> values = NumbersOf(table);
  if (numbered.leaf_width != 1 || numbered.average || !numbered.base_values.empty() ||
      numbered.trees.size() != static_cast<size_t>(numbered.targets) || width == 0)
    return std::nullopt;
  forest::ForestSpec spec = numbered;
  spec.targets = spec.leaf_width = static_cast<int32_t>(width);
  for (size_t i = 0; i < spec.trees.size(); ++i) {
    forest::Tree& tree = spec.trees[i];
    const auto own = [&](int32_t target) { return static_cast<size_t>(target) == i; };
    if (!std::ranges::all_of(tree.leaf_targets, own)) return std::nullopt;
    std::vector<double> leaves;
    for (const double leaf : tree.leaves) {
      const double row = numbered.sum == forest::Sum::kFp32 ? static_cast<float>(leaf) : leaf;
      if (!(row >= 0 && row < static_cast<double>(table.shape[0]))) return std::nullopt;
      const auto begin =
          values.begin() + static_cast<ptrdiff_t>(row) * static_cast<ptrdiff_t>(width);
      leaves.insert(leaves.end(), begin, begin + static_cast<ptrdiff_t>(width));
    }
    tree.leaves = std::move(leaves);
    tree.leaf_targets.clear();
    tree.target = 0;
  }
  return spec;
}

class Fusion {
 public:
  explicit Fusion(Program& program) : program_(program) {
    for (size_t i = 0; i < program.steps.size(); ++i) {
      for (const Slot slot : program.steps[i].reads) ++readers_[slot];
      for (const Slot slot : program.steps[i].writes) writers_[slot] = i;
    }
    for (const OutputSource& output : program.outputs) ++readers_[output.slot];
  }

  void Run() {
    for (auto& planned : program_.steps) {
      if (const auto* addition = As<ConstantAddition>(planned))
        TakeAddition(planned, addition->constant());
      else if (As<RowSubtraction>(planned) != nullptr)
        TakeSubtraction(planned);
      else if (As<Relu>(planned) != nullptr)
        TakeRelu(planned);
      else if (As<ForestStep>(planned) != nullptr)
        TakeCasts(planned);
      else if (const auto* sum = As<AxisSum>(planned))
        TakeNumberedLeaves(planned, sum->axis());
    }
    std::erase_if(program_.steps, [](const auto& planned) { return planned.step == nullptr; });
  }

 private:
  using Planned = Program::PlannedStep;

  template <typename T>
  static T* As(const Planned& planned) {
    return dynamic_cast<T*>(planned.step.get());
  }

  /// What wrote a slot; null for an input of the graph.
  Planned* WriterOf(Slot slot) const {
    const auto writer = writers_.find(slot);
    return writer == writers_.end() ? nullptr : &program_.steps[writer->second];
  }
  template <typename T>
  T* WriterAs(Slot slot) const {
    const Planned* const writer = WriterOf(slot);
    return writer == nullptr ? nullptr : As<T>(*writer);
  }

  bool AreAlike(Slot a, Slot b) const {
    return program_.slots[a].dtype == program_.slots[b].dtype &&
           program_.slots[a].row_bytes == program_.slots[b].row_bytes;
  }

  /// The product that a step of one operand works on element by element, and nothing else reads.
  Affine* ProductBefore(const Planned& planned) {
    const Slot from = planned.reads.front();
    return readers_[from] == 1 && AreAlike(from, planned.writes.front()) ? WriterAs<Affine>(from)
                                                                         : nullptr;
  }

  /// `planned` is done where its operand is made.
  void MoveInto(Affine& product, Planned& planned) {
    const size_t maker = writers_[planned.reads.front()];
    const Slot to = planned.writes.front();
    product.set_to(to);
    program_.steps[maker].writes = {to};
    writers_[to] = maker;
    planned = {};
  }

  void TakeAddition(Planned& planned, const Tensor& constant) {
    Affine* const product = ProductBefore(planned);
    if (product != nullptr && product->TakeBias(constant)) MoveInto(*product, planned);
  }

  /// The product is made where its rows' numbers are known.
  void TakeSubtraction(Planned& planned) {
    Affine* const product = ProductBefore(planned);
    const Slot less = planned.reads.back(), to = planned.writes.front();
    if (product == nullptr || !product->TakeSubtraction(less)) return;
    product->set_to(to);
    Planned& maker = *WriterOf(planned.reads.front());
    planned = {std::move(maker.step), {maker.reads.front(), less}, {to}};
    maker = {};
  }

  void TakeRelu(Planned& planned) {
    Affine* const product = ProductBefore(planned);
    if (product == nullptr) return;
    product->TakeRelu();
    MoveInto(*product, planned);
  }

  /// Trees compare what was cast where that says the same: widening changes nothing, and rounding
  /// from FP64 is a way to compare.
  void TakeCasts(Planned& planned) {
    auto* const trees = As<ForestStep>(planned);
    while (const auto* cast = WriterAs<Cast>(planned.reads.front())) {
      const Slot from = WriterOf(planned.reads.front())->reads.front();
      const DType narrow = program_.slots[from].dtype, wide = cast->to();
      const forest::Compare compare = trees->spec().compare;
      if (compare == forest::Compare::kFp64 && narrow == DType::kFp32)
        trees->ReadInstead(from, forest::Compare::kFp32);
      else if (compare == forest::Compare::kFp32 && narrow == DType::kFp64 && wide == DType::kFp32)
        trees->ReadInstead(from, forest::Compare::kFp64To32);
      else
        return;
      planned.reads = {from};
    }
  }

  /// TreeEnsemble → Cast → Gather(table) → ReduceSum over the trees: how import/trees.h writes
  /// leaves that are vectors.
  void TakeNumberedLeaves(Planned& planned, const Axis& axis) {
    const Slot to = planned.writes.front();
    const auto* lookup = WriterAs<Lookup>(planned.reads.front());
    if (lookup == nullptr || lookup->table().shape.size() != 2) return;
    const auto* cast = WriterAs<Cast>(lookup->index());
    if (cast == nullptr) return;
    const Planned* const scoring = WriterOf(WriterOf(lookup->index())->reads.front());
    const auto* trees = scoring == nullptr ? nullptr : As<ForestStep>(*scoring);
    if (trees == nullptr) return;
    const bool over_trees = axis.outer == 1 &&
                            axis.length == static_cast<size_t>(trees->spec().targets) &&
                            axis.inner == static_cast<size_t>(lookup->table().shape[1]);
    if (!over_trees) return;
    std::optional<forest::ForestSpec> spec = VectorLeaves(trees->spec(), lookup->table());
    if (!spec) return;
    spec->sum = program_.slots[to].dtype == DType::kFp32 ? forest::Sum::kFp32 : forest::Sum::kFp64;
    planned = {std::make_unique<ForestStep>(*std::move(spec), trees->from(), trees->columns(), to),
               scoring->reads,
               {to}};
  }

  Program& program_;
  std::map<Slot, int> readers_;
  std::map<Slot, size_t> writers_;
};

}  // namespace

void Fuse(Program& program) { Fusion(program).Run(); }

}  // namespace slipway::tabular
