#include <fmt/format.h>

#include <filesystem>

#include "base/ids.h"
#include "bundle/folder_model.h"
#include "repository/foreign/foreign_model.h"
#include "repository/repository.h"

namespace slipway::repository {
namespace {

using bundle::ModelSettings;

constexpr std::string_view kSettings = bundle::kModelSettingsName;
constexpr size_t kMaxDepth = 8;

/// What a version is called, as a number or an alias of version 1: "v0.1.0" is one.
void SayVersion(const std::string& version, ForeignModel& model) {
  if (version.empty() || version == "1") return;
  if (IsAlias(version))
    model.aliases.push_back(fmt::format("{}@{}=1", model.name, version));
  else
    model.notes.push_back(fmt::format("its version \"{}\" is version 1 here", version));
}

/// What MLflow saved in `folder` or beneath it.
StatusOr<ForeignModel> ReadSaved(const io::Folder& folder, const std::string& place,
                                 const std::string& name) {
  if (place == ".") return ReadMlflowModel(folder, name);
  ASSIGN_OR_RETURN(const auto saved, folder.OpenFolder(place));
  return ReadMlflowModel(saved, name);
}

void Locate(const ModelSettings& settings, const io::Folder& folder, ForeignModel& model) {
  const std::string& uri = settings.uri;
  const std::string place = settings.PlaceBeneath(folder.path());
  if (uri.find("://") != std::string::npos) {
    model.problem =
        Error(Reason::kUnsupported, "uri \"{}\": models elsewhere are not read yet", uri);
  } else if (uri.ends_with(".onnx")) {
    model.path = (std::filesystem::path(folder.path()) / (place.empty() ? uri : place)).string();
  } else if (place.empty()) {
    model.problem =
        Error(Reason::kUnsupported,
              "uri \"{}\": expected an .onnx file, or a file or folder beneath that of {}", uri,
              kSettings);
  } else if (auto saved = ReadSaved(folder, place, model.name); saved.ok()) {
    model.problem = saved->problem;
  } else if (bundle::RuntimeOf(settings.implementation).implementation.empty()) {
    model.problem = Error(
        Reason::kUnsupported,
        "{}: only MLServer's runtimes for scikit-learn, XGBoost, LightGBM, CatBoost and MLflow, "
        "and .onnx files, are served: code of your own does not run here",
        settings.implementation.empty() ? "no implementation is named" : settings.implementation);
  }
}

ForeignModel ModelFrom(const ModelSettings& settings, const io::Folder& folder) {
  ForeignModel model{.name = settings.name, .path = folder.path()};
  if (model.name.empty()) {
    model.name = NameOfFolder(folder.path());
    model.problem = Error(Reason::kBadModel, "{}: expected a name", kSettings);
    return model;
  }
  for (const std::string& setting : settings.ignored)
    model.notes.push_back(setting + " has no effect");
  Locate(settings, folder, model);
  SayVersion(settings.version, model);
  return model;
}

class Finder {
 public:
  explicit Finder(std::string root) { folders_.push_back({std::move(root), 0}); }

  StatusOr<std::vector<ForeignModel>> Find() && {
    for (size_t i = 0; i < folders_.size(); ++i) {  // grows
      const auto [path, depth] = folders_[i];
      const auto folder = io::Folder::Open(path);
      if (!folder.ok() && depth == 0) return folder.status();
      if (folder.ok()) RETURN_IF_ERROR(Look(*folder, path, depth));
    }
    return std::move(models_);
  }

 private:
  Status Look(const io::Folder& folder, const std::string& path, size_t depth) {
    ASSIGN_OR_RETURN(const auto names, folder.List(kMaxFolderEntries));
    for (const std::string& name : names) {
      if (name == kSettings) Take(folder);
      const auto facts = folder.Stat(name);
      if (name.starts_with('.') || depth == kMaxDepth || !facts.ok() || !*facts ||
          (*facts)->kind != io::FileFacts::Kind::kFolder)
        continue;
      if (folders_.size() == kMaxFolderEntries)
        return Error(Reason::kTooLarge, "expected at most {} folders, got more", kMaxFolderEntries);
      folders_.push_back({path + "/" + name, depth + 1});
    }
    return OkStatus();
  }

  void Take(const io::Folder& folder) {
    const auto settings = [&]() -> StatusOr<ModelSettings> {
      ASSIGN_OR_RETURN(const io::File file, folder.OpenFile(kSettings));
      ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(bundle::kMaxFolderModelBytes));
      return bundle::ParseModelSettings(bytes.text());
    }();
    if (settings.ok()) {
      models_.push_back(ModelFrom(*settings, folder));
      return;
    }
    ForeignModel broken{.name = NameOfFolder(folder.path()), .path = folder.path()};
    broken.problem = settings.status();
    models_.push_back(std::move(broken));
  }

  struct Place {
    std::string path;
    size_t depth;
  };
  std::vector<Place> folders_;
  std::vector<ForeignModel> models_;
};

}  // namespace

StatusOr<std::vector<ForeignModel>> ReadMlserverModels(const std::string& folder) {
  return Finder(folder).Find();
}

}  // namespace slipway::repository
