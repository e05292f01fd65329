#pragma once
#include <atomic>
#include <condition_variable>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace slipway::cli {

/// Tells on stderr how far a piece of work is once it takes longer than two seconds: a bar on a
/// terminal, a line every ten seconds elsewhere. Gone from the terminal when destroyed.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();

  /// 0 to 1; until the first call the share is not known and only the time is shown. Threads: any.
  void Set(double share) { share_.store(share, std::memory_order_relaxed); }

 private:
  void Loop(std::stop_token stop);

  const std::string what_;
  std::atomic<double> share_{-1};
  Mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

/// "[######----] 60 %  12 s  reading" in at most `width` columns.
/// @param share  0 to 1; below 0 it is not known: "reading … 12 s".
std::string ProgressLine(const std::string& what, double share, int seconds, int width);

}  // namespace slipway::cli
