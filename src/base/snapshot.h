#pragma once
// Read-mostly data: writers replace an immutable value, each reader thread keeps its own pointer to
// the one it saw last and re-reads only when the generation moved.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace slipway {

template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> initial) : current_(std::move(initial)) {}

  /// Threads: any.
  void Replace(std::shared_ptr<const T> next) {
    {
      MutexLock lock(mutex_);
      current_.swap(next);
      generation_.fetch_add(1, std::memory_order_release);
    }
    // `next`, the old value, dies outside the lock.
  }

  /// Threads: any. Takes the lock; readers on the request path use a Reader instead.
  std::shared_ptr<const T> Get() const {
    MutexLock lock(mutex_);
    return current_;
  }

  /// One thread's view. The value stays alive until that thread asks again after a change, so an
  /// idle thread must be woken with Refresh() for the old value to go.
  class Reader {
   public:
    explicit Reader(const Snapshot& source) : source_(&source) {}
    const T& Get() {
      if (source_->generation_.load(std::memory_order_acquire) != seen_) Refresh();
      return *value_;
    }
    void Refresh() {
      std::shared_ptr<const T> fresh;
      {
        MutexLock lock(source_->mutex_);
        fresh = source_->current_;
        seen_ = source_->generation_.load(std::memory_order_relaxed);
      }
      value_.swap(fresh);
    }

   private:
    const Snapshot* source_;
    uint64_t seen_ = ~uint64_t{0};
    std::shared_ptr<const T> value_;
  };

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> current_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> generation_{0};
};

}  // namespace slipway
