#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

namespace slipway {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CounterTest, LosesNothingAcrossMoreThreadsThanShards) {
  constexpr int kThreads = 100;
  constexpr int kEach = 2000;
  Counter counter;
  {
    std::latch all_started(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        all_started.arrive_and_wait();
        for (int n = 0; n < kEach; ++n) counter.Add();
      });
  }
  EXPECT_EQ(counter.Value(), uint64_t{kThreads} * kEach);
}

// A shard passes from an ended thread to a new one; what the first added must be there.
TEST(CounterTest, LosesNothingAcrossGenerationsOfThreads) {
  Counter counter;
  for (int i = 0; i < 300; ++i) std::jthread([&] { counter.Add(3); }).join();
  EXPECT_EQ(counter.Value(), 900u);
}

TEST(GaugeTest, MayFallInAnotherThreadThanItRose) {
  Gauge gauge;
  gauge.Add(5);
  std::jthread([&] { gauge.Add(-7); }).join();
  EXPECT_EQ(gauge.Value(), -2);
}

TEST(LatencyBucketTest, IsTheFirstBoundNotBelow) {
  const auto reference = [](int64_t ns) {
    size_t i = 0;
    while (i < kLatencyBounds && kLatencyBoundsNs[i] < ns) ++i;
    return i;
  };
  for (const int64_t bound : kLatencyBoundsNs)
    for (const int64_t ns : {bound - 1, bound, bound + 1})
      EXPECT_EQ(LatencyBucket(ns), reference(ns)) << ns;
  for (int shift = 0; shift < 63; ++shift)
    for (const int64_t ns : {(int64_t{1} << shift) - 1, int64_t{1} << shift})
      EXPECT_EQ(LatencyBucket(ns), reference(ns)) << ns;
  EXPECT_EQ(LatencyBucket(-1), 0u);
  EXPECT_EQ(LatencyBucket(INT64_MIN), 0u);
  EXPECT_EQ(LatencyBucket(INT64_MAX), kLatencyBounds);
}

TEST(HistogramTest, BoundsRunFromAMicrosecondToFiftySeconds) {
  EXPECT_EQ(kLatencyBoundsNs.front(), 1'000);
  EXPECT_EQ(kLatencyBoundsNs.back(), 50'000'000'000);
}

TEST(HistogramTest, KeepsCountSumAndQuantiles) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.Record(std::chrono::microseconds(i));
  const LatencySnapshot read = histogram.Read();
  EXPECT_EQ(read.count(), 100u);
  EXPECT_EQ(read.sum_ns, 5'050'000u);
  EXPECT_NEAR(read.QuantileNs(0.5), 50'000, 1'000);
  EXPECT_NEAR(read.QuantileNs(0.99), 99'000, 1'000);
  EXPECT_EQ(LatencySnapshot{}.QuantileNs(0.5), 0);
}

TEST(HistogramTest, BeyondTheLastBoundQuantilesStayAtIt) {
  Histogram histogram;
  histogram.Record(std::chrono::hours(1));
  EXPECT_EQ(histogram.Read().QuantileNs(0.5), 50e9);
}

TEST(RegistryTest, RendersEachKind) {
  Registry registry;
  const auto counter = registry.AddCounter("things_total", "Things.", {{"kind", "small"}});
  const auto gauge = registry.AddGauge("level", "Level.");
  const auto histogram = registry.AddHistogram("work_seconds", "Work.");
  counter->Add(3);
  gauge->Add(-2);
  histogram->Record(std::chrono::milliseconds(3));
  const std::string text = registry.Scrape();
  EXPECT_THAT(text, HasSubstr("# HELP things_total Things.\n# TYPE things_total counter\n"
                              "things_total{kind=\"small\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE level gauge\nlevel -2\n"));
  EXPECT_THAT(text, HasSubstr("work_seconds_count 1\nwork_seconds_sum 0.003"));
  EXPECT_THAT(text, HasSubstr("work_seconds_bucket{le=\"0.002\"} 0\n"
                              "work_seconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("work_seconds_bucket{le=\"+Inf\"} 1\n"));
}

TEST(RegistryTest, SeriesLeavesWithItsLastPointer) {
  Registry registry;
  auto one = registry.AddCounter("things_total", "Things.", {{"kind", "one"}});
  auto two = registry.AddCounter("things_total", "Things.", {{"kind", "two"}});
  one.reset();
  EXPECT_THAT(registry.Scrape(), Not(HasSubstr("one")));
  EXPECT_THAT(registry.Scrape(), HasSubstr("two"));
  two.reset();
  EXPECT_EQ(registry.Scrape(), "");
}

TEST(RegistryTest, ManyShortLivedSeriesDoNotPileUp) {
  Registry registry;
  const auto kept = registry.AddCounter("things_total", "Things.", {{"kind", "kept"}});
  for (int i = 0; i < 10'000; ++i)
    registry.AddCounter("things_total", "Things.", {{"kind", std::to_string(i)}});
  EXPECT_EQ(
      registry.Scrape(),
      "# HELP things_total Things.\n# TYPE things_total counter\nthings_total{kind=\"kept\"} 0\n");
}

// Prometheus refuses a scrape with two samples of one series.
TEST(RegistryTest, EqualSeriesAddUp) {
  Registry registry;
  const auto a = registry.AddCounter("things_total", "Things.", {{"kind", "x"}});
  const auto b = registry.AddCounter("things_total", "Things.", {{"kind", "x"}});
  const auto c = registry.AddHistogram("work_seconds", "Work.");
  const auto d = registry.AddHistogram("work_seconds", "Work.");
  a->Add(1);
  b->Add(2);
  c->Record(std::chrono::microseconds(1));
  d->Record(std::chrono::microseconds(3));
  const std::string text = registry.Scrape();
  EXPECT_THAT(text, HasSubstr("things_total{kind=\"x\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("work_seconds_bucket{le=\"2e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("work_seconds_bucket{le=\"5e-06\"} 2\n"));
}

TEST(RegistryTest, CollectorsAreReadAtEachScrape) {
  Registry registry;
  int reads = 0;
  registry.AddCollector([&](MetricSink& sink) { sink.AddGauge("reads", "Reads.", {}, ++reads); });
  EXPECT_THAT(registry.Scrape(), HasSubstr("reads 1\n"));
  EXPECT_THAT(registry.Scrape(), HasSubstr("reads 2\n"));
}

TEST(RegistryTest, ScrapesWhileThreadsRecordAndSeriesComeAndGo) {
  Registry registry;
  const auto histogram = registry.AddHistogram("work_seconds", "Work.");
  std::jthread recorder([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) histogram->Record(std::chrono::microseconds(7));
  });
  std::jthread churn([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) registry.AddGauge("level", "Level.")->Add(1);
  });
  uint64_t last = 0;
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(registry.Scrape(), HasSubstr("work_seconds_count"));
    const uint64_t count = histogram->Read().count();
    EXPECT_GE(count, last);
    last = count;
  }
}

}  // namespace
}  // namespace slipway
