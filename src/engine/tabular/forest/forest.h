#pragma once
// Tree ensembles compiled for the processor at hand.

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "engine/tabular/forest/rows.h"
#include "engine/tabular/forest/spec.h"

namespace slipway::forest {

/// Instruction sets that kernels are written for, each with all before it.
enum class Isa : uint8_t { kPortable, kAvx2, kAvx512 };

/// The best that this processor and its system run.
Isa HostIsa();

/// Ways to evaluate the same trees to the same bits. README.md says how each works.
enum class Kernel : uint8_t {
  kWalk,      // node by node, many rows or trees at once; takes every forest
  kPermute,   // all splits of a subtree in one comparison, one row at a time
  kBitSlice,  // each split for many rows in one comparison, leaves selected bit by bit
};
inline constexpr int kKernelCount = 3;
std::string_view NameOf(Kernel kernel);

/// Batches of similar size share a kernel: 1, 2–7, 8–31, 32–127, 128 and more rows.
inline constexpr int kSizeClasses = 5;
using KernelChoice = std::array<Kernel, kSizeClasses>;

struct Options {
  /// Measured at load where absent. A kernel that cannot take the forest, or that this processor
  /// cannot run, is replaced by kWalk.
  std::optional<KernelChoice> choice;
  Duration measuring = std::chrono::milliseconds(1);  // processor time, about
  Isa isa = Isa::kAvx512;  // at most this one, where the processor has it
};

/// Threads: all methods are safe on a const object.
class Forest {
 public:
  /// @return kBadModel as Check says. Memory and time are linear in the nodes.
  static StatusOr<std::unique_ptr<const Forest>> Compile(const ForestSpec& spec,
                                                         const Options& options = {});
  /// @param spec  passes Check; its trees are let go as soon as they are lowered.
  static std::unique_ptr<const Forest> CompileChecked(ForestSpec spec, const Options& options = {});
  virtual ~Forest() = default;

  /// @param rows  of spec.compare's type, columns as many as spec.features or more.
  /// @param out   [rows.count, targets] of spec.sum's type, overwritten; the bits are those of
  ///              ScoreByReference.
  /// @param deadline  looked at before each block of at most 512 rows.
  /// @return kDeadlineExceeded with `out` unspecified.
  /// Cost: O(rows · trees · depth); scratch is the thread's own, bounded and kept.
  virtual Status Score(const Rows& rows, void* out,
                       std::optional<TimePoint> deadline = std::nullopt) const = 0;

  /// What runs for each class of batch sizes.
  virtual KernelChoice choice() const = 0;

  /// Bytes held by the compiled forest.
  virtual size_t bytes() const = 0;
};

}  // namespace slipway::forest
