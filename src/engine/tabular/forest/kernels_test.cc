// Every kernel on every instruction set answers with the reference's bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "engine/tabular/forest/forest.h"
#include "engine/tabular/forest/reference.h"
#include "engine/tabular/forest/testing/random_forest.h"
#include "engine/tabular/testing/weak_symbols.h"

namespace slipway::forest {
namespace {

using testing::Dice;
using testing::ForestKind;

constexpr Kernel kKernels[] = {Kernel::kWalk, Kernel::kPermute, Kernel::kBitSlice};
constexpr Isa kIsas[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512};

KernelChoice Only(Kernel kernel) {
  KernelChoice choice;
  choice.fill(kernel);
  return choice;
}

/// Rows of the type that the forest takes, with two columns that nothing looks at.
class Table {
 public:
  Table(const ForestSpec& spec, size_t rows, Dice& dice) : stride_(Columns(spec) + 2) {
    const std::vector<double> values = testing::MakeRows(spec, rows, dice);
    doubles_.assign(rows * stride_, 1e300);
    for (size_t i = 0; i < values.size(); ++i)
      doubles_[i / Columns(spec) * stride_ + i % Columns(spec)] = values[i];
    for (const double value : doubles_) floats_.push_back(static_cast<float>(value));
    floats_only_ = spec.compare == Compare::kFp32;
  }
  Rows First(size_t rows) const {
    return {floats_only_ ? static_cast<const void*>(floats_.data()) : doubles_.data(), rows,
            stride_};
  }

 private:
  static size_t Columns(const ForestSpec& spec) { return static_cast<size_t>(spec.features); }
  size_t stride_;
  bool floats_only_ = false;
  std::vector<double> doubles_;
  std::vector<float> floats_;
};

/// Unequal bytes before a call show what it leaves unwritten.
std::string ReferenceBits(const ForestSpec& spec, const Rows& rows, size_t bytes) {
  std::string bits(bytes, '\x55');
  ScoreByReference(spec, rows, bits.data());
  return bits;
}

void ExpectReferenceBits(const ForestSpec& spec, const std::vector<size_t>& counts, Dice& dice) {
  const Table table(spec, *std::max_element(counts.begin(), counts.end()), dice);
  const size_t row_bytes = static_cast<size_t>(spec.targets) * (spec.sum == Sum::kFp32 ? 4 : 8);
  for (const Kernel kernel : kKernels) {
    for (const Isa isa : kIsas) {
      const auto forest = Forest::Compile(spec, {.choice = Only(kernel), .isa = isa});
      ASSERT_TRUE(forest.ok()) << MessageOf(forest.status());
      for (const size_t count : counts) {
        std::string bits(count * row_bytes, '\xAA');
        ASSERT_TRUE((*forest)->Score(table.First(count), bits.data()).ok());
        ASSERT_TRUE(bits == ReferenceBits(spec, table.First(count), bits.size()))
            << NameOf((*forest)->choice()[0]) << " isa " << static_cast<int>(isa) << ", " << count
            << " rows";
      }
    }
  }
}

std::vector<size_t> OneTo(size_t last) {
  std::vector<size_t> counts;
  for (size_t i = 1; i <= last; ++i) counts.push_back(i);
  return counts;
}

TEST(ForestKernelsTest, AgreeOnEveryNumberOfRows) {
  for (const Compare compare : {Compare::kFp32, Compare::kFp64, Compare::kFp64To32}) {
    for (const Sum sum : {Sum::kFp32, Sum::kFp64}) {
      Dice dice(1);
      const ForestKind kind{.full = true, .compare = compare, .sum = sum};
      auto counts = OneTo(70);
      counts.insert(counts.end(), {127, 128, 129, 255, 256, 257, 511, 512, 513, 1000});
      ExpectReferenceBits(testing::MakeForest(kind, dice), counts, dice);
    }
  }
}

TEST(ForestKernelsTest, AgreeAtEveryDepth) {
  for (uint32_t depth = 0; depth <= 13; ++depth) {
    for (const bool full : {false, true}) {
      Dice dice(depth);
      const ForestKind kind{.trees = 9, .depth = depth, .full = full, .grid = full ? 0u : 200u};
      ExpectReferenceBits(testing::MakeForest(kind, dice), {1, 7, 40, 600}, dice);
    }
  }
}

TEST(ForestKernelsTest, AgreeInEveryMode) {
  for (const Compare compare : {Compare::kFp32, Compare::kFp64, Compare::kFp64To32}) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      Dice dice(seed);
      const ForestKind kind{.depth = 1 + static_cast<uint32_t>(seed % 8),
                            .features = 3,
                            .all_modes = true,
                            .grid = seed % 2 == 0 ? 7u : 0u,
                            .compare = compare,
                            .average = seed % 3 == 0,
                            .base_values = seed % 5 == 0};
      ExpectReferenceBits(testing::MakeForest(kind, dice), {1, 33, 200}, dice);
    }
  }
}

