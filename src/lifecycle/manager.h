#pragma once
// Keeps what is served in step with what the repositories say, on one thread of its own.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "lifecycle/asked.h"
#include "lifecycle/graveyard.h"
#include "lifecycle/loader.h"
#include "lifecycle/model_state.h"
#include "lifecycle/serving_table.h"
#include "repository/repository.h"

namespace slipway::lifecycle {

enum class ModelControl : uint8_t {
  kNone,      // load what is there at start, then leave it
  kPoll,      // look again every poll_interval and follow
  kExplicit,  // load and unload on request
};

struct ManagerOptions {
  ModelControl control = ModelControl::kNone;
  std::chrono::milliseconds poll_interval{2000};
  std::set<std::string> load_at_start;  // kExplicit only; "*" = all
  /// Called after each change of the table, on the lifecycle thread: reader threads are to look
  /// again.
  std::function<void()> on_change;
};

/// Threads: every method from any; callbacks come on the lifecycle thread.
class Manager {
 public:
  Manager(ManagerOptions options, std::vector<std::unique_ptr<repository::Source>> sources,
          std::unique_ptr<Loader> loader, LifecycleMetrics& metrics);
  ~Manager();

  /// Begins the first pass. `settled` (may be null) is called when it is done.
  void Start(std::function<void()> settled);

  /// Nothing is begun any more, a probe is given up, and whoever asked for a load or unload and has
  /// no answer yet gets kDraining. What is served stays served. Does not wait.
  void BeginStop();
  /// True once the lifecycle thread has ended; false when a load keeps it for longer.
  bool WaitUntilStopped(std::chrono::milliseconds limit);
  /// Both, without a limit. on_change is not called afterwards.
  void Stop();

  const Snapshot<ServingTable>& table() const { return table_; }
  ModelControl control() const { return options_.control; }

  /// kExplicit only (else kForbidden). Loads or reloads one model, with its repository read again.
  /// @param done  kNotFound, or why its wanted versions are not served.
  void Load(std::string model, std::function<void(Status)> done);
  /// Nothing of the model is served any more; what runs finishes. @param done  kNotFound when it
  /// was not asked for.
  void Unload(std::string model, std::function<void(Status)> done);
  /// The same for an ensemble and its members.
  void UnloadWithMembers(std::string model, std::function<void(Status)> done);
  /// kExplicit only. One version of several is not served any more, until the model is loaded
  /// again; the only one is the whole model. @param done  kNotFound when it is not served;
  /// kForbidden for the default of several.
  void UnloadVersion(std::string model, VersionNumber version, std::function<void(Status)> done);
  /// kExplicit only. Who names no version gets this one from now on, for as long as it is served.
  /// @param done  kNotFound when it is not served.
  void SetDefault(std::string model, VersionNumber version, std::function<void(Status)> done);
  /// kExplicit only. These models, with the members of ensembles, are served and no others.
  /// @param done  kNotFound for a model, version or alias's version that is not there: nothing was
  ///   changed; or why what is wanted is not served.
  void Serve(std::vector<WantedModel> models, std::function<void(Status)> done);

  /// Looks which models lie in the repositories, so that the table names those that are not loaded.
  /// Only kExplicit has such; with another control, and while a Load or Unload waits or runs,
  /// `done` is called at once. Anybody may ask, so all who wait are answered by one look.
  void LookAgain(std::function<void()> done);

  void SetPollInterval(std::chrono::milliseconds interval);

 private:
  struct Command {
    std::function<Status()> act;
    std::function<void(Status)> done;  // may be null
  };

  void Work();
  void Post(Command command);
  void Answer(Status status);
  /// Runs one command or look, or waits for one, a death, the next poll or idle time. False = stop.
  bool WaitAndServe();
  TimePoint PollDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TimePoint TidyDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool stopping();

  /// What all sources say now; a source that cannot be read says what it said last.
  std::map<std::string, repository::FoundModel> ScanAll();
  /// Says what is wrong with whole models, once for each new problem.
  void LogProblems(const std::map<std::string, repository::FoundModel>& found) const;
  void FirstPass();
  /// Follows what changed, once two looks in a row saw the same: a copy in progress is left alone.
  void Poll();
  Status LoadNow(const std::string& model);
  /// For what clients ask for: kForbidden unless kExplicit.
  void PostRequest(std::function<Status()> act, std::function<void(Status)> done);
  Status UnloadNow(const std::string& model, bool with_members);
  Status UnloadVersionNow(const std::string& model, VersionNumber version);
  Status SetDefaultNow(const std::string& model, VersionNumber version);
  Status ServeNow(const std::vector<WantedModel>& models);
  /// A model that serves `version`; kNotFound.
  StatusOr<ModelState*> FindServing(const std::string& model, VersionNumber version);

  Status NoteWhatIsThere();

  /// What a repository says of one model (nullptr = it is gone), and whether it is to be served.
  void Follow(const std::string& model, const repository::FoundModel* found, bool wanted);
  /// Acts until no model has anything to do: ensembles after all others, which they are made of.
  void Settle();
  /// The same for one kind. True when there was something to do.
  bool SettleAll(bool ensembles);
  const ServedVersion* FindMember(std::string_view model, std::string_view version);
  /// The models of its steps, when `model` is an ensemble.
  static std::set<std::string> MembersOf(const std::map<std::string, repository::FoundModel>& found,
                                         const std::string& model);
  /// One action for one model; false when there is none.
  bool Step(const std::string& name, ModelState& state);
  /// The version is replaced or taken away, and may still be run.
  void NoteLeaving(ModelState& state, VersionNumber number);
  void LoadVersion(const std::string& name, ModelState& state, VersionNumber number);
  void Publish();

  ManagerOptions options_;
  std::vector<std::unique_ptr<repository::Source>> sources_;
  std::unique_ptr<Loader> loader_;
  LifecycleMetrics& metrics_;
  std::shared_ptr<Graveyard> graveyard_;
  Snapshot<ServingTable> table_;

  // The lifecycle thread's own.
  std::map<std::string, ModelState> models_;
  std::vector<std::weak_ptr<const ServedVersion>> leaving_;
  std::vector<std::vector<repository::FoundModel>> last_scan_;  // by source
  std::map<std::string, repository::FoundModel> last_seen_;     // of the previous poll
  bool in_motion_ = false;                                      // the last poll saw a change
  bool settled_ = false;
  std::optional<TimePoint> idle_since_;  // the last command, look or poll

  Mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_wake_;
  std::deque<Command> commands_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> looking_ ABSL_GUARDED_BY(mutex_);  // who waits for a look
  bool commanded_ ABSL_GUARDED_BY(mutex_) = false;  // a command runs, and no look or poll
  std::function<void(Status)> asking_ ABSL_GUARDED_BY(mutex_);  // who waits for the present command
  bool nudged_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = true;
  std::chrono::milliseconds poll_interval_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace slipway::lifecycle
