#pragma once
// A new digest is first loaded and run in a child process, because a damaged model file can abort
// the runtime itself: a probe that dies is a refused model, not a dead server.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"
#include "lifecycle/sandbox.h"
#include "lifecycle/warm_up.h"
#include "repository/repository.h"

namespace slipway::lifecycle {

/// The hidden command that runs the child.
inline constexpr std::string_view kProbeCommand = "probe-child";

struct ProbeOptions {
  std::string program = "/proc/self/exe";
  SandboxLimits limits;
  std::chrono::milliseconds timeout{60'000};           // wall clock, from start to verdict
  size_t max_examples = WarmUpOptions().max_examples;  // golden examples replayed
  int processors =
      1;  // that runs may use; from 2 on it is measured how many threads they are worth
};

/// What is known of a model that passed.
struct ProbeReport {
  /// Of the runtime, for one run. nullopt: not measured, not in time, or the processors were not
  /// free.
  std::optional<int> threads;
};

/// Parent: runs the child on what `version` names and waits for its verdict.
/// @param digest  what the parent read; a child that read something else does not count.
/// @return a report when the child loaded, warmed up and replayed the model: what becomes of the
///   child while it measures threads afterwards costs no more than their number. Else the child's
///   own reason and message; kBadModel "the runtime died of signal 11 …" when it died; kBadModel
///   when it took too long; kInternal when no child could be started.
/// @param given_up  may be null; set by another thread it ends the child, the answer is kCancelled.
/// Threads: any. Blocks.
StatusOr<ProbeReport> Probe(const ProbeOptions& options, const repository::FoundVersion& version,
                            const std::string& digest, const std::atomic<bool>* given_up = nullptr);

/// Child: `arguments` as the parent passed them; `make_engine` is called after the first sandbox
/// stage. Writes the verdict to standard output, one line, and after a good one a second line about
/// threads where they were measured; the exit code is 0 for a verdict of either kind.
int RunProbeChild(const std::vector<std::string>& arguments,
                  const std::function<StatusOr<std::unique_ptr<Engine>>()>& make_engine);

}  // namespace slipway::lifecycle
