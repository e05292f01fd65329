#pragma once
// One request of an ensemble.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/string_map.h"
#include "routing/infer_service.h"

namespace slipway::routing {

/// Runs the steps one after the other, each as a call of its own to its member: admitted, queued,
/// cached and counted there. Tensors go from step to step without being copied. The versions of all
/// members are those of the moment when the request came.
/// Threads: one at a time; which one changes with every step that was queued.
class InferService::EnsembleRun : public std::enable_shared_from_this<EnsembleRun> {
 public:
  /// @param call  bound to the ensemble's signature.
  /// @return the call when it is answered already, null when that comes later.
  static std::unique_ptr<InferCall> Start(InferService& service, int loop,
                                          std::unique_ptr<InferCall> call,
                                          lifecycle::VersionHandle ensemble);

 private:
  class StepCall;

  EnsembleRun(InferService& service, std::unique_ptr<InferCall> call,
              lifecycle::VersionHandle ensemble);
  Status FindMembers(const lifecycle::ServingTable& table);
  /// Runs steps until one is queued. On a worker all are queued: a run there is part of the run
  /// before it, whose time is measured, and would not meet others of its model. True when all is
  /// done and the call answered; else this belongs to another thread by now.
  bool Proceed(bool on_worker);
  /// kOverloaded when the steps that are left would end after the deadline.
  Status AdmitRest();
  /// Of a step's run, before the steps that it needs have run; none when the models do not tell.
  std::optional<batching::RunSize> SizeOf(size_t number) const;
  std::unique_ptr<InferCall> MakeStep();
  /// A step has its answer.
  void Take(InferCall& step, const Status& status);
  Status GiveAnswer();

  const repository::EnsembleStep& step() const { return ensemble_->config.ensemble[next_]; }

  InferService& service_;
  std::unique_ptr<InferCall> call_;
  const lifecycle::VersionHandle ensemble_;
  std::vector<lifecycle::VersionHandle> members_;  // by step
  std::shared_ptr<const std::atomic<bool>> cancelled_;
  StringMap<Tensor> tensors_;  // that are made so far
  size_t next_ = 0;
  bool is_trial_ = false;  // steps that look too slow are tried
  Status status_;
  // Who comes second, the return of the step's start or its answer, goes on.
  std::atomic<bool> met_{false};
};

}  // namespace slipway::routing
