#include "lifecycle/model_state.h"

#include <algorithm>

#include "base/check.h"

namespace slipway::lifecycle {

std::vector<VersionNumber> ModelState::Set(const repository::FoundModel* found, bool wanted) {
  entry_.reset();
  // A model whose configuration became unreadable keeps serving what it has.
  if (found != nullptr && !found->problem.ok() && found_ && wanted_ && wanted) {
    found_->problem = found->problem;
    return {};
  }
  const bool reconfigured = found != nullptr && found_ &&
                            !(found->config == found_->config && found->labels == found_->labels);
  found_.reset();
  if (found != nullptr) found_ = *found;
  wanted_ = wanted && found_;
  for (auto& [number, version] : versions_) version.wanted.reset();
  if (wanted_ && found_->problem.ok()) {
    std::vector<VersionNumber> on_disk;
    for (const auto& version : found_->versions) on_disk.push_back(version.number);
    const auto& policy = asked_.policy ? *asked_.policy : found_->config.version_policy;
    for (const VersionNumber number : policy.Select(on_disk))
      if (!asked_.unloaded.contains(number)) versions_[number].wanted = OnDisk(number).stamp;
  }
  if (reconfigured) {  // the same bytes under another configuration are to be loaded anew
    ForgetFailures();
    for (auto& [number, version] : versions_)
      if (version.handle) version.loaded.reset();
  }
  std::vector<VersionNumber> forgotten;
  for (const auto& [number, version] : versions_)
    if (!version.wanted && !version.handle) forgotten.push_back(number);
  for (const VersionNumber number : forgotten) versions_.erase(number);
  return forgotten;
}

void ModelState::Ask(Asked asked) {
  entry_.reset();
  asked_ = std::move(asked);
  for (const VersionNumber number : asked_.unloaded)
    if (const auto version = versions_.find(number); version != versions_.end())
      version->second.wanted.reset();
}

Decision ModelState::Next() const {
  std::vector<VersionView> views;
  for (const auto& [number, version] : versions_) {
    // What is served under an older configuration counts as loaded with a stamp that nobody wants.
    auto loaded = version.loaded;
    if (version.handle && !loaded) loaded = version.wanted ? ~*version.wanted : 0;
    views.push_back({.number = number,
                     .wanted = version.wanted,
                     .loaded = loaded,
                     .failed = version.failed,
                     .dismissed = asked_.unloaded.contains(number)});
  }
  return NextAction(views);
}

const repository::FoundVersion& ModelState::OnDisk(VersionNumber number) const {
  const auto found = std::ranges::find(found_->versions, number, &repository::FoundVersion::number);
  SLIPWAY_CHECK(found != found_->versions.end(), "a wanted version was found on disk");
  return *found;
}

ModelState::Version& ModelState::Change(VersionNumber number) {
  entry_.reset();
  return versions_[number];
}

void ModelState::BeginLoad(VersionNumber number) { Change(number).loading = true; }

void ModelState::Loaded(VersionNumber number, uint64_t stamp, VersionHandle handle) {
  Version& version = Change(number);
  version.loading = false;
  version.loaded = stamp;
  version.failed.reset();
  version.error = OkStatus();
  version.handle = std::move(handle);
}

void ModelState::Failed(VersionNumber number, uint64_t stamp, const Status& why) {
  Version& version = Change(number);
  version.loading = false;
  version.failed = stamp;
  version.error = why;
}

void ModelState::Unloaded(VersionNumber number) {
  entry_.reset();
  versions_.erase(number);
}

void ModelState::ForgetFailures() {
  entry_.reset();
  for (auto& [number, version] : versions_) version.failed.reset();
}

Status ModelState::Problem() const {
  if (found_ && !found_->problem.ok()) return found_->problem;
  for (const auto& [number, version] : versions_)
    if (version.failed && version.failed == version.wanted)
      return Annotate(version.error, fmt::format("version {}", number.value));
  return OkStatus();
}

std::shared_ptr<const ModelEntry> ModelState::Entry() {
  if (entry_ == nullptr) entry_ = MakeEntry();
  return entry_;
}

std::shared_ptr<const ModelEntry> ModelState::MakeEntry() const {
  auto entry = std::make_shared<ModelEntry>();
  entry->name = name_;
  entry->default_version = asked_.default_version;
  entry->wanted = wanted_;
  for (const auto& [number, version] : versions_) {
    if (version.handle) entry->ready.push_back(version.handle);
    VersionStatus status{number, VersionState::kUnavailable, ""};
    if (version.handle)
      status.state = VersionState::kReady;
    else if (version.loading || !version.failed)
      status.state = VersionState::kLoading;
    if (version.failed) status.reason = MessageOf(version.error);
    entry->versions.push_back(std::move(status));
  }
  if (found_ && !wanted_)
    for (const auto& version : found_->versions)
      if (!versions_.contains(version.number))
        entry->versions.push_back({version.number, VersionState::kUnavailable, "unloaded"});
  std::ranges::sort(entry->versions, {}, &VersionStatus::number);
  if (found_) {
    entry->aliases.insert(asked_.aliases.begin(), asked_.aliases.end());
    entry->aliases.insert(found_->aliases.begin(), found_->aliases.end());
    if (!found_->problem.ok()) entry->problem = MessageOf(found_->problem);
  }
  return entry;
}

}  // namespace slipway::lifecycle
