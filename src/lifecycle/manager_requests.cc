// What the manager does when clients ask for it.
#include <algorithm>

#include "lifecycle/manager.h"

namespace slipway::lifecycle {
namespace {

/// Whether all that is wanted of a model lies there.
Status CheckWanted(const WantedModel& wanted,
                   const std::map<std::string, repository::FoundModel>& found) {
  const auto entry = found.find(wanted.name);
  if (entry == found.end())
    return Error(Reason::kNotFound, "model \"{}\" is in no repository", wanted.name);
  const repository::FoundModel& model = entry->second;
  RETURN_IF_ERROR(Annotate(model.problem, fmt::format("model \"{}\"", wanted.name)));
  std::vector<VersionNumber> versions;
  for (const auto& version : model.versions) versions.push_back(version.number);
  const auto& policy = wanted.policy ? *wanted.policy : model.config.version_policy;
  for (const VersionNumber number : policy.specific)
    if (std::ranges::find(versions, number) == versions.end())
      return Error(Reason::kNotFound, "model \"{}\" has no version {}", wanted.name, number.value);
  versions = policy.Select(std::move(versions));
  for (const auto& [alias, number] : wanted.aliases)
    if (std::ranges::find(versions, number) == versions.end())
      return Error(Reason::kNotFound,
                   "alias \"{}\": version {} of model \"{}\" would not be served", alias,
                   number.value, wanted.name);
  return OkStatus();
}

}  // namespace

void Manager::PostRequest(std::function<Status()> act, std::function<void(Status)> done) {
  if (options_.control != ModelControl::kExplicit)
    return done(Error(Reason::kForbidden,
                      "models are loaded and unloaded on request only with "
                      "--model-control=explicit"));
  Post({std::move(act), std::move(done)});
}

void Manager::Load(std::string model, std::function<void(Status)> done) {
  PostRequest([this, model = std::move(model)] { return LoadNow(model); }, std::move(done));
}

void Manager::Unload(std::string model, std::function<void(Status)> done) {
  PostRequest([this, model = std::move(model)] { return UnloadNow(model, false); },
              std::move(done));
}

void Manager::UnloadWithMembers(std::string model, std::function<void(Status)> done) {
  PostRequest([this, model = std::move(model)] { return UnloadNow(model, true); }, std::move(done));
}

void Manager::UnloadVersion(std::string model, VersionNumber version,
                            std::function<void(Status)> done) {
  PostRequest(
      [this, model = std::move(model), version] { return UnloadVersionNow(model, version); },
      std::move(done));
}

void Manager::SetDefault(std::string model, VersionNumber version,
                         std::function<void(Status)> done) {
  PostRequest([this, model = std::move(model), version] { return SetDefaultNow(model, version); },
              std::move(done));
}

void Manager::Serve(std::vector<WantedModel> models, std::function<void(Status)> done) {
  PostRequest([this, models = std::move(models)] { return ServeNow(models); }, std::move(done));
}

std::set<std::string> Manager::MembersOf(const std::map<std::string, repository::FoundModel>& found,
                                         const std::string& model) {
  std::set<std::string> members;
  if (const auto entry = found.find(model); entry != found.end())
    for (const repository::EnsembleStep& step : entry->second.config.ensemble)
      members.insert(step.model);
  return members;
}

Status Manager::LoadNow(const std::string& model) {
  RETURN_IF_ERROR(ModelName::Parse(model).status());
  const auto found = ScanAll();
  const auto entry = found.find(model);
  if (entry == found.end())
    return Error(Reason::kNotFound, "model \"{}\" is in no repository", model);
  for (const std::string& member : MembersOf(found, model)) {
    const auto on_disk = found.find(member);
    const auto known = models_.find(member);
    if (on_disk != found.end() && (known == models_.end() || !known->second.wanted()))
      Follow(member, &on_disk->second, /*wanted=*/true);
  }
  ModelState& state = models_.try_emplace(model, model).first->second;
  Asked asked = state.asked();
  asked.unloaded.clear();
  state.Ask(std::move(asked));
  Follow(model, &entry->second, /*wanted=*/true);
  state.ForgetFailures();
  Settle();
  return state.Problem();
}

Status Manager::UnloadNow(const std::string& model, bool with_members) {
  RETURN_IF_ERROR(ModelName::Parse(model).status());
  const auto entry = models_.find(model);
  if (entry == models_.end() || !entry->second.wanted())
    return Error(Reason::kNotFound, "model \"{}\" is not loaded", model);
  const auto found = ScanAll();
  std::set<std::string> leaving = {model};
  if (with_members) leaving.merge(MembersOf(found, model));
  for (const std::string& name : leaving) {
    const auto known = models_.find(name);
    if (known == models_.end()) continue;
    known->second.Ask({});
    const auto on_disk = found.find(name);
    Follow(name, on_disk == found.end() ? nullptr : &on_disk->second, /*wanted=*/false);
  }
  Settle();
  return OkStatus();
}

StatusOr<ModelState*> Manager::FindServing(const std::string& model, VersionNumber version) {
  const auto entry = models_.find(model);
  if (entry == models_.end() || !entry->second.wanted())
    return Error(Reason::kNotFound, "model \"{}\" is not loaded", model);
  if (entry->second.Entry()->Find(version) == nullptr)
    return Error(Reason::kNotFound, "model \"{}\" version {} is not served", model, version.value);
  return &entry->second;
}

// The repository is not read again: what else changed there is not to be loaded by this.
Status Manager::UnloadVersionNow(const std::string& model, VersionNumber version) {
  ASSIGN_OR_RETURN(ModelState* const state, FindServing(model, version));
  if (state->Entry()->ready.size() == 1) return UnloadNow(model, /*with_members=*/false);
  if ((*state->Entry()->Default())->number == version)
    return Error(Reason::kForbidden,
                 "version {} is the default of model \"{}\": expected one that is not",
                 version.value, model);
  Asked asked = state->asked();
  asked.unloaded.insert(version);
  state->Ask(std::move(asked));
  Settle();
  return OkStatus();
}

Status Manager::SetDefaultNow(const std::string& model, VersionNumber version) {
  ASSIGN_OR_RETURN(ModelState* const state, FindServing(model, version));
  Asked asked = state->asked();
  asked.default_version = version;
  state->Ask(std::move(asked));
  Publish();
  return OkStatus();
}

Status Manager::ServeNow(const std::vector<WantedModel>& models) {
  const auto found = ScanAll();
  std::set<std::string> names;
  for (const WantedModel& model : models) {
    RETURN_IF_ERROR(CheckWanted(model, found));
    names.insert(model.name);
    names.merge(MembersOf(found, model.name));
  }
  for (auto& [name, state] : models_)
    if (!names.contains(name)) state.Ask({});
  for (const WantedModel& model : models) {
    ModelState& state = models_.try_emplace(model.name, model.name).first->second;
    state.Ask({.policy = model.policy,
               .aliases = model.aliases,
               .default_version = state.asked().default_version});
  }
  for (const auto& [name, model] : found) Follow(name, &model, names.contains(name));
  for (const auto& [name, state] : models_)
    if (!found.contains(name)) Follow(name, nullptr, /*wanted=*/false);
  for (const std::string& name : names)
    if (const auto state = models_.find(name); state != models_.end())
      state->second.ForgetFailures();
  Settle();
  for (const WantedModel& model : models)
    RETURN_IF_ERROR(
        Annotate(models_.at(model.name).Problem(), fmt::format("model \"{}\"", model.name)));
  return OkStatus();
}

// Models that were asked for stay as they were then: the next request to load them looks again.
Status Manager::NoteWhatIsThere() {
  const auto found = ScanAll();
  for (const auto& [name, model] : found) {
    const auto state = models_.find(name);
    if (state == models_.end() || !state->second.wanted()) Follow(name, &model, /*wanted=*/false);
  }
  for (const auto& [name, state] : models_)
    if (!state.wanted() && !found.contains(name)) Follow(name, nullptr, /*wanted=*/false);
  Settle();
  return OkStatus();
}

}  // namespace slipway::lifecycle
