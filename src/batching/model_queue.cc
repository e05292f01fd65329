#include "batching/model_queue.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace slipway::batching {
namespace {

constexpr size_t kMaxScan = 256;                  // jobs looked at for one batch
constexpr auto kGrace = std::chrono::seconds(1);  // for a run to end once it was told to
constexpr uint32_t kProbeEvery = 128;             // decisions: less than 1 % of the traffic

}  // namespace

ModelQueue::ModelQueue(ModelQueueOptions options, WorkerPool& pool, const Clock& clock,
                       std::shared_ptr<CostModel> cost)
    : options_(std::move(options)),
      pool_(pool),
      clock_(clock),
      cost_(std::move(cost)),
      level_sizes_(options_.levels.size()) {}

StatusOr<Placement> ModelQueue::Admit(RunSize size, std::optional<TimePoint> deadline,
                                      bool may_run) {
  AdmissionView view;
  if (deadline) {
    view.now = clock_.Now();
    view.guessed = !cost_->HasSeen(size);
    view.slow = cost_->PredictSlow(size);
  }
  view.deadline = deadline;
  view.predicted = cost_->Predict(size);
  view.backlog = Duration(backlog_ns_.load(std::memory_order_relaxed));
  view.waiting = waiting();
  view.running = running();
  view.instances = options_.instances;
  auto placement = batching::Admit(view, options_.admission);
  if (!placement.ok() || *placement == Placement::kQueue) return placement;
  if (!may_run || options_.batch.max_delay > Duration::zero()) return Placement::kQueue;
  // Take the slot; somebody else may have been quicker.
  if (running_.fetch_add(1) < options_.instances) return placement;
  Release();
  return Placement::kQueue;
}

void ModelQueue::FinishInline(RunSize size, Duration took) {
  cost_->Observe(size, took);
  Release();
}

int64_t ModelQueue::InlineTarget(size_t row_bytes) {
  if (!IsJoining() || options_.batch.max_delay > Duration::zero()) return 1;
  int64_t rows = TargetRows(options_.batch, *cost_, row_bytes, TimeToProbe());
  while (rows > 1 && cost_->Predict({rows, row_bytes}) > options_.admission.inline_limit) rows /= 2;
  return rows;
}

bool ModelQueue::TimeToProbe() {
  return decisions_.fetch_add(1, std::memory_order_relaxed) % kProbeEvery == kProbeEvery - 1;
}

Duration ModelQueue::ShareOf(RunSize size) const {
  const int64_t rows = TargetRows(options_.batch, *cost_, size.row_bytes);
  if (size.rows >= rows) return cost_->Predict(size);
  return cost_->Predict({rows, size.row_bytes}) * size.rows / rows;
}

Status ModelQueue::Enqueue(std::unique_ptr<Job>& job) {
  job->queued_ = clock_.Now();
  job->share_ = ShareOf(job->size);
  job->level_ = LevelOf(*job);
  {
    MutexLock lock(mutex_);
    if (jobs_.size() >= options_.admission.max_queue)
      return Error(Reason::kQueueFull, "{} requests are waiting, the limit", jobs_.size());
    const size_t limit = options_.levels[job->level_].max_queue, same = level_sizes_[job->level_];
    if (limit > 0 && same >= limit)
      return Error(Reason::kQueueFull, "{} requests of priority {} are waiting, the limit", same,
                   job->level_ + 1);
    const bool is_urgent = job->deadline.has_value();
    const int64_t enough = TargetRows(options_.batch, *cost_, job->size.row_bytes);
    Insert(std::move(job));
    if (is_urgent || rows_ >= enough) held_ = false;
  }
  StartWaiting();
  return OkStatus();
}

size_t ModelQueue::LevelOf(const Job& job) const {
  if (job.priority == 0 || job.priority > options_.levels.size()) return options_.default_level;
  return job.priority - 1;
}

void ModelQueue::Insert(std::unique_ptr<Job> job) {
  const auto place = [](const Job& j) { return std::pair(j.level_, j.is_late_); };
  auto at = jobs_.end();  // seldom far from it
  while (at != jobs_.begin() && place(*job) < place(**(at - 1))) --at;
  rows_ += job->size.rows;
  ++level_sizes_[job->level_];
  backlog_ns_.fetch_add(job->share_.count(), std::memory_order_relaxed);
  jobs_.insert(at, std::move(job));
  waiting_.store(jobs_.size());
}

// ---- what runs next

std::unique_ptr<Job> ModelQueue::Take(size_t index) {
  auto job = std::move(jobs_[index]);
  jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(index));
  rows_ -= job->size.rows;
  --level_sizes_[job->level_];
  backlog_ns_.fetch_sub(job->share_.count(), std::memory_order_relaxed);
  waiting_.store(jobs_.size());
  return job;
}

std::unique_ptr<Job> ModelQueue::TakeAny() {
  MutexLock lock(mutex_);
  return jobs_.empty() ? nullptr : Take(0);
}

