#pragma once
// From a found version to one that may take traffic.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "batching/worker_pool.h"
#include "bundle/artifact.h"
#include "io/digest_memory.h"
#include "lifecycle/ensemble.h"
#include "lifecycle/joining.h"
#include "lifecycle/prepared_store.h"
#include "lifecycle/probe.h"
#include "lifecycle/served_version.h"
#include "lifecycle/verified_store.h"
#include "lifecycle/warm_up.h"
#include "repository/repository.h"

namespace slipway::lifecycle {

struct LoaderOptions {
  bool probe = true;
  ProbeOptions probe_options;
  WarmUpOptions warm_up;
  LoadOptions engine;
  bundle::OpenLimits open;
  std::shared_ptr<io::DigestMemory> digests;  // null: every file is hashed at every load
  std::shared_ptr<PreparedStore> prepared;    // null: every model is loaded from its own bytes
  batching::AdmissionOptions admission;
  /// For models whose configuration does not say, with threads that were not measured.
  int default_instances = 1;
  Duration run_limit{};                          // 0: none
  batching::BatchOptions batch{.max_rows = 64};  // for those that can run requests together
  std::shared_ptr<CacheStore> cache;             // for models that ask for one; null: there is none
};

/// Threads: Load from one thread at a time.
class Loader {
 public:
  Loader(LoaderOptions options, std::shared_ptr<Engine> engine, VerifiedStore verified,
         batching::WorkerPool& pool, LifecycleMetrics& metrics, const Clock& clock);

  /// Opens, merges with the configuration, probes an unknown digest, loads, warms up and replays.
  /// @return what is wrong with this version; nothing of it stays in memory then.
  StatusOr<std::unique_ptr<ServedVersion>> Load(const repository::FoundModel& model,
                                                const repository::FoundVersion& version);

  /// An ensemble, whose members are loaded already. @return what does not fit.
  StatusOr<std::unique_ptr<ServedVersion>> LoadEnsemble(const repository::FoundModel& model,
                                                        const repository::FoundVersion& version,
                                                        const FindMember& find);

  /// Writes which digests files have, where that is new. Once what was asked for is served.
  void KeepDigests();

  /// Whether there is something left for PrepareNext.
  bool has_unprepared() const { return !unprepared_.empty(); }
  /// Prepares one of the models loaded so far for the next start: for when nothing else is to be
  /// done. What goes wrong is logged and not tried again.
  void PrepareNext();

  /// Whether loading has left something for TidyUp.
  bool is_untidy() const { return has_unprepared() || code_is_resident_; }
  /// One of the things that can wait until nothing else is to be done: prepares the next model, or,
  /// after the last, lets go of code that only loading runs.
  void TidyUp();

  /// Ends a probe in progress, and every later one, with kCancelled. Threads: any.
  void GiveUp() { given_up_ = true; }

 private:
  batching::BatchOptions BatchOptionsFor(const ServedVersion& served,
                                         batching::CostModel& cost) const;
  void AddCache(ServedVersion& served) const;
  bool measures_threads() const;
  int InstancesOf(const repository::ModelConfig& config, int threads) const;
  /// Of a digest that has passed, now or earlier.
  StatusOr<Verified> ProbeOnce(const repository::FoundVersion& version, const std::string& digest);
  /// The probe once more, for a digest that has passed; one thread when it says none in time.
  int MeasureAgain(const repository::FoundVersion& version, const std::string& digest,
                   Duration patience);
  void Remember(const std::string& digest, const Verified& verified) const;

  struct Started {
    int threads = 1;
    bool prepared = false;
    WarmUpReport warm;
    std::shared_ptr<batching::CostModel> cost;
  };
  /// Loads `served.model`, from its prepared form where that is good, and warms it up.
  StatusOr<Started> Start(const bundle::Artifact& artifact, int threads,
                          ServedVersion& served) const;
  StatusOr<Started> StartFrom(const Buffer& prepared, const bundle::Artifact& artifact, int threads,
                              ServedVersion& served) const;
  /// The same after the probe, with as many threads as are best.
  StatusOr<Started> StartProven(const bundle::Artifact& artifact,
                                const repository::FoundVersion& version, ServedVersion& served);

  struct Unprepared {
    repository::FoundVersion version;
    std::string digest;
  };
  void NoteUnprepared(const bundle::Artifact& artifact, const repository::FoundVersion& version,
                      const LoadedModel& model);
  StatusOr<Buffer> PrepareNow(const Unprepared& model) const;

  const LoaderOptions options_;
  std::deque<Unprepared> unprepared_;
  bool code_is_resident_ = true;  // a start's at least
  std::atomic<bool> given_up_{false};
  std::shared_ptr<Engine> engine_;
  VerifiedStore verified_;
  batching::WorkerPool& pool_;
  LifecycleMetrics& metrics_;
  const Clock& clock_;
};

}  // namespace slipway::lifecycle
