#pragma once
// From a found version to one that may take traffic.

#include <atomic>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "batching/worker_pool.h"
#include "bundle/artifact.h"
#include "lifecycle/ensemble.h"
#include "lifecycle/joining.h"
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
  batching::AdmissionOptions admission;
  int default_instances = 1;                     // for models whose configuration does not say
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

  /// Ends a probe in progress, and every later one, with kCancelled. Threads: any.
  void GiveUp() { given_up_ = true; }

 private:
  batching::BatchOptions BatchOptionsFor(const ServedVersion& served,
                                         batching::CostModel& cost) const;
  void AddCache(ServedVersion& served) const;
  Status ProbeOnce(const repository::FoundVersion& version, const std::string& digest);

  const LoaderOptions options_;
  std::atomic<bool> given_up_{false};
  std::shared_ptr<Engine> engine_;
  VerifiedStore verified_;
  batching::WorkerPool& pool_;
  LifecycleMetrics& metrics_;
  const Clock& clock_;
};

}  // namespace slipway::lifecycle
