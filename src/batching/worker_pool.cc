#include "batching/worker_pool.h"

#include <exception>

#include "base/log.h"

namespace slipway::batching {

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
  std::deque<std::shared_ptr<WorkSource>> late;
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
    if (!ended) announced_.push_back(std::move(source));
  }
  if (ended)
    source->Abandon();
  else
    wake_.notify_one();
}

void WorkerPool::Work() {
  for (;;) {
    std::shared_ptr<WorkSource> source;
    {
      MutexLock lock(mutex_);
      while (announced_.empty() && !stopping_) lock.Wait(wake_);
      if (announced_.empty()) return;
      source = std::move(announced_.front());
      announced_.pop_front();
    }
    try {
      source->RunOne();
    } catch (const std::exception& error) {
      log::Error("a worker caught an exception that nobody expected", {{"what", error.what()}});
    } catch (...) {
      log::Error("a worker caught an exception that nobody expected");
    }
  }
}

}  // namespace slipway::batching
