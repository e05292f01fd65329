#pragma once
// Runs what may kill its process, where that does no harm.

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace slipway::testing {

struct ChildReport {
  std::vector<size_t> died;     // calls that ended their process
  std::vector<size_t> overran;  // calls that took longer than the limit; their process was ended
};

/// Calls `work(i)` for i = 0 … count − 1 in a child process; after one that dies or overruns, a new child
/// goes on with the next. The child's address space is limited to 8 GiB (not under AddressSanitizer)
/// and its stderr is closed. Call it while this process has one thread.
ChildReport ForEachInChild(size_t count, std::chrono::milliseconds limit,
                           const std::function<void(size_t)>& work);

}  // namespace slipway::testing
