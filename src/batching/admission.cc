#include "batching/admission.h"

namespace slipway::batching {

StatusOr<Placement> Admit(const AdmissionView& view, const AdmissionOptions& options) {
  if (view.deadline) {
    if (*view.deadline <= view.now)
      return Error(Reason::kDeadlineExceeded, "the request's deadline has passed");
    // Everything ahead shares the instances; this request's own run comes last.
    const auto ahead = static_cast<int64_t>(view.waiting) / view.instances;
    const Duration finish = view.predicted * (ahead + 1);
    if (!view.guessed && view.now + finish > *view.deadline)
      return Error(Reason::kOverloaded, "would finish in about {} ms, after its deadline",
                   std::chrono::duration_cast<std::chrono::milliseconds>(finish).count());
  }
  const bool slot_free = view.running < view.instances;
  if (slot_free && view.predicted <= options.inline_limit) return Placement::kInline;
  if (view.waiting >= options.max_queue)
    return Error(Reason::kQueueFull, "{} requests are waiting, the limit", view.waiting);
  return Placement::kQueue;
}

}  // namespace slipway::batching