TEST(ForestKernelsTest, AgreeOnManyTargets) {
  for (const int32_t targets : {2, 3, 10, 17, 64, 65}) {
    for (const int leaves : {0, 1, 2}) {
      for (const Sum sum : {Sum::kFp32, Sum::kFp64}) {
        Dice dice(static_cast<uint64_t>(targets));
        const ForestKind kind{.trees = 40,
                              .targets = targets,
                              .wide = leaves == 1,
                              .mixed_targets = leaves == 2,
                              .sum = sum,
                              .average = true,
                              .base_values = true};
        ExpectReferenceBits(testing::MakeForest(kind, dice), {1, 5, 64, 130}, dice);
      }
    }
  }
}

TEST(ForestKernelsTest, AgreeOnManyColumns) {
  for (const int32_t features : {0, 1, 16, 31, 32, 33, 63, 64, 65, 300, 5000}) {
    Dice dice(static_cast<uint64_t>(features));
    const ForestKind kind{.trees = 60, .depth = 7, .features = features};
    ExpectReferenceBits(testing::MakeForest(kind, dice), {1, 70}, dice);
  }
}

/// Otherwise the tests above would compare one kernel with itself.
TEST(ForestKernelsTest, EachTakesAFullForestOfDepthSix) {
  Dice dice(1);
  const ForestSpec spec = testing::MakeForest({.full = true}, dice);
  for (const auto& [kernel, isa] :
       {std::pair(Kernel::kWalk, Isa::kPortable), std::pair(Kernel::kBitSlice, Isa::kAvx2),
        std::pair(Kernel::kBitSlice, Isa::kAvx512), std::pair(Kernel::kPermute, Isa::kAvx512)}) {
    if (HostIsa() < isa) continue;
    const auto forest = Forest::Compile(spec, {.choice = Only(kernel), .isa = isa});
    ASSERT_TRUE(forest.ok());
    EXPECT_EQ((*forest)->choice(), Only(kernel)) << NameOf(kernel);
  }
}

/// As graphs have it: each leaf names its target.
TEST(ForestKernelsTest, EachTakesLeavesThatAllNameTheSameTarget) {
  Dice dice(1);
  ForestSpec spec = testing::MakeForest({.targets = 2, .full = true}, dice);
  for (Tree& tree : spec.trees) tree.leaf_targets.assign(tree.leaves.size(), 1);
  for (int k = 0; k < kKernelCount; ++k) {
    if (HostIsa() < Isa::kAvx512) continue;
    const auto forest = Forest::Compile(spec, {.choice = Only(static_cast<Kernel>(k))});
    ASSERT_TRUE(forest.ok());
    EXPECT_EQ((*forest)->choice(), Only(static_cast<Kernel>(k)));
  }
  ExpectReferenceBits(spec, {1, 70}, dice);
}

TEST(ForestKernelsTest, TheOneMeasuredFastestAgrees) {
  Dice dice(2);
  const ForestSpec spec = testing::MakeForest({.trees = 50, .full = true}, dice);
  const Table table(spec, 300, dice);
  const auto forest = Forest::Compile(spec);
  ASSERT_TRUE(forest.ok());
  for (const size_t count : {1, 4, 16, 64, 300}) {
    std::string bits(count * sizeof(float), '\xAA');
    ASSERT_TRUE((*forest)->Score(table.First(count), bits.data()).ok());
    EXPECT_TRUE(bits == ReferenceBits(spec, table.First(count), bits.size())) << count;
  }
}

/// bins.cc has code for several sets and for none: what is compiled for a set there has no linkage.
TEST(ForestKernelsTest, FilesOfOneInstructionSetExportNoWeakSymbol) {
  const auto symbols = tabular::testing::SymbolsOf(SLIPWAY_FOREST_ARCHIVE, "_avx");
  if (!symbols) GTEST_SKIP() << "nm is not installed";
  EXPECT_GT(symbols->seen, 10);
  EXPECT_EQ(symbols->weak, std::vector<std::string>());
}

/// Around the steps of the search: groups of 16, and 8-bit numbers.
TEST(ForestKernelsTest, AgreeOnEveryNumberOfThresholds) {
  for (const size_t cuts : {1, 15, 16, 17, 254, 255, 256, 257, 271, 272, 273, 4095, 4096, 4097}) {
    ForestSpec spec;
    spec.features = 1;
    for (size_t i = 0; i < cuts; ++i)
      spec.trees.push_back({.splits = {{.threshold = static_cast<double>(i),
                                        .on_true = ~0,
                                        .on_false = ~1,
                                        .missing_is_true = true}},
                            .leaves = {1, static_cast<double>(i)}});
    Dice dice(cuts);
    ExpectReferenceBits(spec, {1, 300}, dice);
  }
}

}  // namespace
}  // namespace slipway::forest
