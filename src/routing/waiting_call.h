#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/recycled.h"
#include "batching/joint_run.h"
#include "batching/model_queue.h"
#include "routing/infer_service.h"
#include "routing/inline_run.h"

namespace slipway::routing {

/// A call that has left its handler, with what its run needs: the version must not be unloaded.
class InferService::WaitingCall final : public batching::Job {
 public:
  WaitingCall(InferService& service, std::unique_ptr<InferCall> call,
              lifecycle::VersionHandle version)
      : service_(service), call_(std::move(call)), version_(std::move(version)) {
    cancelled = call_->cancelled_ = call_->Detach();
    size = call_->size_;
    deadline = call_->request.context.deadline;
    priority = call_->request.context.priority;
  }

  static void* operator new(size_t) {
    return Recycled<sizeof(WaitingCall), alignof(WaitingCall)>::Take();
  }
  static void operator delete(void* memory) {
    Recycled<sizeof(WaitingCall), alignof(WaitingCall)>::GiveBack(memory);
  }

  static InferCall& Of(const Job& job) { return *static_cast<const WaitingCall&>(job).call_; }
  static std::unique_ptr<InferCall> TakeBack(Job& job) {
    return std::move(static_cast<WaitingCall&>(job).call_);
  }

  batching::RunOutcome Run() override {
    version_->metrics->AddPending(-1);
    const TimePoint start = call_->times_.started = service_.clock_.Now();
    if (IsInPieces(*call_, *version_)) return RunPiece(start);
    const Status status = service_.Execute(*call_, *version_, EndOfRun(start, version_->run_limit));
    const batching::RunOutcome outcome{status.ok(), call_->times_.computed - start};
    service_.Finish(*call_, status, version_.get());
    return outcome;
  }

  bool CanJoin(const Job& other) const override {
    const InferCall& theirs = Of(other);
    return call_->joint_rows_ > 0 && theirs.joint_rows_ > 0 && !IsInPieces(*call_, *version_) &&
           batching::CanJoin(call_->bound_, theirs.bound_);
  }

  batching::RunOutcome RunWith(std::span<const std::unique_ptr<Job>> others) override {
    std::vector<InferCall*> calls = {call_.get()};
    for (const auto& other : others) calls.push_back(&Of(*other));
    version_->metrics->AddPending(-static_cast<int64_t>(calls.size()));
    const TimePoint start = service_.clock_.Now();
    return service_.ExecuteTogether(calls, *version_, start, EndOfRun(start, version_->run_limit));
  }

  void Drop(const Status& why) override {
    version_->metrics->AddPending(-1);
    service_.Finish(*call_, why, version_.get());
  }

 private:
  batching::RunOutcome RunPiece(TimePoint start) {
    if (!pieces_) pieces_.emplace(call_->bound_, call_->joint_rows_, version_->piece_rows);
    const int64_t rows = pieces_->next_rows();
    const TimePoint end = EndOfRun(start - ran_, version_->run_limit);
    Status status = service_.ExecutePiece(*call_, *version_, *pieces_, end);
    const Duration took = call_->times_.computed - start;
    ran_ += took;
    if (status.ok() && pieces_->rows_left() > 0) {
      version_->metrics->AddPending(1);
      return {.ok = true, .took = took, .rows = rows, .rows_left = pieces_->rows_left()};
    }
    call_->times_.started = call_->times_.computed - ran_;  // it was waiting else
    if (status.ok()) status = service_.ShapeAnswer(*call_, *version_);
    const batching::RunOutcome outcome{.ok = status.ok(), .took = ran_};
    service_.Finish(*call_, status, version_.get());
    return outcome;
  }

  InferService& service_;
  std::unique_ptr<InferCall> call_;
  lifecycle::VersionHandle version_;
  std::optional<batching::PiecewiseRun> pieces_;
  Duration ran_{};  // in pieces
};

}  // namespace slipway::routing
