// Requests that run together: those of one turn of an I/O thread, and those of one batch.

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "batching/joint_run.h"
#include "routing/infer_service.h"
#include "routing/inline_run.h"
#include "routing/waiting_call.h"

namespace slipway::routing {

using batching::Placement;
using batching::RunOutcome;
using batching::RunSize;
using lifecycle::ServedVersion;
using lifecycle::VersionHandle;

namespace {

constexpr size_t kMaxGroups = 16;  // of one thread: each request looks through them

/// One request's trouble is not its company's.
template <typename F>
Status NoThrow(const F& step) {
  try {
    return step();
  } catch (const std::exception& error) {
    return Error(Reason::kInternal, "a run threw: {}", error.what());
  }
}

std::optional<TimePoint> TightestDeadline(std::span<InferCall* const> calls) {
  std::optional<TimePoint> tightest;
  for (const InferCall* call : calls)
    if (const auto& deadline = call->request.context.deadline)
      tightest = std::min(tightest.value_or(TimePoint::max()), *deadline);
  return tightest;
}

/// The last of theirs or `end`; none when one of them has none and there is no end.
std::optional<TimePoint> LastDeadline(std::span<InferCall* const> calls, TimePoint end) {
  TimePoint last = TimePoint::min();
  for (const InferCall* call : calls)
    last = std::max(last, call->request.context.deadline.value_or(TimePoint::max()));
  last = std::min(last, end);
  return last == TimePoint::max() ? std::nullopt : std::optional(last);
}

}  // namespace

std::unique_ptr<InferCall> InferService::Gather(Loop& loop, std::unique_ptr<InferCall> call,
                                                const VersionHandle& version) {
  const int64_t rows = call->joint_rows_;
  for (Group& group : loop.groups) {
    if (group.version != version || group.rows + rows > group.target ||
        !batching::CanJoin(WaitingCall::Of(*group.calls.front()).bound_, call->bound_))
      continue;
    group.rows += rows;
    group.calls.push_back(std::make_unique<WaitingCall>(*this, std::move(call), version));
    return nullptr;
  }
  if (!call->more_follow || loop.groups.size() >= kMaxGroups) return call;
  const int64_t target = version->queue->InlineTarget(call->size_.row_bytes);
  if (rows >= target) return call;
  Group& group = loop.groups.emplace_back(Group{.version = version, .target = target});
  group.rows = rows;
  group.calls.push_back(std::make_unique<WaitingCall>(*this, std::move(call), version));
  return nullptr;
}

// An answer may let a connection go on with its next request, which may gather again. Calls that
// are not done when their group throws answer as they end.
void InferService::RunGathered(int loop) {
  Loop& own = loops_[loop];
  while (!own.groups.empty()) {
    own.running.swap(own.groups);
    for (Group& group : own.running) {
      const Status run = NoThrow([&] {
        RunGroup(loop, group);
        return OkStatus();
      });
      if (!run.ok()) log::Error("requests that gathered did not run", {{"what", MessageOf(run)}});
    }
    own.running.clear();
  }
}

void InferService::RunGroup(int loop, Group& group) {
  const ServedVersion& version = *group.version;
  std::vector<std::unique_ptr<InferCall>> calls;
  std::vector<InferCall*> joined;
  for (auto& waiting : group.calls) {
    calls.push_back(WaitingCall::TakeBack(*waiting));
    if (calls.back()->IsCancelled())
      Finish(*calls.back(), MakeError(Reason::kCancelled, "the client has gone"), &version);
    else
      joined.push_back(calls.back().get());
  }
  if (joined.size() > 1) {
    RunSize size{0, joined.front()->size_.row_bytes};
    for (const InferCall* call : joined) size.rows += call->joint_rows_;
    const auto placement =
        version.queue->Admit({.size = size, .deadline = TightestDeadline(joined)});
    if (placement.ok() && *placement == Placement::kInline) {
      InlineSlot slot(*version.queue, size);
      const TimePoint start = clock_.Now();
      slot.outcome = ExecuteTogether(joined, version, start, EndOfInlineRun(start, version));
      joined.clear();
    }
  }
  for (auto& call : calls) {
    if (std::ranges::find(joined, call.get()) != joined.end())
      call = Place(std::move(call), group.version, clock_.Now());
    if (call && call->home != nullptr) call->home->Return(loop, std::move(call));
  }
}

RunOutcome InferService::ExecuteTogether(std::span<InferCall* const> calls,
                                         const ServedVersion& version, TimePoint start,
                                         TimePoint end) {
  std::vector<batching::JointPart> parts;
  uint64_t rows = 0;
  for (InferCall* const call : calls) {
    parts.push_back(
        {.bound = &call->bound_, .rows = call->joint_rows_, .results = &call->results_});
    rows += call->rows_;
  }
  const RunOptions options{.deadline = LastDeadline(calls, end)};
  const Status run = NoThrow([&] { return RunJoined(*version.model, parts, options); });
  const RunOutcome outcome{run.ok(), clock_.Now() - start};
  if (run.ok()) version.metrics->RecordExecution(rows, outcome.took);
  for (InferCall* const call : calls) {
    call->times_.started = start;
    call->times_.computed = start + outcome.took;
    const Status status = run.ok() ? NoThrow([&] { return TakeShare(*call, version); })
                                   : RunAfterAll(*call, version, end);
    Finish(*call, status, &version);
  }
  return outcome;
}

Status InferService::TakeShare(InferCall& call, const ServedVersion& version) {
  const auto& deadline = call.request.context.deadline;
  if (deadline && *deadline < call.times_.computed)
    return MakeError(Reason::kDeadlineExceeded, "the deadline passed during the run");
  return ShapeAnswer(call, version);
}

// The joint run failed, perhaps because of another.
Status InferService::RunAfterAll(InferCall& call, const ServedVersion& version, TimePoint end) {
  const TimePoint now = clock_.Now();
  if (call.IsCancelled()) return MakeError(Reason::kCancelled, "the client has gone");
  if (call.request.context.deadline.value_or(TimePoint::max()) <= now)
    return MakeError(Reason::kDeadlineExceeded, "the deadline passed during the run");
  if (end <= now) return TookTooLong(version);
  call.times_.started = now;
  return NoThrow([&] { return Execute(call, version, end); });
}

}  // namespace slipway::routing
