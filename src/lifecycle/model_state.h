#pragma once
// One model as the lifecycle thread sees it: what is wanted, what is loaded, what was refused.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lifecycle/asked.h"
#include "lifecycle/load_policy.h"
#include "lifecycle/serving_table.h"
#include "repository/repository.h"

namespace slipway::lifecycle {

/// Threads: the lifecycle thread only.
class ModelState {
 public:
  explicit ModelState(std::string name) : name_(std::move(name)) {}

  /// What the repository says now, nullptr = the model is gone; and whether it is to be served.
  /// @return the versions that are known no longer: they were refused, and nobody wants them.
  std::vector<VersionNumber> Set(const repository::FoundModel* found, bool wanted);
  bool wanted() const { return wanted_; }
  /// What holds from now on: versions that are not to be served any more, and the default, at once;
  /// a policy and aliases with the next Set.
  void Ask(Asked asked);
  const Asked& asked() const { return asked_; }
  /// What it is on disk now.
  bool is_ensemble() const { return found_ && found_->config.is_ensemble(); }

  Decision Next() const;

  /// The found model and version to load for a decision.
  const repository::FoundModel& found() const { return *found_; }
  const repository::FoundVersion& OnDisk(VersionNumber number) const;

  void BeginLoad(VersionNumber number);
  void Loaded(VersionNumber number, uint64_t stamp, VersionHandle handle);
  void Failed(VersionNumber number, uint64_t stamp, const Status& why);
  void Unloaded(VersionNumber number);
  /// Tries again what was refused, also when its content did not change.
  void ForgetFailures();

  /// Nothing is on disk and nothing is left.
  bool finished() const { return !found_ && versions_.empty(); }
  /// Why versions are not served, in one sentence; OK when all that is wanted is.
  Status Problem() const;

  /// The same one until something changes.
  std::shared_ptr<const ModelEntry> Entry();

 private:
  struct Version {
    std::optional<uint64_t> wanted, loaded, failed;
    VersionHandle handle;
    bool loading = false;
    Status error;
  };

  Version& Change(VersionNumber number);
  std::shared_ptr<const ModelEntry> MakeEntry() const;

  std::string name_;
  std::optional<repository::FoundModel> found_;
  bool wanted_ = false;
  Asked asked_;
  std::map<VersionNumber, Version> versions_;
  std::shared_ptr<const ModelEntry> entry_;  // nullptr once something changed
};

}  // namespace slipway::lifecycle
