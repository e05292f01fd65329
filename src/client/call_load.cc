#include "client/call_load.h"

#include <algorithm>
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
        reports_(static_cast<size_t>(shape.concurrency)) {}

  LoadReport Run() {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < shape_.concurrency; ++i) threads.emplace_back([this, i] { Work(i); });
      Watch();
    }
    LoadReport total;
    for (const LoadReport& part : reports_) {
      total.completed += part.completed;
      total.succeeded += part.succeeded;
      total.failures += part.failures;
      total.latency.Merge(part.latency);
      if (total.first_problem.empty()) total.first_problem = part.first_problem;
    }
    total.elapsed = std::min(SteadyClock().Now(), end_) - measured_;
    if (shape_.rate > 0) {
      const uint64_t due =
          CountDue(measured_ + total.elapsed - Duration(1));  // not the one at the end
      total.unsent = due - std::min(due, begun_.load());
    }
    return total;
  }

 private:
  bool stopped() const {
    return shape_.stop != nullptr && shape_.stop->load(std::memory_order_relaxed);
  }
  TimePoint DueTime(uint64_t index) const {
    return start_ + Duration(static_cast<int64_t>(static_cast<double>(index) * 1e9 / shape_.rate));
  }
  uint64_t CountDue(TimePoint time) const {
    return static_cast<uint64_t>(std::chrono::duration<double>(time - start_).count() *
                                 shape_.rate) +
           1;
  }

  void Work(int thread) {
    LoadReport& report = reports_[static_cast<size_t>(thread)];
    while (!stopped()) {
      const uint64_t index = begun_.fetch_add(1, std::memory_order_relaxed);
      TimePoint due = SteadyClock().Now();
      if (shape_.rate > 0) {
        due = DueTime(index);
        std::this_thread::sleep_until(std::min(due, end_));
      }
      if (due >= end_ || SteadyClock().Now() >= end_) {
        begun_.fetch_sub(1, std::memory_order_relaxed);
        return;
      }
      const Status status = call_(thread, index);
      if (due >= measured_) Count(status, SteadyClock().Now() - due, report);
    }
  }

  static void Count(const Status& status, Duration latency, LoadReport& report) {
    report.latency.Record(latency);
    ++report.completed;
    if (status.ok()) {
      ++report.succeeded;
    } else {
      ++report.failures;
      if (report.first_problem.empty()) report.first_problem = MessageOf(status);
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
  std::vector<LoadReport> reports_;
  std::atomic<uint64_t> begun_{0};
};

}  // namespace

LoadReport RunCallLoad(const LoadShape& shape,
                       const std::function<Status(int thread, uint64_t index)>& call) {
  SLIPWAY_CHECK(shape.concurrency > 0, "a load has a thread");
  return CallLoad(shape, call).Run();
}

}  // namespace slipway::client
