#include "batching/worker_pool.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>

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

/// As `top -H` shows it.
void NameThread(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.c_str()); }

}  // namespace

WorkerPool::WorkerPool(int threads, Duration patience) : count_(threads), patience_(patience) {
  threads_.reserve(threads + 1);
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this, i] {
      NameThread(fmt::format("pool-{}", i));
      Work();
    });
  threads_.emplace_back([this] {
    NameThread("pool-relief");
    Relieve();
  });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  wake_relief_.notify_all();
  threads_.clear();
  std::vector<Announced> late;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    late.swap(announced_);
  }
  for (const auto& each : late) each.source->Abandon();
}

void WorkerPool::Announce(std::shared_ptr<WorkSource> source) {
  bool ended, needs_relief = false;
  {
    MutexLock lock(mutex_);
    ended = ended_;
    if (!ended) {
      source->used_ = std::max(source->used_, reached_);
      announced_.push_back({std::move(source), std::chrono::steady_clock::now()});
      needs_relief = NeedsRelief();
    }
  }
  if (ended) return source->Abandon();
  wake_.notify_one();
  if (needs_relief) wake_relief_.notify_one();
}

bool WorkerPool::CallAt(TimePoint when, std::shared_ptr<WorkSource> source) {
  WorkSource& its = *source;
  bool needs_relief = false;
  {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    if (its.timer_) timers_.erase(*its.timer_);
    its.timer_ = timers_.emplace(when, std::move(source));
    needs_relief = NeedsRelief();
  }
  wake_.notify_one();
  if (needs_relief) wake_relief_.notify_one();
  return true;
}

std::shared_ptr<WorkSource> WorkerPool::TakeNext() {
  const auto next =
      std::ranges::min_element(announced_, {}, [](const auto& each) { return each.source->used_; });
  return Take(static_cast<size_t>(next - announced_.begin()));
}

std::shared_ptr<WorkSource> WorkerPool::Take(size_t index) {
  auto source = std::move(announced_[index].source);
  announced_.erase(announced_.begin() + static_cast<std::ptrdiff_t>(index));
  reached_ = std::max(reached_, source->used_);
  ++source->at_work_;
  return source;
}

size_t WorkerPool::FirstNeglected() const {
  const auto first =
      std::ranges::find_if(announced_, [](const auto& each) { return each.source->at_work_ == 0; });
  return static_cast<size_t>(first - announced_.begin());
}

std::shared_ptr<WorkSource> WorkerPool::TakeNeglected() {
  const size_t first = FirstNeglected();
  if (first == announced_.size()) return nullptr;
  if (announced_[first].since + patience_ > std::chrono::steady_clock::now()) return nullptr;
  return Take(first);
}

std::shared_ptr<WorkSource> WorkerPool::TakeDue() {
  if (timers_.empty()) return nullptr;
  const auto first = timers_.begin();
  if (!stopping_ && first->first > std::chrono::steady_clock::now()) return nullptr;
  auto source = std::move(first->second);
  timers_.erase(first);
  source->timer_.reset();
  return source;
}

TimePoint WorkerPool::ReliefIsDue() const {
  TimePoint due = TimePoint::max();
  if (const size_t first = FirstNeglected(); first < announced_.size())
    due = announced_[first].since + patience_;
  return idle_ > 0 || timers_.empty() ? due : std::min(due, timers_.begin()->first);
}

bool WorkerPool::NeedsRelief() const { return idle_ == 0 && ReliefIsDue() < relief_looks_; }

void WorkerPool::RunPiece(WorkSource& source) {
  const TimePoint start = std::chrono::steady_clock::now();
  NoThrow([&] { source.RunOne(); });
  MutexLock lock(mutex_);
  source.used_ += std::chrono::steady_clock::now() - start;
  --source.at_work_;
}

void WorkerPool::Relieve() {
  for (;;) {
    std::shared_ptr<WorkSource> source, due;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && (due = idle_ == 0 ? TakeDue() : nullptr) == nullptr &&
             (source = TakeNeglected()) == nullptr) {
        relief_looks_ = ReliefIsDue();
        if (relief_looks_ == TimePoint::max())
          lock.Wait(wake_relief_);
        else
          lock.WaitUntil(wake_relief_, relief_looks_);
        relief_looks_ = {};
      }
      if (source == nullptr && due == nullptr) return;
    }
    if (due != nullptr)
      NoThrow([&] { due->OnTime(); });
    else
      RunPiece(*source);
  }
}

void WorkerPool::Work() {
  for (;;) {
    std::shared_ptr<WorkSource> source, due;
    bool others_needed = false, needs_relief = false;
    {
      MutexLock lock(mutex_);
      while ((due = TakeDue()) == nullptr && announced_.empty() && !stopping_) {
        ++idle_;
        if (timers_.empty())
          lock.Wait(wake_);
        else
          lock.WaitUntil(wake_, timers_.begin()->first);
        --idle_;
      }
      if (due == nullptr) {
        if (announced_.empty()) return;
        source = TakeNext();
        others_needed = !announced_.empty() || !timers_.empty();
        needs_relief = NeedsRelief();
      }
    }
    if (others_needed) wake_.notify_one();  // who waits without a limit knows of no timer
    if (needs_relief) wake_relief_.notify_one();
    if (due != nullptr) {
      NoThrow([&] { due->OnTime(); });
      continue;
    }
    RunPiece(*source);
  }
}

}  // namespace slipway::batching
