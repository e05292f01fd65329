#pragma once
// std::mutex with clang's thread-safety annotations, and Guarded<T>, which makes unlocked access
// impossible to write. (absl::Mutex gives false races under ThreadSanitizer.)

#include <absl/base/thread_annotations.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace slipway {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;

  /// Waits with the lock held before and after. Spurious wake-ups happen: loop on the condition.
  void Wait(std::condition_variable& cv) {
    std::unique_lock<std::mutex> lock(mutex_.native(), std::adopt_lock);
    cv.wait(lock);
    lock.release();
  }
  template <typename TimePoint>
  void WaitUntil(std::condition_variable& cv, TimePoint deadline) {
    std::unique_lock<std::mutex> lock(mutex_.native(), std::adopt_lock);
    cv.wait_until(lock, deadline);
    lock.release();
  }

 private:
  Mutex& mutex_;
};

/// A value that can only be reached with its lock held.
template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  /// Runs `f(T&)` under the lock and returns what it returns.
  template <typename F>
  auto With(F&& f) {
    MutexLock lock(mutex_);
    return std::forward<F>(f)(value_);
  }
  template <typename F>
  auto With(F&& f) const {
    MutexLock lock(mutex_);
    return std::forward<F>(f)(value_);
  }

 private:
  mutable Mutex mutex_;
  T value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace slipway
