#pragma once
// std::mutex with clang's thread-safety annotations, and Guarded<T>, which makes unlocked access
// impossible to write. (absl::Mutex gives false races under ThreadSanitizer.)

#include <condition_variable>
#include <mutex>
#include <utility>

#if defined(__clang__)
#define SLIPWAY_TSA(x) __attribute__((x))
#else
#define SLIPWAY_TSA(x)
#endif
#define GUARDED_BY(m) SLIPWAY_TSA(guarded_by(m))
#define REQUIRES(...) SLIPWAY_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) SLIPWAY_TSA(locks_excluded(__VA_ARGS__))

namespace slipway {

class SLIPWAY_TSA(capability("mutex")) Mutex {
 public:
  void Lock() SLIPWAY_TSA(acquire_capability()) { mutex_.lock(); }
  void Unlock() SLIPWAY_TSA(release_capability()) { mutex_.unlock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class SLIPWAY_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SLIPWAY_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() SLIPWAY_TSA(release_capability()) { mutex_.Unlock(); }
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
  T value_ GUARDED_BY(mutex_);
};

}  // namespace slipway
