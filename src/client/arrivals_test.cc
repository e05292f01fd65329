#include "client/arrivals.h"

#include <cmath>
#include <vector>

namespace slipway::client {
namespace {

std::vector<int64_t> FirstNs(size_t count, double rate, ArrivalKind kind) {
  const TimePoint start{std::chrono::seconds(5)};
  Arrivals arrivals(start, rate, kind);
  std::vector<int64_t> all;
  for (; all.size() < count; arrivals.Advance()) all.push_back((arrivals.next() - start).count());
  return all;
}

TEST(ArrivalsTest, ConstantOnesComeAtEvenDistances) {
  EXPECT_EQ(FirstNs(4, 100, ArrivalKind::kConstant),
            (std::vector<int64_t>{0, 10'000'000, 20'000'000, 30'000'000}));
  EXPECT_EQ(FirstNs(4, 3, ArrivalKind::kConstant),
            (std::vector<int64_t>{0, 333'333'333, 666'666'667, 1'000'000'000}));
  EXPECT_EQ(FirstNs(3'000'001, 3'000'000, ArrivalKind::kConstant).back(), 1'000'000'000);
}

// Distances of a Poisson process are exponential: their mean is 1/rate, so is their deviation, and
// a share of 1 - 1/e of them lies below it.
TEST(ArrivalsTest, PoissonOnesComeIndependentlyAtTheirRate) {
  constexpr size_t kCount = 100'001;
  const std::vector<int64_t> all = FirstNs(kCount, 1'000, ArrivalKind::kPoisson);
  double sum = 0, squares = 0;
  size_t below = 0;
  for (size_t i = 1; i < kCount; ++i) {
    const double gap_ms = static_cast<double>(all[i] - all[i - 1]) / 1e6;
    ASSERT_GE(gap_ms, 0);
    sum += gap_ms;
    squares += gap_ms * gap_ms;
    below += gap_ms < 1;
  }
  const double n = kCount - 1, mean = sum / n;
  EXPECT_NEAR(mean, 1, 0.015);
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean), 1, 0.02);
  EXPECT_NEAR(static_cast<double>(below) / n, 1 - std::exp(-1), 0.01);
}

TEST(ArrivalsTest, PoissonOnesAreTheSameEachTime) {
  EXPECT_EQ(FirstNs(100, 50, ArrivalKind::kPoisson), FirstNs(100, 50, ArrivalKind::kPoisson));
}

}  // namespace
}  // namespace slipway::client
