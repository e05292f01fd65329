#include "lifecycle/manager.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "base/huge_heap.h"
#include "base/log.h"
#include "io/without_folder.h"

namespace slipway::lifecycle {
namespace {

constexpr std::chrono::milliseconds kMotionInterval{250};
constexpr std::chrono::seconds kIdle{1};  // without a command before the loader tidies up
constexpr size_t kLoadingHeapBytes = size_t{31} << 20;  // about the most that malloc puts in a heap

/// One model must not take the thread that serves all: memory may run out on a hostile file.
StatusOr<std::unique_ptr<ServedVersion>> LoadGuarded(Loader& loader,
                                                     const repository::FoundModel& model,
                                                     const repository::FoundVersion& version,
                                                     const FindMember& find) {
  try {
    return model.config.is_ensemble() ? loader.LoadEnsemble(model, version, find)
                                      : loader.Load(model, version);
  } catch (const std::exception& error) {
    return Error(Reason::kBadModel, "loading threw: {}", error.what());
  }
}

/// What clients may know of a refusal: this machine's folders and our own faults stay in the log.
Status ForClients(const Status& why, const repository::FoundVersion& version) {
  if (ReasonOf(why) == Reason::kInternal)
    return MakeError(Reason::kInternal, "the server failed to load it; its log has the detail");
  std::string message(MessageOf(why));
  for (const std::string& folder :
       {std::filesystem::path(version.path).parent_path().string(), version.root})
    message = io::WithoutFolder(std::move(message), folder);
  return MakeError(ReasonOf(why), message);
}

std::function<void(Status)> AnswerTo(std::vector<std::function<void()>> looking) {
  return [looking = std::move(looking)](const Status&) {
    for (const auto& done : looking) done();
  };
}

}  // namespace

Manager::Manager(ManagerOptions options, std::vector<std::unique_ptr<repository::Source>> sources,
                 std::unique_ptr<Loader> loader, LifecycleMetrics& metrics)
    : options_(std::move(options)),
      sources_(std::move(sources)),
      loader_(std::move(loader)),
      metrics_(metrics),
      graveyard_(std::make_shared<Graveyard>([this] {
        MutexLock lock(mutex_);
        nudged_ = true;
        wake_.notify_one();
      })),
      table_(std::make_shared<const ServingTable>()),
      last_scan_(sources_.size()),
      poll_interval_(options_.poll_interval) {}

Manager::~Manager() {
  Stop();
  graveyard_->Close();
  models_.clear();
  table_.Replace(std::make_shared<const ServingTable>());
  graveyard_->Bury();
}

void Manager::BeginStop() {
  std::vector<std::function<void(Status)>> asking;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    asking.push_back(std::exchange(asking_, nullptr));
    for (Command& command : commands_) asking.push_back(std::move(command.done));
    commands_.clear();
    asking.push_back(AnswerTo(std::exchange(looking_, {})));
    wake_.notify_one();
  }
  loader_->GiveUp();
  for (const auto& done : asking)
    if (done) done(MakeError(Reason::kDraining, "the server is stopping"));
}

bool Manager::WaitUntilStopped(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  MutexLock lock(mutex_);
  while (!ended_ && std::chrono::steady_clock::now() < deadline)
    lock.WaitUntil(ended_wake_, deadline);
  return ended_;
}

void Manager::Stop() {
  BeginStop();
  thread_ = {};
}

bool Manager::stopping() {
  MutexLock lock(mutex_);
  return stopping_;
}

void Manager::Start(std::function<void()> settled) {
  const auto act = [this] {
    const HugeHeap heap(kLoadingHeapBytes);
    FirstPass();
    return OkStatus();
  };
  Post({act, [settled = std::move(settled)](const Status&) {
          if (settled) settled();
        }});
  {
    MutexLock lock(mutex_);
    ended_ = false;
  }
  thread_ = std::jthread([this] { Work(); });
}

