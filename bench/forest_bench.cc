// Tree ensembles: the plain reference and every kernel, on each instruction set, by batch size.
//
//   forest [TREES] [DEPTH] [FEATURES] [BINS] [SUM] [TARGETS]
//     BINS     thresholds a feature has; 0: all differ
//     SUM      32 or 64: float or double leaves (and, with 64, double comparisons)
//     TARGETS  > 1: every leaf adds to all of them
// prints nanoseconds per row and tree, the median of rounds in which all take turns; then what
// loading takes, and what was chosen.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "engine/tabular/forest/forest.h"
#include "engine/tabular/forest/reference.h"
#include "engine/tabular/forest/testing/random_forest.h"

namespace {

using namespace slipway::forest;
constexpr size_t kRows = 4096;  // different rows, taken in turn
constexpr int kRounds = 15;
constexpr double kRoundSeconds = 0.004;

/// Of this thread's own processor time: what others run beside it counts less.
double Seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Contestant {
  std::string name;
  std::unique_ptr<const Forest> forest;  // none: the reference
  std::vector<double> times;
};

/// Nanoseconds per row.
double Time(const Contestant& one, const ForestSpec& spec, const Rows& all, size_t element,
            size_t batch, void* out) {
  size_t done = 0, first = 0;
  const double begun = Seconds();
  double seconds = 0;
  do {
    for (size_t until = done + 256; done < until; done += batch) {  // reading the clock costs
      const auto* const values =
          static_cast<const std::byte*>(all.values) + first * all.stride * element;
      const Rows rows{values, batch, all.stride};
      if (one.forest == nullptr)
        ScoreByReference(spec, rows, out);
      else if (!one.forest->Score(rows, out).ok())
        std::abort();
      first = first + 2 * batch <= all.count ? first + batch : 0;
    }
    seconds = Seconds() - begun;
  } while (seconds < kRoundSeconds);
  return seconds * 1e9 / static_cast<double>(done);
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

std::vector<Contestant> MakeContestants(const ForestSpec& spec) {
  std::vector<Contestant> contestants;
  contestants.push_back({"reference", nullptr, {}});
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    for (int k = 0; k < kKernelCount; ++k) {
      KernelChoice choice;
      choice.fill(static_cast<Kernel>(k));
      auto forest = Forest::Compile(spec, {.choice = choice, .isa = isa});
      if (!forest.ok() || (*forest)->choice() != choice) continue;
      if (k == 0 && isa != Isa::kPortable) continue;
      const char* const names[] = {"", " avx2", " avx512"};
      contestants.push_back(
          {std::string(NameOf(static_cast<Kernel>(k))) + names[static_cast<size_t>(isa)],
           *std::move(forest),
           {}});
    }
  }
  return contestants;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, size_t otherwise) {
    return argc > i ? static_cast<size_t>(std::atoll(argv[i])) : otherwise;
  };
  const bool doubles = argument(5, 32) == 64;
  const testing::ForestKind kind{
      .trees = argument(1, 500),
      .depth = static_cast<uint32_t>(argument(2, 6)),
      .features = static_cast<int32_t>(argument(3, 30)),
      .targets = static_cast<int32_t>(argument(6, 1)),
      .wide = argument(6, 1) > 1,
      .full = true,
      .grid = argument(4, 0),
      .compare = doubles ? Compare::kFp64 : Compare::kFp32,
      .sum = doubles ? Sum::kFp64 : Sum::kFp32,
  };
  testing::Dice dice(7);
  const ForestSpec spec = testing::MakeForest(kind, dice);
  std::vector<double> values;
  for (size_t i = 0; i < kRows * static_cast<size_t>(kind.features); ++i)
    values.push_back(kind.grid > 0 ? static_cast<double>(dice.Below(kind.grid))
                                   : (static_cast<double>(dice.Below(1'000'001)) - 5e5) / 2.5e5);
  const std::vector<float> floats(values.begin(), values.end());
  const Rows rows{doubles ? static_cast<const void*>(values.data()) : floats.data(), kRows,
                  static_cast<size_t>(kind.features)};
  std::vector<double> out(kRows * static_cast<size_t>(kind.targets));

  std::vector<Contestant> contestants = MakeContestants(spec);
  for (const size_t batch : {1, 4, 16, 64, 256, 1000}) {
    for (int round = 0; round < kRounds; ++round)
      for (Contestant& one : contestants)
        one.times.push_back(Time(one, spec, rows, doubles ? 8 : 4, batch, out.data()));
    std::printf("%4zu rows:", batch);
    for (Contestant& one : contestants) {
      std::printf("  %s %.2f", one.name.c_str(),
                  Median(one.times) / static_cast<double>(kind.trees));
      one.times.clear();
    }
    std::printf("\n");
  }
  const double begun = Seconds();
  const auto forest = Forest::Compile(spec);
  if (!forest.ok()) return 1;
  std::printf("compiled in %.1f ms, %zu kB:", (Seconds() - begun) * 1e3, (*forest)->bytes() / 1000);
  for (const Kernel kernel : (*forest)->choice())
    std::printf(" %s", std::string(NameOf(kernel)).c_str());
  std::printf("\n");
  return 0;
}
