#include "batching/worker_pool.h"

#include <algorithm>
#include <exception>
#include <functional>

#include "base/log.h"

namespace slipway::batching {
namespace {

void NoThrow(const std::function<void()>& step) {
  try {
    step();
  } catch (const std::exception& error) {
    log::Error("a worker caught an exception that nobody expected", {{"what", error.what()}});
  } catch (...) {
    log::Error("a worker caught an exception that nobody expected");
  }
}

constexpr auto kLater = [](const auto& a, const auto& b) { return a.when > b.when; };

}  // namespace

WorkerPool::WorkerPool(int threads) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  threads_.clear();
  std::vector<std::shared_ptr<WorkSource>> late;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    late.swap(announced_);
  }
  for (const auto& source : late) source->Abandon();
}

void WorkerPool::Announce(std::shared_ptr<WorkSource> source) {
  bool ended;
  {
    MutexLock lock(mutex_);
    ended = ended_;
    if (!ended) {
      source->used_ = std::max(source->used_, reached_);
      announced_.push_back(std::move(source));
    }
  }
  if (ended)
    source->Abandon();
  else
    wake_.notify_one();
}

bool WorkerPool::CallAt(TimePoint when, std::shared_ptr<WorkSource> source) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    timers_.push_back({when, std::move(source)});
    std::ranges::push_heap(timers_, kLater);
  }
  wake_.notify_one();
  return true;
}

std::shared_ptr<WorkSource> WorkerPool::TakeNext() {
  const auto next =
      std::ranges::min_element(announced_, {}, [](const auto& s) { return s->used_; });
  auto source = std::move(*next);
  announced_.erase(next);
  reached_ = std::max(reached_, source->used_);
  return source;
}

std::shared_ptr<WorkSource> WorkerPool::TakeDue() {
  if (timers_.empty()) return nullptr;
  if (!stopping_ && timers_.front().when > std::chrono::steady_clock::now()) return nullptr;
  std::ranges::pop_heap(timers_, kLater);
  auto source = std::move(timers_.back().source);
  timers_.pop_back();
  return source;
}

void WorkerPool::Charge(WorkSource& source, Duration used) {
  MutexLock lock(mutex_);
  source.used_ += used;
}

void WorkerPool::Work() {
  for (;;) {
    std::shared_ptr<WorkSource> source, due;
    bool others_needed = false;
    {
      MutexLock lock(mutex_);
      while ((due = TakeDue()) == nullptr && announced_.empty() && !stopping_) {
        if (timers_.empty())
          lock.Wait(wake_);
        else
          lock.WaitUntil(wake_, timers_.front().when);
      }
      if (due == nullptr) {
        if (announced_.empty()) return;
        source = TakeNext();
        others_needed = !announced_.empty() || !timers_.empty();
      }
    }
    if (others_needed) wake_.notify_one();  // who waits without a limit knows of no timer
    if (due != nullptr) {
      NoThrow([&] { due->OnTime(); });
      continue;
    }
    const TimePoint start = std::chrono::steady_clock::now();
    NoThrow([&] { source->RunOne(); });
    Charge(*source, std::chrono::steady_clock::now() - start);
  }
}

}  // namespace slipway::batching
