#include "repository/foreign/layout.h"

#include <algorithm>
#include <filesystem>

#include "io/beneath.h"
#include "repository/foreign/properties.h"
#include "repository/repository.h"

namespace slipway::repository {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 20;

StatusOr<Layout> Mlflow(const std::string& folder) {
  ASSIGN_OR_RETURN(auto model, ReadMlflowModel(folder, NameOfFolder(folder)));
  return Layout{"mlflow", {std::move(model)}};
}

StatusOr<Layout> Mlserver(const std::string& folder) {
  ASSIGN_OR_RETURN(auto models, ReadMlserverModels(folder));
  return Layout{"mlserver", std::move(models)};
}

StatusOr<Layout> Torchserve(const std::string& store, const std::vector<std::string>& wanted) {
  ASSIGN_OR_RETURN(auto models, ReadTorchserveModels(store, wanted));
  return Layout{"torchserve", std::move(models)};
}

/// Whether `entry` is what only TorchServe serves.
bool IsArchive(const io::Folder& folder, const std::string& entry) {
  if (entry.ends_with(".mar")) return true;
  const auto manifest = folder.Stat(entry + "/MAR-INF/MANIFEST.json");
  return manifest.ok() && *manifest;
}

StatusOr<Layout> RecogniseFolder(const std::string& path, const io::Folder& folder) {
  ASSIGN_OR_RETURN(const auto names, folder.List(kMaxEntries));
  if (std::binary_search(names.begin(), names.end(), "MLmodel")) return Mlflow(path);
  if (std::any_of(names.begin(), names.end(),
                  [&](const std::string& name) { return IsArchive(folder, name); }))
    return Torchserve(path, {"all"});
  ASSIGN_OR_RETURN(Layout mlserver, Mlserver(path));
  return mlserver.models.empty() ? Layout{"repository", {}} : std::move(mlserver);
}

StatusOr<Layout> RecogniseProperties(std::string_view text, const std::string& path) {
  std::string store;
  std::vector<std::string> wanted = {"all"};
  for (const Property& property : ParseProperties(text)) {
    if (property.name == "model_store") store = property.value;
    if (property.name == "load_models") wanted = SplitAtCommas(property.value);
  }
  if (store.empty())
    return Error(Reason::kBadModel, "{}: expected model_store, which names the models' folder",
                 path);
  return Torchserve(store, wanted);
}

StatusOr<Layout> RecogniseFile(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  if (name.ends_with(".onnx")) return Layout{"repository", {}};
  if (name.ends_with(".mar")) return Torchserve(folder, {name});
  if (name == "MLmodel") return Mlflow(folder);
  if (name == "settings.json" || name == "model-settings.json") return Mlserver(folder);
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path.string()));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxBytes));
  if (name.ends_with(".properties")) return RecogniseProperties(bytes.text(), path.string());
  if (bytes.text().find("model_config_list") == std::string_view::npos)
    return Error(Reason::kBadModel,
                 "{}: expected a folder of models, a model_config_list of TensorFlow Serving, "
                 "TorchServe's config.properties, MLServer's settings or an MLmodel",
                 path.string());
  ASSIGN_OR_RETURN(auto models, ReadTfservingModels(bytes.text(), path.string()));
  return Layout{"tfserving", std::move(models)};
}

}  // namespace

StatusOr<Layout> RecogniseLayout(const std::string& given) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto folder = io::Folder::Open(path);
  return folder.ok() ? RecogniseFolder(path, *folder) : RecogniseFile(path);
}

}  // namespace slipway::repository
