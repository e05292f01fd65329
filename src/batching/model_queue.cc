#include "batching/model_queue.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/log.h"

namespace slipway::batching {
namespace {

constexpr size_t kMaxScan = 256;                  // jobs looked at for one batch
constexpr auto kGrace = std::chrono::seconds(1);  // for a run to end once it was told to
constexpr size_t kMaxLeaders = 8;                 // batches looked at
constexpr uint32_t kTryEvery = 16;                // requests that might be refused
constexpr uint32_t kProbeEvery = 200;  // decisions, of which one may take twice the others' rows
// Requests whose deadline passes while all are busy are told so at most so late; and a queue whose
// version is gone is kept for so long at most.
constexpr auto kLookEvery = std::chrono::milliseconds(5);
constexpr auto kLookWithin = std::chrono::seconds(1);
constexpr std::string_view kExpired = "the deadline passed while the request waited";

}  // namespace

ModelQueue::ModelQueue(ModelQueueOptions options, WorkerPool& pool, const Clock& clock,
                       std::shared_ptr<CostModel> cost)
    : options_(std::move(options)),
      pool_(pool),
      clock_(clock),
      cost_(std::move(cost)),
      backlog_ns_(options_.levels.size()),
      level_sizes_(options_.levels.size()),
      begun_(options_.levels.size()) {}

AdmissionView ModelQueue::Look(const Arrival& arrival) const {
  const RunSize size = arrival.size;
  AdmissionView view;
  if (arrival.deadline) {
    view.now = clock_.Now();
    view.guessed = arrival.is_trial || !cost_->Knows(size);
    view.slow = cost_->PredictSlow(size);
  }
  view.deadline = arrival.deadline;
  view.predicted = cost_->Predict(size);
  view.wait = wait_.Predict(Ahead(size, LevelOf(arrival.priority)));
  if (InPieces(size)) view.slow += Between(size, LevelOf(arrival.priority));
  view.waiting = waiting();
  view.running = running();
  view.instances = options_.instances;
  return view;
}

StatusOr<Placement> ModelQueue::Admit(const Arrival& arrival) {
  AdmissionView view = Look(arrival);
  if (arrival.deadline && !view.guessed) view.guessed = TimeToTry();
  auto placement = batching::Admit(view, options_.admission);
  if (!placement.ok() || *placement == Placement::kQueue) return placement;
  if (!arrival.may_run || options_.batch.max_delay > Duration::zero()) return Placement::kQueue;
  // Take the slot; somebody else may have been quicker.
  if (running_.fetch_add(1) < options_.instances) return placement;
  Release();
  return Placement::kQueue;
}

void ModelQueue::FinishInline(RunSize size, const RunOutcome& outcome) {
  Learn(size, outcome);
  Release();
}

// A run that failed may have been cut short, but it has taken at least so long.
void ModelQueue::Learn(RunSize size, const RunOutcome& outcome) {
  if (outcome.ok || outcome.took > cost_->Predict(size)) cost_->Observe(size, outcome.took);
}

int64_t ModelQueue::InlineTarget(size_t row_bytes) {
  if (!IsJoining() || options_.batch.max_delay > Duration::zero()) return 1;
  int64_t rows = TargetRows(options_.batch, *cost_, row_bytes, TimeToProbe());
  while (rows > 1 && cost_->Predict({rows, row_bytes}) > options_.admission.inline_limit) rows /= 2;
  return rows;
}

bool ModelQueue::TimeToTry() {
  return waiting() == 0 &&
         trials_.fetch_add(1, std::memory_order_relaxed) % kTryEvery == kTryEvery - 1;
}

bool ModelQueue::TimeToProbe() {
  return decisions_.fetch_add(1, std::memory_order_relaxed) % kProbeEvery == kProbeEvery - 1;
}

RunSize ModelQueue::TurnOf(RunSize size) const {
  if (InPieces(size)) size.rows = options_.batch.max_rows;
  return size;
}

Duration ModelQueue::Between(RunSize size, size_t level) const {
  const RunSize turn = TurnOf(size);
  const Duration each = std::min(wait_.Predict(Ahead(turn, level)), cost_->Predict(turn));
  return (size.rows - 1) / options_.batch.max_rows * each;
}

Duration ModelQueue::ShareOf(RunSize size) const {
  // A guess is not held against those who come later: it counts as the smallest run that was seen.
  if (!cost_->Knows(size)) return cost_->Predict({});
  const int64_t rows = TargetRows(options_.batch, *cost_, size.row_bytes);
  if (size.rows >= rows) return cost_->Predict(size);
  return cost_->Predict({rows, size.row_bytes}) * size.rows / rows;
}

// What waits and what runs shares the instances; what runs is half done. Pieces go between others
// for as long as these take, and all of them before the next request in pieces.
Duration ModelQueue::Ahead(RunSize size, size_t level) const {
  Duration backlog{};
  for (const auto& share : std::span(backlog_ns_).first(level + 1))
    backlog += Duration(share.load(std::memory_order_relaxed));
  const Duration rest(rest_ns_.load(std::memory_order_relaxed));
  backlog += InPieces(size) ? rest : std::min(rest, backlog);
  if (running() < options_.instances) return backlog / options_.instances;
  return backlog / options_.instances + cost_->Predict(TurnOf(size)) / 2;
}

void ModelQueue::Estimate(Job& job) {
  const RunSize left = Left(job);
  job.queued_ = clock_.Now();
  job.share_ = ShareOf(TurnOf(left));
  job.rest_ =
      InPieces(left) ? std::max(cost_->Predict(left) - job.share_, Duration(0)) : Duration(0);
  job.ahead_ = Ahead(left, job.level_);
}

Status ModelQueue::Enqueue(std::unique_ptr<Job>& job) {
  job->level_ = LevelOf(job->priority);
  Estimate(*job);
  {
    MutexLock lock(mutex_);
    if (jobs_.size() >= options_.admission.max_queue)
      return Error(Reason::kQueueFull, "{} requests are waiting, the limit", jobs_.size());
    const size_t limit = options_.levels[job->level_].max_queue, same = level_sizes_[job->level_];
    if (limit > 0 && same >= limit)
      return Error(Reason::kQueueFull, "{} requests of priority {} are waiting, the limit", same,
                   job->level_ + 1);
    Add(std::move(job));
  }
  StartWaiting();
  return OkStatus();
}

void ModelQueue::PutBack(std::unique_ptr<Job> job, const RunOutcome& outcome) {
  Learn({outcome.rows, job->size.row_bytes}, outcome);
  job->rows_left_ = outcome.rows_left;
  job->turn_ = outcome.took;
  Estimate(*job);
  MutexLock lock(mutex_);
  Add(std::move(job));
}

void ModelQueue::Add(std::unique_ptr<Job> job) {
  const Job& added = *job;
  Insert(std::move(job));
  if (held_) ReconsiderHold(added);
  if (added.deadline) Watch(*added.deadline, added.queued_);
}

size_t ModelQueue::LevelOf(uint32_t priority) const {
  if (priority == 0 || priority > options_.levels.size()) return options_.default_level;
  return priority - 1;
}

void ModelQueue::Insert(std::unique_ptr<Job> job) {
  const auto place = [](const Job& j) { return std::pair(j.level_, j.is_late_); };
  auto at = jobs_.end();  // seldom far from it
  while (at != jobs_.begin() && place(*job) < place(**(at - 1))) --at;
  if (job->rows_left_ > 0) {
    auto first =
        std::ranges::lower_bound(jobs_, place(*job), {}, [&](auto& j) { return place(*j); });
    Duration others{};
    for (; first != at && others < job->turn_; ++first)
      if (!InPieces((*first)->size)) others += (*first)->share_;
    at = first;
  }
  ++level_sizes_[job->level_];
  if (job->rows_left_ > 0) ++begun_[job->level_];
  backlog_ns_[job->level_].fetch_add(job->share_.count(), std::memory_order_relaxed);
  if (job->rest_.count() > 0) rest_ns_.fetch_add(job->rest_.count(), std::memory_order_relaxed);
  jobs_.insert(at, std::move(job));
  waiting_.store(jobs_.size());
}

// ---- what runs next

std::unique_ptr<Job> ModelQueue::Take(size_t index) {
  auto job = std::move(jobs_[index]);
  jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(index));
  --level_sizes_[job->level_];
  if (job->rows_left_ > 0) --begun_[job->level_];
  backlog_ns_[job->level_].fetch_sub(job->share_.count(), std::memory_order_relaxed);
  if (job->rest_.count() > 0) rest_ns_.fetch_sub(job->rest_.count(), std::memory_order_relaxed);
  waiting_.store(jobs_.size());
  return job;
}

