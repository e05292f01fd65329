#include "base/team.h"

namespace slipway {

Team::Team(int size) {
  for (int i = 1; i < size; ++i)
    threads_.emplace_back([this](std::stop_token stop) { Work(std::move(stop)); });
}

Team::~Team() {
  for (std::jthread& thread : threads_) thread.request_stop();
  {
    const MutexLock lock(mutex_);  // nobody is between looking at its token and waiting
  }
  begun_.notify_all();
}

void Team::TakeParts(const std::function<void(size_t)>& work, size_t parts) {
  for (size_t part; (part = next_.fetch_add(1, std::memory_order_relaxed)) < parts;) work(part);
}

void Team::ForEach(size_t parts, const std::function<void(size_t part)>& work) {
  if (threads_.empty() || parts <= 1) {
    for (size_t part = 0; part < parts; ++part) work(part);
    return;
  }
  {
    const MutexLock lock(mutex_);
    work_ = &work;
    parts_ = parts;
    next_.store(0, std::memory_order_relaxed);
    ++round_;
  }
  begun_.notify_all();
  TakeParts(work, parts);
  MutexLock lock(mutex_);
  work_ = nullptr;
  while (helping_ > 0) lock.Wait(ended_);
}

void Team::Work(std::stop_token stop) {
  MutexLock lock(mutex_);
  for (size_t seen = 0; !stop.stop_requested();) {
    if (work_ == nullptr || round_ == seen) {
      lock.Wait(begun_);
      continue;
    }
    seen = round_;
    ++helping_;
    Help(*work_, parts_);
    if (--helping_ == 0) ended_.notify_one();
  }
}

void Team::Help(const std::function<void(size_t)>& work, size_t parts) {
  mutex_.Unlock();
  TakeParts(work, parts);
  mutex_.Lock();
}

}  // namespace slipway