void Manager::LookAgain(std::function<void()> done) {
  {
    MutexLock lock(mutex_);
    const bool idle = !commanded_ && commands_.empty() && !stopping_;
    if (options_.control == ModelControl::kExplicit && idle) {
      looking_.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done();
}

void Manager::SetPollInterval(std::chrono::milliseconds interval) {
  MutexLock lock(mutex_);
  poll_interval_ = interval;
  wake_.notify_one();
}

void Manager::Post(Command command) {
  {
    MutexLock lock(mutex_);
    if (!stopping_) {
      commands_.push_back(std::move(command));
      wake_.notify_one();
      return;
    }
  }
  if (command.done) command.done(MakeError(Reason::kDraining, "the server is stopping"));
}

// Once: a stop may have answered already.
void Manager::Answer(Status status) {
  std::function<void(Status)> done;
  {
    MutexLock lock(mutex_);
    done = std::exchange(asking_, nullptr);
    commanded_ = false;
  }
  if (done) done(std::move(status));
}

void Manager::Work() {
  while (WaitAndServe()) graveyard_->Bury();
  MutexLock lock(mutex_);
  ended_ = true;
  ended_wake_.notify_all();
}

TimePoint Manager::PollDue() const {
  if (options_.control != ModelControl::kPoll) return TimePoint::max();
  return *idle_since_ + (in_motion_ ? std::min(kMotionInterval, poll_interval_) : poll_interval_);
}

TimePoint Manager::TidyDue() const {
  if (!loader_->is_untidy()) return TimePoint::max();
  return *idle_since_ + std::min<Duration>(kIdle, poll_interval_ / 2);
}

bool Manager::WaitAndServe() {
  Command command;
  std::vector<std::function<void()>> looking;
  bool tidy = false;
  {
    MutexLock lock(mutex_);
    if (!idle_since_) idle_since_ = std::chrono::steady_clock::now();
    while (commands_.empty() && looking_.empty() && !nudged_ && !stopping_) {
      const TimePoint due = std::min(PollDue(), TidyDue());
      if (std::chrono::steady_clock::now() >= due) break;
      if (due == TimePoint::max())
        lock.Wait(wake_);
      else
        lock.WaitUntil(wake_, due);
    }
    if (stopping_) return false;
    const bool asked = !commands_.empty() || !looking_.empty();
    if (std::exchange(nudged_, false) && !asked) return true;
    tidy = !asked && std::chrono::steady_clock::now() < PollDue();
    if (!tidy) idle_since_.reset();
    looking.swap(looking_);
    commanded_ = !commands_.empty();
    if (commanded_) {
      command = std::move(commands_.front());
      commands_.pop_front();
    } else if (!looking.empty()) {
      command = {[this] { return NoteWhatIsThere(); }, AnswerTo(std::exchange(looking, {}))};
    }
    asking_ = std::move(command.done);
  }
  try {
    for (const auto& done : looking) done();  // what was asked for goes first
    if (tidy) {
      loader_->TidyUp();
      return true;
    }
    if (command.act)
      Answer(command.act());
    else
      Poll();
    loader_->KeepDigests();
  } catch (const std::exception& error) {
    log::Error("the lifecycle thread caught an exception that nobody expected",
               {{"what", error.what()}});
    Answer(MakeError(Reason::kInternal, "the lifecycle thread caught an exception"));
  }
  return true;
}

std::map<std::string, repository::FoundModel> Manager::ScanAll() {
  std::map<std::string, repository::FoundModel> all;
  for (size_t i = 0; i < sources_.size(); ++i) {
    auto found = sources_[i]->Scan();
    if (found.ok())
      last_scan_[i] = *std::move(found);
    else
      log::Error("cannot read a repository; what it said before stands",
                 {{"path", sources_[i]->path()}, {"error", MessageOf(found.status())}});
    for (const repository::FoundModel& model : last_scan_[i]) {
      const auto [entry, fresh] = all.emplace(model.name.str(), model);
      if (!fresh)
        entry->second.problem =
            Error(Reason::kBadModel, "more than one source has a model \"{}\"", model.name.str());
    }
  }
  return all;
}

void Manager::LogProblems(const std::map<std::string, repository::FoundModel>& found) const {
  for (const auto& [name, model] : found) {
    if (model.problem.ok()) continue;
    const auto before = last_seen_.find(name);
    if (before != last_seen_.end() && before->second.problem == model.problem) continue;
    log::Error("model cannot be served", {{"model", name}, {"error", MessageOf(model.problem)}});
  }
}

void Manager::FirstPass() {
  auto found = ScanAll();
  LogProblems(found);
  std::set<std::string> start = options_.load_at_start;
  for (const std::string& name : options_.load_at_start) start.merge(MembersOf(found, name));
  for (const auto& [name, model] : found) {
    const bool wanted =
        options_.control != ModelControl::kExplicit || start.contains("*") || start.contains(name);
    Follow(name, &model, wanted);
  }
  for (const std::string& name : options_.load_at_start)
    if (name != "*" && !found.contains(name))
      log::Error("a model to load at start is in no repository", {{"model", name}});
  last_seen_ = std::move(found);
  Settle();
  if (stopping()) return;
  settled_ = true;
  Publish();
}

void Manager::Poll() {
  auto found = ScanAll();
  LogProblems(found);
  in_motion_ = false;
  for (const auto& [name, model] : found) {
    const auto before = last_seen_.find(name);
    if (before != last_seen_.end() && before->second == model)
      Follow(name, &model, /*wanted=*/true);
    else
      in_motion_ = true;
  }
  for (const auto& [name, state] : models_) {
    if (found.contains(name) || !state.wanted()) continue;
    if (last_seen_.contains(name))
      in_motion_ = true;
    else
      Follow(name, nullptr, /*wanted=*/false);
  }
  last_seen_ = std::move(found);
  Settle();
}

void Manager::Follow(const std::string& model, const repository::FoundModel* found, bool wanted) {
  ModelState& state = models_.try_emplace(model, model).first->second;
  for (const VersionNumber number : state.Set(found, wanted)) metrics_.Forget(model, number.str());
}

void Manager::Settle() {
  Publish();
  if (SettleAll(/*ensembles=*/false))
    for (auto& [name, state] : models_)  // what was missing may be there by now
      if (state.is_ensemble()) state.ForgetFailures();
  SettleAll(/*ensembles=*/true);
  if (stopping()) return;
  std::erase_if(models_, [](const auto& entry) { return entry.second.finished(); });
  Publish();
}

bool Manager::SettleAll(bool ensembles) {
  bool any = false;
  for (bool acted = true; acted && !stopping();) {
    acted = false;
    for (auto& [name, state] : models_)
      if (state.is_ensemble() == ensembles) acted |= !stopping() && Step(name, state);
    any |= acted;
  }
  return any;
}

const ServedVersion* Manager::FindMember(std::string_view model, std::string_view version) {
  const auto state = models_.find(std::string(model));
  if (state == models_.end()) return nullptr;
  const auto entry = state->second.Entry();
  if (version.empty()) return entry->ready.empty() ? nullptr : entry->ready.back().get();
  const auto number = VersionNumber::Parse(version);
  const VersionHandle* handle = number ? entry->Find(*number) : nullptr;
  return handle != nullptr ? handle->get() : nullptr;
}

bool Manager::Step(const std::string& name, ModelState& state) {
  const Decision decision = state.Next();
  switch (decision.action) {
    case Action::kNone:
      return false;
    case Action::kLoad:
      LoadVersion(name, state, decision.number);
      break;
    case Action::kUnload:
      NoteLeaving(state, decision.number);
      state.Unloaded(decision.number);
      metrics_.Forget(name, decision.number.str());
      break;
  }
  Publish();
  graveyard_->Bury();
  return true;
}

void Manager::LoadVersion(const std::string& name, ModelState& state, VersionNumber number) {
  const repository::FoundVersion& version = state.OnDisk(number);
  state.BeginLoad(number);
  metrics_.SetState(name, number.str(), "loading");
  Publish();
  auto loaded = LoadGuarded(*loader_, state.found(), version,
                            [this](auto model, auto wanted) { return FindMember(model, wanted); });
  if (loaded.ok()) {
    NoteLeaving(state, number);
    state.Loaded(number, version.stamp, graveyard_->Handle(*std::move(loaded)));
    metrics_.SetState(name, number.str(), "ready");
    return;
  }
  if (ReasonOf(loaded.status()) == Reason::kCancelled) return;  // nobody will ask any more
  log::Error("model version refused", {{"model", name},
                                       {"version", number.value},
                                       {"reason", InfoOf(ReasonOf(loaded.status())).label},
                                       {"error", MessageOf(loaded.status())}});
  metrics_.RecordLoadFailure(name, number.str(), ReasonOf(loaded.status()));
  metrics_.SetState(name, number.str(), "failed");
  state.Failed(number, version.stamp, ForClients(loaded.status(), version));
}

void Manager::NoteLeaving(ModelState& state, VersionNumber number) {
  const auto entry = state.Entry();
  if (const VersionHandle* handle = entry->Find(number)) leaving_.emplace_back(*handle);
}

void Manager::Publish() {
  std::erase_if(leaving_, [](const auto& version) { return version.expired(); });
  auto next = std::make_shared<ServingTable>();
  next->models.reserve(models_.size());
  for (auto& [name, state] : models_) next->models.emplace(name, state.Entry());
  next->leaving = leaving_;
  next->settled = settled_;
  table_.Replace(std::move(next));
  if (options_.on_change) options_.on_change();
}

}  // namespace slipway::lifecycle
