#include "client/call_load.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/check.h"

namespace slipway::client {
namespace {

class CallLoad {
 public:
  CallLoad(const LoadShape& shape, const std::function<Status(int, uint64_t)>& call)
      : shape_(shape),
        call_(call),
        start_(SteadyClock().Now()),
        measured_(start_ + shape.warm_up),
        end_(measured_ + shape.duration),
        arrivals_(start_, shape.rate > 0 ? shape.rate : 1, shape.arrivals),
        reports_(static_cast<size_t>(shape.concurrency), MakeReport()) {}

  LoadReport Run() {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < shape_.concurrency; ++i) threads.emplace_back([this, i] { Work(i); });
      Watch();
    }
    const TimePoint end = std::min(SteadyClock().Now(), end_);
    LoadReport total = MakeReport();
    for (const LoadReport& part : reports_) total.Merge(part);
    total.elapsed = end - measured_;
    if (shape_.rate > 0) CountUnsent(end, total);
    return total;
  }

 private:
  LoadReport MakeReport() const {
    LoadReport report;
    report.slice_length = shape_.duration / LoadReport::kSlices;
    report.open_loop = shape_.rate > 0;
    return report;
  }
  bool stopped() const {
    return shape_.stop != nullptr && shape_.stop->load(std::memory_order_relaxed);
  }

  /// When the next call is to begin; nullopt when there is no more time for one.
  std::optional<TimePoint> TakeDue() {
    const TimePoint now = SteadyClock().Now();
    if (shape_.rate <= 0) return now < end_ ? std::optional(now) : std::nullopt;
    const std::lock_guard lock(mutex_);
    const TimePoint due = arrivals_.next();
    if (due >= end_ || now >= end_ + LoadReport::kGrace) return std::nullopt;
    arrivals_.Advance();
    return due;
  }

  void Work(int thread) {
    LoadReport& report = reports_[static_cast<size_t>(thread)];
    while (!stopped()) {
      const std::optional<TimePoint> due = TakeDue();
      if (!due) return;
      if (shape_.rate > 0) std::this_thread::sleep_until(*due);
      const bool late = SteadyClock().Now() - *due > LoadReport::kLate;
      const Status status = call_(thread, begun_.fetch_add(1, std::memory_order_relaxed));
      report.Record(*due - measured_, SteadyClock().Now() - *due, /*has_answer=*/true);
      if (*due < measured_) continue;
      report.late_starts += shape_.rate > 0 && late;
      report.succeeded += status.ok();
      report.failures += !status.ok();
      if (!status.ok()) report.NoteProblem(MessageOf(status));
    }
  }

  void CountUnsent(TimePoint end, LoadReport& total) {
    for (; arrivals_.next() < end; arrivals_.Advance()) {
      if (arrivals_.next() < measured_) continue;
      ++total.unsent;
      total.Record(arrivals_.next() - measured_, end - arrivals_.next(), /*has_answer=*/false);
    }
  }

  /// The calling thread tells of the progress until the time is over.
  void Watch() {
    constexpr Duration kStep = std::chrono::milliseconds(50);
    for (TimePoint now = start_; now < end_ && !stopped(); now = SteadyClock().Now()) {
      if (shape_.on_progress)
        shape_.on_progress(std::chrono::duration<double>(now - start_) / (end_ - start_));
      std::this_thread::sleep_until(std::min(now + kStep, end_));
    }
  }

  const LoadShape& shape_;
  const std::function<Status(int, uint64_t)>& call_;
  const TimePoint start_, measured_, end_;
  std::mutex mutex_;
  Arrivals arrivals_;                // guarded by mutex_ while threads run
  std::vector<LoadReport> reports_;  // one a thread
  std::atomic<uint64_t> begun_{0};
};

}  // namespace

LoadReport RunCallLoad(const LoadShape& shape,
                       const std::function<Status(int thread, uint64_t index)>& call) {
  SLIPWAY_CHECK(shape.concurrency > 0, "a load has a thread");
  return CallLoad(shape, call).Run();
}

}  // namespace slipway::client
