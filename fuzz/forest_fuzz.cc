// Tree ensembles made from the input, now and then broken: what is taken must be answered by every
// kernel on every instruction set with the reference's bits.
#include <string>

#include "engine/tabular/forest/forest.h"
#include "engine/tabular/forest/reference.h"
#include "engine/tabular/forest/testing/random_forest.h"

namespace {

using namespace slipway::forest;
using testing::Dice;

testing::ForestKind MakeKind(Dice& dice) {
  testing::ForestKind kind;
  kind.trees = 1 + dice.Below(20);
  kind.depth = static_cast<uint32_t>(dice.Below(10));
  kind.features = static_cast<int32_t>(dice.Below(70));
  kind.targets = 1 + static_cast<int32_t>(dice.Below(5));
  kind.wide = dice.OneIn(3);
  kind.mixed_targets = !kind.wide && dice.OneIn(4);
  kind.full = dice.OneIn(4);
  kind.all_modes = dice.OneIn(2);
  kind.grid = dice.OneIn(2) ? 1 + dice.Below(40) : 0;
  kind.compare = static_cast<Compare>(dice.Below(3));
  kind.sum = static_cast<Sum>(dice.Below(2));
  kind.average = dice.OneIn(3);
  kind.base_values = dice.OneIn(3);
  return kind;
}

void Break(ForestSpec& spec, Dice& dice) {
  Tree& tree = spec.trees[dice.Below(spec.trees.size())];
  if (tree.splits.empty()) return;
  Split& split = tree.splits[dice.Below(tree.splits.size())];
  const auto any = static_cast<int32_t>(dice.Next());
  const auto near = static_cast<int32_t>(dice.Below(16)) - 8;
  switch (dice.Below(8)) {
    case 0:
      split.on_true = dice.OneIn(2) ? any : near;
      break;
    case 1:
      split.on_false = dice.OneIn(2) ? any : near;
      break;
    case 2:
      split.feature = dice.OneIn(2) ? any : near;
      break;
    case 3:
      split.mode = static_cast<SplitMode>(any);
      break;
    case 4:
      split.members_begin = static_cast<uint32_t>(any);
      break;
    case 5:
      tree.target = near;
      break;
    case 6:
      tree.leaves.pop_back();
      break;
    default:
      std::swap(split.on_true, tree.splits.back().on_false);
  }
}

void ExpectReferenceBits(const ForestSpec& spec, const Rows& rows) {
  const size_t bytes =
      rows.count * static_cast<size_t>(spec.targets) * (spec.sum == Sum::kFp32 ? 4 : 8);
  std::string expected(bytes, '\x55');
  ScoreByReference(spec, rows, expected.data());
  for (int kernel = 0; kernel < kKernelCount; ++kernel)
    for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
      KernelChoice choice;
      choice.fill(static_cast<Kernel>(kernel));
      const auto forest = Forest::Compile(spec, {.choice = choice, .isa = isa});
      std::string got(bytes, '\xAA');
      if (!forest.ok() || !(*forest)->Score(rows, got.data()).ok() || got != expected)
        __builtin_trap();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Dice dice(data, size);
  ForestSpec spec = testing::MakeForest(MakeKind(dice), dice);
  if (dice.OneIn(3)) Break(spec, dice);
  if (!Check(spec).ok()) {
    if (Forest::Compile(spec).ok()) __builtin_trap();
    return 0;
  }
  const size_t rows = 1 + dice.Below(130);
  const std::vector<double> values = testing::MakeRows(spec, rows, dice);
  const std::vector<float> floats(values.begin(), values.end());
  const void* const first = spec.compare == Compare::kFp32
                                ? static_cast<const void*>(floats.data())
                                : static_cast<const void*>(values.data());
  ExpectReferenceBits(spec, {first, rows, static_cast<size_t>(spec.features)});
  return 0;
}