std::unique_ptr<Job> ModelQueue::TakeAny() {
  MutexLock lock(mutex_);
  return jobs_.empty() ? nullptr : Take(0);
}

bool ModelQueue::IsHopeless(const Job& job, TimePoint now) const {
  return job.deadline && jobs_.size() > 1 && cost_->Knows(job.size) &&
         now + cost_->PredictSlow(Left(job)) > *job.deadline;
}

// Work whose client has gone, whose deadline has passed or would pass meanwhile is not computed.
void ModelQueue::RefuseStale(TimePoint now, std::vector<Refused>& refused) {
  std::vector<std::unique_ptr<Job>> late;
  for (size_t i = 0; i < std::min(jobs_.size(), kMaxScan);) {
    const Job& job = *jobs_[i];
    const LevelOptions& level = options_.levels[job.level_];
    if (job.cancelled && job.cancelled->load(std::memory_order_relaxed))
      refused.push_back({Take(i), MakeError(Reason::kCancelled, "the client has gone")});
    else if (job.deadline && *job.deadline <= now)
      refused.push_back({Take(i), MakeError(Reason::kDeadlineExceeded, kExpired)});
    else if (IsHopeless(job, now))
      refused.push_back({Take(i), MakeError(Reason::kOverloaded,
                                            "would have ended after its deadline, having waited")});
    else if (level.max_age == Duration::zero() || now < job.queued_ + level.max_age ||
             job.is_late_ || job.rows_left_ > 0)
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

// Of all that wait, not only of those that may be next.
void ModelQueue::RefuseExpired(TimePoint now, std::vector<Refused>& refused) {
  looked_ = now;
  TimePoint next = TimePoint::max();
  for (size_t i = 0; i < jobs_.size();) {
    const TimePoint deadline = jobs_[i]->deadline.value_or(TimePoint::max());
    if (deadline <= now && refused.size() < kMaxScan) {
      refused.push_back({Take(i), MakeError(Reason::kDeadlineExceeded, kExpired)});
    } else {
      next = std::min(next, deadline);
      ++i;
    }
  }
  if (next < TimePoint::max()) Watch(next, now);
}

int64_t ModelQueue::RowsWith(const Job& job) const {
  int64_t rows = 0;
  for (size_t i = 0; i < std::min(jobs_.size(), kMaxScan); ++i)
    if (jobs_[i]->CanJoin(job)) rows += jobs_[i]->size.rows;
  return rows;
}

void ModelQueue::ReconsiderHold(const Job& job) {
  const auto& preferred = options_.batch.preferred;
  const int64_t rows = RowsWith(job);
  const bool enough = jobs_.size() > kMaxScan ||
                      rows >= TargetRows(options_.batch, *cost_, job.size.row_bytes) ||
                      std::ranges::find(preferred, rows) != preferred.end();
  // Decide leaves the same time to spare.
  const bool urgent = job.deadline && *job.deadline - cost_->PredictSlow(job.size) -
                                              (*job.deadline - job.queued_) / 8 <
                                          held_until_;
  if (enough || urgent || !job.CanJoin(job)) held_ = false;
}

// False when the pool ends: nobody would come back.
bool ModelQueue::HoldUntil(TimePoint when) {
  held_until_ = when;
  held_ = WakeAt(when);
  return held_;
}

void ModelQueue::Watch(TimePoint deadline, TimePoint now) {
  WakeAt(std::clamp(deadline, looked_ + kLookEvery, now + kLookWithin));
}

bool ModelQueue::WakeAt(TimePoint when) {
  if (timer_ && *timer_ <= when) return true;  // it will look again
  timer_ = when;
  if (pool_.CallAt(when, shared_from_this())) return true;
  timer_.reset();
  return false;
}

Duration ModelQueue::AgeLimit(size_t level) const {
  const LevelOptions& options = options_.levels[level];
  return options.is_delayed ? Duration::zero() : options.max_age;
}

ModelQueue::Candidates ModelQueue::Gather(size_t leader, TimePoint now) {
  const Job& first = *jobs_[leader];
  Candidates found;
  found.jobs = {leader};
  found.view = {.now = now,
                .oldest = first.queued_,
                .deadline = first.deadline,
                .max_age = AgeLimit(first.level_),
                .size = first.size,
                .first_rows = first.size.rows};
  if (!IsJoining() || !first.CanJoin(first)) return found;
  found.target = TargetRows(options_.batch, *cost_, first.size.row_bytes, TimeToProbe());
  int64_t& rows = found.view.size.rows;
  for (size_t i = leader + 1; i < std::min(jobs_.size(), kMaxScan) && rows < found.target; ++i) {
    const Job& job = *jobs_[i];
    if (rows + job.size.rows > found.target || !first.CanJoin(job)) continue;
    rows += job.size.rows;
    if (job.deadline)
      found.view.deadline = std::min(found.view.deadline.value_or(TimePoint::max()), *job.deadline);
    found.jobs.push_back(i);
  }
  return found;
}

// The leader, and of the others those whose deadlines are the tightest.
ModelQueue::Jobs ModelQueue::TakeRows(Candidates candidates, int64_t rows) {
  auto& chosen = candidates.jobs;
  std::ranges::stable_sort(chosen.begin() + 1, chosen.end(), {},
                           [this](size_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                             return jobs_[i]->deadline.value_or(TimePoint::max());
                           });
  for (int64_t all = candidates.view.size.rows; all > rows && chosen.size() > 1; chosen.pop_back())
    all -= jobs_[chosen.back()]->size.rows;
  std::ranges::sort(chosen);
  Jobs batch;
  for (; !chosen.empty(); chosen.pop_back()) batch.push_back(Take(chosen.back()));
  std::ranges::reverse(batch);
  if (options_.batch.max_delay > Duration::zero()) return batch;
  for (const auto& job : batch)
    if (!InPieces(job->size)) wait_.Observe(job->ahead_, candidates.view.now - job->queued_);
  return batch;
}

// Requests that cannot run together form batches of their own, and one that waits for company holds
// up no other.
ModelQueue::Jobs ModelQueue::TakeBatch(TimePoint now) {
  std::vector<size_t> leaders;
  TimePoint until = TimePoint::max();
  for (size_t i = 0, seen = 0; i < jobs_.size() && seen < kMaxScan && leaders.size() < kMaxLeaders;
       ++i) {
    const Job& job = *jobs_[i];
    if (!MayRun(job)) continue;  // one that may is behind it
    ++seen;
    const auto joins = [&](size_t l)
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return jobs_[l]->CanJoin(job); };
    if (std::ranges::any_of(leaders, joins)) continue;
    leaders.push_back(i);
    Candidates found = Gather(i, now);
    const BatchDecision decision = Decide(found.view, found.target, options_.batch, *cost_);
    if (decision.rows > 0) return TakeRows(std::move(found), decision.rows);
    until = std::min(until, decision.until);
  }
  if (leaders.empty() || HoldUntil(until)) return {};
  return TakeRows(Gather(leaders.front(), now), std::numeric_limits<int64_t>::max());
}

ModelQueue::Jobs ModelQueue::TakeNext(std::vector<Refused>& refused) {
  const TimePoint now = clock_.Now();
  MutexLock lock(mutex_);
  RefuseStale(now, refused);
  return TakeBatch(now);
}

void ModelQueue::RunNext() {
  std::vector<Refused> refused;
  Jobs batch = TakeNext(refused);
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
    told_stuck_ = told_stuck_ && !started_.empty();
  };
  RunOutcome outcome;
  try {
    outcome = RunBatch(batch);
  } catch (...) {
    leave();
    throw;
  }
  leave();
  if (outcome.rows_left > 0) return PutBack(std::move(batch.front()), outcome);
  RunSize size = batch.front()->size;
  for (const auto& job : std::span(batch).subspan(1)) size.rows += job->size.rows;
  Learn(size, outcome);
}

RunOutcome ModelQueue::RunBatch(const Jobs& batch) {
  if (batch.size() == 1) return batch.front()->Run();
  return batch.front()->RunWith(std::span(batch).subspan(1));
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
  std::vector<Refused> refused;
  {
    const TimePoint now = clock_.Now();
    MutexLock lock(mutex_);
    timer_.reset();
    RefuseExpired(now, refused);
    if (now >= held_until_ || !held_ || !HoldUntil(held_until_)) held_ = false;
  }
  for (const auto& [job, why] : refused) job->Drop(why);
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
