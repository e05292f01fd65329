#pragma once
// The memory that ONNX Runtime's operators take: bounded, kept warm between runs, given back when
// idle.

#include <onnxruntime_c_api.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "base/status.h"
#include "engine/engine.h"
#include "engine/onnxruntime/api.h"

namespace slipway::onnxruntime {

/// An allocator for all sessions of one environment. Blocks of kLargeBytes and more are kept for
/// whatever fits next, and go back to the system once nothing wanted them for a second or two;
/// smaller ones are malloc's. It stands where ONNX Runtime's arenas would, which
/// keep what they once had and whose limit, of one arena for all, counts weights. What is refused
/// is refused by an exception: ONNX Runtime writes to the null pointer that its C API would
/// suggest, and turns std::bad_alloc into the status of the run. Threads: any. Outlives every
/// session and value of its environment.
class Memory {
 public:
  static constexpr size_t kLargeBytes = size_t{64} << 10;

  /// Becomes what sessions of `env` use that are made with "session.use_env_allocators"; an
  /// environment has one at a time.
  static StatusOr<std::unique_ptr<Memory>> Create(OrtEnv& env);
  ~Memory();  // every block has been freed, and `env` still lives
  Memory(const Memory&) = delete;

  /// Charges what this thread takes, from construction to destruction, to one run.
  class Run {
   public:
    explicit Run(const MemoryLimits& limits);
    ~Run();
    Run(const Run&) = delete;

    /// Why memory was refused to this run; OK when it was not.
    Status Refusal() const;

   private:
    friend class Memory;
    enum class Limit { kNone, kRun, kAllRuns };
    bool Charge(size_t bytes);
    void Refund(size_t bytes);

    const MemoryLimits limits_;
    size_t used_ = 0;
    Limit refused_ = Limit::kNone;
    Run* const outer_;
  };

  OrtAllocator* allocator() { return &callbacks_; }

  /// Gives back the large blocks that no run has needed since the last call.
  void Trim();
  /// Gives back every large block that is not in use.
  void ReleaseIdle();

  /// Large blocks of runs, in use or not; weights are not counted.
  size_t held_bytes() const;

 private:
  struct Callbacks : OrtAllocator {
    Memory* memory;
  };
  struct Block;
  /// Blocks of one size, the warmest first.
  struct Shelf {
    Block* top = nullptr;
    size_t count = 0;
    size_t fewest = 0;  // that lay here since the last Trim: nothing needed these
  };
  // Four sizes an octave, and whole huge pages where at least half of the last is used: less than a
  // quarter of a block, or 1 MiB, is more than was asked for.
  static constexpr size_t kShelves = 4 * (64 - 16);

  Memory(OrtEnv& env, Owned<OrtMemoryInfo> info);
  void* Allocate(size_t size);
  Block* AllocateLarge(size_t size, Run* run);
  void* Reserve(size_t size);
  void Free(void* data);
  Block* TakeWarmest(Shelf& shelf) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Takes the coldest off each shelf, chained.
  Block* Discard(size_t Shelf::* how_many) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WaitToTrim();

  OrtEnv& env_;
  const Owned<OrtMemoryInfo> info_;
  Callbacks callbacks_{};
  mutable Mutex mutex_;
  std::array<Shelf, kShelves> shelves_ ABSL_GUARDED_BY(mutex_);
  size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t idle_blocks_ ABSL_GUARDED_BY(mutex_) = 0;
  bool trimmer_waits_ ABSL_GUARDED_BY(mutex_) = false;  // for the first idle block
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::condition_variable changed_;
  std::jthread trimmer_;
};

}  // namespace slipway::onnxruntime
