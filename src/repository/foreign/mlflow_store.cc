#include "repository/foreign/mlflow_store.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "bundle/folder_model.h"
#include "io/beneath.h"
#include "repository/repository.h"
#include "text/yaml_tree.h"

namespace slipway::repository {
namespace {

constexpr std::string_view kModels = "models:/";
constexpr std::string_view kRuns = "runs:/";
constexpr std::string_view kVersion = "version-";
constexpr uint64_t kMaxMetaBytes = uint64_t{1} << 20;

class Store {
 public:
  static StatusOr<Store> Open(const std::string& path) {
    auto folder = io::Folder::Open(path);
    if (!folder.ok()) return Annotate(folder.status(), "MLflow's store");
    return Store(*std::move(folder));
  }

  StatusOr<std::string> FindModel(std::string_view rest) const {
    if (const size_t at = rest.find('@'); at != rest.npos)
      return FindAlias(std::string(rest.substr(0, at)), std::string(rest.substr(at + 1)));
    const size_t slash = rest.find('/');
    if (slash == rest.npos) return FindLogged(std::string(rest));
    const std::string name(rest.substr(0, slash));
    const std::string which(rest.substr(slash + 1));
    RETURN_IF_ERROR(io::CheckRelativeName(name));
    if (VersionNumber::Parse(which)) return FindVersion(name, which);
    return FindNewest(name, which);
  }

  StatusOr<std::string> FindRun(std::string_view rest) const {
    const size_t slash = rest.find('/');
    if (slash == rest.npos)
      return Error(Reason::kBadModel, "expected runs:/RUN/PATH, got \"runs:/{}\"", rest);
    const std::string run(rest.substr(0, slash)), path(rest.substr(slash + 1));
    RETURN_IF_ERROR(io::CheckRelativeName(run));
    RETURN_IF_ERROR(io::CheckRelativeName(path));
    ASSIGN_OR_RETURN(const auto experiments, folder_.List(kMaxEntries));
    for (const std::string& experiment : experiments) {
      const std::string place = experiment + "/" + run;
      if (!IsThere(place)) continue;
      if (HasModel(place + "/artifacts/" + path)) return At(place + "/artifacts/" + path);
      return FindOutput(experiment, place, path);
    }
    return Error(Reason::kNotFound, "MLflow's store has no run \"{}\"", run);
  }

 private:
  explicit Store(io::Folder folder) : folder_(std::move(folder)) {}

  std::string At(const std::string& place) const { return folder_.path() + "/" + place; }
  bool IsThere(const std::string& place) const {
    const auto facts = folder_.Stat(place);
    return facts.ok() && *facts;
  }
  bool HasModel(const std::string& place) const {
    return IsThere(fmt::format("{}/{}", place, bundle::kMlmodelName));
  }

  StatusOr<std::string> ReadText(const std::string& place) const {
    ASSIGN_OR_RETURN(const io::File file, folder_.OpenFile(place));
    ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxMetaBytes));
    return std::string(bytes.text());
  }

  /// A text of the file meta.yaml in `place`; "" where there is none.
  StatusOr<std::string> ReadMeta(const std::string& place, std::string_view key) const {
    ASSIGN_OR_RETURN(const std::string text, ReadText(place + "/meta.yaml"));
    const auto meta = ParseYaml(text, "meta.yaml");
    if (!meta.ok()) return MakeError(Reason::kBadModel, MessageOf(meta.status()));
    const YamlNode* value = meta->Find(key);
    return value == nullptr ? std::string() : value->text;
  }

  StatusOr<std::string> FindAlias(const std::string& name, const std::string& alias) const {
    RETURN_IF_ERROR(io::CheckRelativeName(name));
    RETURN_IF_ERROR(io::CheckRelativeName(alias));
    auto version = ReadText(fmt::format("models/{}/aliases/{}", name, alias));
    if (!version.ok() && ReasonOf(version.status()) == Reason::kNotFound)
      return Error(Reason::kNotFound, "MLflow's store has no alias \"{}\" of a model \"{}\"", alias,
                   name);
    RETURN_IF_ERROR(version.status());
    while (version->ends_with('\n')) version->pop_back();
    return FindVersion(name, *version);
  }

