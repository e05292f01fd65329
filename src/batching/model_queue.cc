#include "batching/model_queue.h"

namespace slipway::batching {

ModelQueue::ModelQueue(ModelQueueOptions options, WorkerPool& pool, const Clock& clock)
    : options_(options), pool_(pool), clock_(clock) {}

StatusOr<Placement> ModelQueue::Admit(size_t input_bytes, std::optional<TimePoint> deadline) {
  AdmissionView view;
  if (deadline) {
    view.now = clock_.Now();
    view.guessed = !cost_.HasSeen(input_bytes);
  }
  view.deadline = deadline;
  view.predicted = cost_.Predict(input_bytes);
  view.waiting = waiting();
  view.running = running();
  view.instances = options_.instances;
  auto placement = batching::Admit(view, options_.admission);
  if (!placement.ok() || *placement == Placement::kQueue) return placement;
  // Take the slot; somebody else may have been quicker.
  if (running_.fetch_add(1) < options_.instances) return placement;
  Release();
  return Placement::kQueue;
}

void ModelQueue::FinishInline(size_t input_bytes, Duration took) {
  cost_.Observe(input_bytes, took);
  Release();
}

Status ModelQueue::Enqueue(std::unique_ptr<Job>& job) {
  {
    MutexLock lock(mutex_);
    if (jobs_.size() >= options_.admission.max_queue)
      return Error(Reason::kQueueFull, "{} requests are waiting, the limit", jobs_.size());
    jobs_.push_back(std::move(job));
    waiting_.store(jobs_.size());
  }
  StartWaiting();
  return OkStatus();
}

std::unique_ptr<Job> ModelQueue::TakeNext() {
  MutexLock lock(mutex_);
  if (jobs_.empty()) return nullptr;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  waiting_.store(jobs_.size());
  return job;
}

// Whoever frees a slot looks for waiting jobs afterwards, whoever adds a job looks for a free slot
// afterwards; both orders are sequentially consistent, so one of the two always sees the other.
void ModelQueue::Release() {
  running_.fetch_sub(1);
  StartWaiting();
}

void ModelQueue::StartWaiting() {
  if (TakeSlotForWaiting()) pool_.Announce(shared_from_this());
}

bool ModelQueue::TakeSlotForWaiting() {
  while (waiting_.load() > 0) {
    if (running_.fetch_add(1) < options_.instances) return true;
    running_.fetch_sub(1);
    if (running_.load() >= options_.instances) break;  // the holder will come by when it ends
  }
  return false;
}

// A slot that an exception took along would be missing for ever.
void ModelQueue::RunOne() {
  try {
    RunNext();
  } catch (...) {
    Release();
    throw;
  }
  Release();
}

// A waiting job holds its version, and with it this queue: kept, neither would ever end.
void ModelQueue::Abandon() {
  do {
    while (const auto job = TakeNext())
      job->Drop(Error(Reason::kDraining, "the server is stopping"));
    running_.fetch_sub(1);
  } while (TakeSlotForWaiting());
}

void ModelQueue::RunNext() {
  // Work whose client has gone or whose deadline has passed is dropped before it is computed.
  while (auto job = TakeNext()) {
    if (job->cancelled && job->cancelled->load(std::memory_order_relaxed)) {
      job->Drop(Error(Reason::kCancelled, "the client has gone"));
      continue;
    }
    const TimePoint start = clock_.Now();
    if (job->deadline && *job->deadline <= start) {
      job->Drop(Error(Reason::kDeadlineExceeded, "the deadline passed while the request waited"));
      continue;
    }
    job->Run();
    cost_.Observe(job->input_bytes, clock_.Now() - start);
    return;
  }
}

}  // namespace slipway::batching