// Work whose client has gone or whose deadline has passed is not computed.
void ModelQueue::RefuseStale(TimePoint now, std::vector<Refused>& refused) {
  std::vector<std::unique_ptr<Job>> late;
  for (size_t i = 0; i < std::min(jobs_.size(), kMaxScan);) {
    const Job& job = *jobs_[i];
    const LevelOptions& level = options_.levels[job.level_];
    if (job.cancelled && job.cancelled->load(std::memory_order_relaxed))
      refused.push_back({Take(i), MakeError(Reason::kCancelled, "the client has gone")});
    else if (job.deadline && *job.deadline <= now)
      refused.push_back({Take(i), MakeError(Reason::kDeadlineExceeded,
                                            "the deadline passed while the request waited")});
    else if (level.max_age == Duration::zero() || now < job.queued_ + level.max_age || job.is_late_)
      ++i;
    else if (level.is_delayed)
      late.push_back(Take(i));
    else
      refused.push_back(
          {Take(i),
           Error(Reason::kOverloaded, "the request has waited for {} ms, the limit",
                 std::chrono::duration_cast<std::chrono::milliseconds>(level.max_age).count())});
  }
  for (auto& job : late) {
    job->is_late_ = true;
    Insert(std::move(job));
  }
}

// False when the pool ends: nobody would come back.
bool ModelQueue::HoldUntil(TimePoint when) {
  held_ = true;
  if (pool_.CallAt(when, shared_from_this())) return true;
  held_ = false;
  return false;
}

ModelQueue::Jobs ModelQueue::TakeBatch(TimePoint now) {
  Jobs batch;
  if (jobs_.empty()) return batch;
  const Job& first = *jobs_.front();
  const size_t row_bytes = first.size.row_bytes;
  int64_t target = IsJoining() ? TargetRows(options_.batch, *cost_, row_bytes, TimeToProbe()) : 1;
  BatchView view{.now = now,
                 .oldest = first.queued_,
                 .deadline = first.deadline,
                 .size = first.size,
                 .first_rows = first.size.rows};
  std::vector<size_t> chosen;
  for (size_t i = 1; i < std::min(jobs_.size(), kMaxScan) && view.size.rows < target; ++i) {
    const Job& job = *jobs_[i];
    if (view.size.rows + job.size.rows > target || !first.CanJoin(job)) continue;
    view.size.rows += job.size.rows;
    if (job.deadline && (!view.deadline || *job.deadline < *view.deadline))
      view.deadline = job.deadline;
    chosen.push_back(i);
  }
  const BatchDecision decision = Decide(view, target, options_.batch, *cost_);
  if (decision.rows == 0 && HoldUntil(decision.until)) return batch;
  const int64_t rows = decision.rows == 0 ? view.size.rows : decision.rows;
  for (; view.size.rows > rows && !chosen.empty(); chosen.pop_back())
    view.size.rows -= jobs_[chosen.back()]->size.rows;
  for (; !chosen.empty(); chosen.pop_back()) batch.push_back(Take(chosen.back()));
  batch.push_back(Take(0));
  std::ranges::reverse(batch);
  return batch;
}

ModelQueue::Jobs ModelQueue::TakeNext(std::vector<Refused>& refused) {
  const TimePoint now = clock_.Now();
  MutexLock lock(mutex_);
  RefuseStale(now, refused);
  return TakeBatch(now);
}

void ModelQueue::RunNext() {
  std::vector<Refused> refused;
  const Jobs batch = TakeNext(refused);
  for (const auto& [job, why] : refused) job->Drop(why);
  if (batch.empty()) return;
  const TimePoint start = clock_.Now();
  const auto entry = [&] {
    MutexLock lock(mutex_);
    return started_.insert(start);
  }();
  const auto leave = [&] {
    MutexLock lock(mutex_);
    started_.erase(entry);
    told_stuck_ = false;
  };
  try {
    RunBatch(batch);
  } catch (...) {
    leave();
    throw;
  }
  leave();
  RunSize size = batch.front()->size;
  for (const auto& job : std::span(batch).subspan(1)) size.rows += job->size.rows;
  cost_->Observe(size, clock_.Now() - start);
}

void ModelQueue::RunBatch(const Jobs& batch) {
  if (batch.size() == 1)
    batch.front()->Run();
  else
    batch.front()->RunWith(std::span(batch).subspan(1));
}

bool ModelQueue::IsStuck() {
  if (options_.run_limit == Duration::zero()) return false;
  const TimePoint now = clock_.Now();
  MutexLock lock(mutex_);
  if (started_.empty() || now < *started_.begin() + options_.run_limit + kGrace) return false;
  if (!std::exchange(told_stuck_, true))
    log::Error("a run that was to be ended does not come back",
               {{"seconds", std::chrono::duration<double>(now - *started_.begin()).count()}});
  return true;
}

// ---- slots

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
  while (waiting_.load() > 0 && !held_.load()) {
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

void ModelQueue::OnTime() {
  held_ = false;
  StartWaiting();
}

// A waiting job holds its version, and with it this queue: kept, neither would ever end.
void ModelQueue::Abandon() {
  do {
    while (const auto job = TakeAny())
      job->Drop(MakeError(Reason::kDraining, "the server is stopping"));
    running_.fetch_sub(1);
  } while (TakeSlotForWaiting());
}

}  // namespace slipway::batching