  /// The newest version in a stage, or of all ("latest").
  StatusOr<std::string> FindNewest(const std::string& name, const std::string& stage) const {
    const auto entries = [&]() -> StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const io::Folder model, folder_.OpenFolder("models/" + name));
      return model.List(kMaxEntries);
    }();
    if (!entries.ok()) return NoSuch(name, stage);
    std::optional<VersionNumber> newest;
    for (const std::string_view entry : *entries) {
      if (!entry.starts_with(kVersion)) continue;
      const auto number = VersionNumber::Parse(entry.substr(kVersion.size()));
      if (!number || (newest && *number < *newest)) continue;
      const auto current = ReadMeta(fmt::format("models/{}/{}", name, entry), "current_stage");
      if (stage == "latest" || (current.ok() && *current == stage)) newest = number;
    }
    return newest ? FindVersion(name, newest->str()) : NoSuch(name, stage);
  }

  static Status NoSuch(const std::string& name, const std::string& version) {
    return Error(Reason::kNotFound, "MLflow's store has no version \"{}\" of a model \"{}\"",
                 version, name);
  }

  StatusOr<std::string> FindVersion(const std::string& name, const std::string& version) const {
    const std::string place = fmt::format("models/{}/{}{}", name, kVersion, version);
    if (!IsThere(place)) return NoSuch(name, version);
    for (const std::string_view key : {"storage_location", "source"}) {
      ASSIGN_OR_RETURN(const std::string location, ReadMeta(place, key));
      if (auto found = Follow(location)) return *std::move(found);
    }
    return Error(Reason::kNotFound,
                 "version \"{}\" of model \"{}\" is not where MLflow's store says", version, name);
  }

  /// What a location that the store recorded means now.
  std::optional<std::string> Follow(std::string location) const {
    if (location.empty()) return std::nullopt;  // not the working folder
    if (location.starts_with(kModels)) {
      auto logged = FindLogged(location.substr(kModels.size()));
      return logged.ok() ? std::optional(*std::move(logged)) : std::nullopt;
    }
    if (location.starts_with("file://")) location.erase(0, 7);
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::path(location) / bundle::kMlmodelName, ignored))
      return location;
    // The end of the path, as long as it lies beneath the store that it is in now.
    for (size_t at = location.find('/'); at != location.npos; at = location.find('/', at + 1)) {
      const std::string end = location.substr(at + 1);
      if (io::CheckRelativeName(end).ok() && HasModel(end)) return At(end);
    }
    return std::nullopt;
  }

  StatusOr<std::string> FindLogged(const std::string& id) const {
    RETURN_IF_ERROR(io::CheckRelativeName(id));
    ASSIGN_OR_RETURN(const auto experiments, folder_.List(kMaxEntries));
    for (const std::string& experiment : experiments) {
      const std::string place = fmt::format("{}/models/{}/artifacts", experiment, id);
      if (HasModel(place)) return At(place);
    }
    return Error(Reason::kNotFound, "MLflow's store has no logged model \"{}\"", id);
  }

  /// The model that a run logged under the name `path`.
  StatusOr<std::string> FindOutput(const std::string& experiment, const std::string& run,
                                   const std::string& path) const {
    const auto outputs = folder_.OpenFolder(run + "/outputs");
    const auto ids = outputs.ok() ? outputs->List(kMaxEntries)
                                  : StatusOr<std::vector<std::string>>(outputs.status());
    for (const std::string& id : ids.ok() ? *ids : std::vector<std::string>()) {
      const auto name = ReadMeta(fmt::format("{}/models/{}", experiment, id), "name");
      if (name.ok() && *name == path) return FindLogged(id);
    }
    return Error(Reason::kNotFound, "the run has no model \"{}\"", path);
  }

  io::Folder folder_;
};

}  // namespace

bool IsMlflowUri(std::string_view uri) {
  return uri.starts_with(kModels) || uri.starts_with(kRuns);
}

std::string NameOfMlflowUri(std::string_view uri) {
  if (uri.starts_with(kRuns)) return std::string(uri.substr(uri.rfind('/') + 1));
  uri.remove_prefix(kModels.size());
  return std::string(uri.substr(0, uri.find_first_of("/@")));
}

StatusOr<std::string> LocateInMlflowStore(const std::string& path, std::string_view uri) {
  ASSIGN_OR_RETURN(const Store store, Store::Open(path));
  if (uri.starts_with(kModels)) return store.FindModel(uri.substr(kModels.size()));
  if (uri.starts_with(kRuns)) return store.FindRun(uri.substr(kRuns.size()));
  return Error(Reason::kBadModel, "expected models:/NAME/VERSION or runs:/RUN/PATH, got \"{}\"",
               uri.substr(0, 100));
}

}  // namespace slipway::repository
