#include "batching/admission.h"

namespace slipway::batching {
namespace {

int64_t Milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// From now to the end of the run.
Duration Finish(const AdmissionView& view) { return view.wait + view.wait / 8 + view.slow; }

}  // namespace

StatusOr<Placement> Admit(const AdmissionView& view, const AdmissionOptions& options) {
  if (view.deadline) {
    if (*view.deadline <= view.now)
      return Error(Reason::kDeadlineExceeded, "the request's deadline has passed");
    const Duration finish = Finish(view);
    if (!view.guessed && view.now + finish > *view.deadline)
      return Error(Reason::kOverloaded, "would finish in about {} ms, after its deadline",
                   Milliseconds(finish));
  }
  const bool slot_free = view.running < view.instances;
  if (slot_free && view.predicted <= options.inline_limit) return Placement::kInline;
  if (view.waiting >= options.max_queue)
    return Error(Reason::kQueueFull, "{} requests are waiting, the limit", view.waiting);
  if (options.max_wait > Duration::zero() && view.waiting > 0 && view.wait > options.max_wait)
    return Error(Reason::kOverloaded, "would wait about {} ms, the limit is {} ms",
                 Milliseconds(view.wait), Milliseconds(options.max_wait));
  return Placement::kQueue;
}

Status AdmitSteps(TimePoint now, TimePoint deadline, std::span<const AdmissionView> steps) {
  Duration finish{};
  for (const AdmissionView& step : steps)
    if (!step.guessed) finish += Finish(step);
  if (now + finish <= deadline) return OkStatus();
  return Error(Reason::kOverloaded,
               "it and the steps after it would finish in about {} ms, after the deadline",
               Milliseconds(finish));
}

}  // namespace slipway::batching
