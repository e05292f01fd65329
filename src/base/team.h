#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace slipway {

/// Threads that do one piece of work together, again and again: the caller is one of them.
/// Threads: ForEach from one thread at a time.
class Team {
 public:
  /// @param size  threads that work, the caller included; at least 1.
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls work(part) once for each part in [0, parts), each by whoever is free, and returns when
  /// all are done. What a part computes must not depend on who does it. `work` does not throw.
  void ForEach(size_t parts, const std::function<void(size_t part)>& work);

 private:
  void Work(std::stop_token stop);
  /// TakeParts with the lock let go meanwhile.
  void Help(const std::function<void(size_t)>& work, size_t parts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Does parts until none is left.
  void TakeParts(const std::function<void(size_t)>& work, size_t parts);

  Mutex mutex_;
  std::condition_variable begun_, ended_;
  // Null between rounds: who wakes up late finds nothing to do, and nobody has waited for it.
  const std::function<void(size_t)>* work_ ABSL_GUARDED_BY(mutex_) = nullptr;
  size_t parts_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t round_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t helping_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<size_t> next_{0};
  std::vector<std::jthread> threads_;
};

/// [begin, end) of part `part` of `parts` about equal ones of `count`.
struct Share {
  size_t begin, end;
};
inline Share ShareOf(size_t count, size_t part, size_t parts) {
  return {count * part / parts, count * (part + 1) / parts};
}

}  // namespace slipway
