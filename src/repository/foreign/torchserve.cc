#include <fmt/format.h>

#include <algorithm>

#include "bundle/artifact.h"
#include "bundle/mar.h"
#include "io/beneath.h"
#include "repository/foreign/foreign_model.h"
#include "repository/repository.h"

namespace slipway::repository {
namespace {

constexpr std::string_view kNoHandler =
    "its handler does not run: requests and answers are the model's tensors";
constexpr std::string_view kArchiveEndings[] = {".mar", ".tar.gz", ".model"};

/// "digits" of "digits.onnx" and "digits.mar".
std::string NameOf(std::string_view file) {
  for (const std::string_view ending : {".onnx", ".mar", ".tar.gz", ".model"})
    if (file.ends_with(ending)) return std::string(file.substr(0, file.size() - ending.size()));
  return std::string(file);
}

bool IsArchive(std::string_view file) {
  return std::any_of(std::begin(kArchiveEndings), std::end(kArchiveEndings),
                     [&](std::string_view ending) { return file.ends_with(ending); });
}

/// The one .onnx file of an archive that is a folder.
Status LookIntoArchive(const io::Folder& store, const std::string& entry, ForeignModel& model) {
  ASSIGN_OR_RETURN(const auto folder, store.OpenFolder(entry));
  ASSIGN_OR_RETURN(auto names, folder.List(kMaxFolderEntries));
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".onnx"); });
  if (names.size() != 1)
    return Error(Reason::kUnsupported,
                 "archive \"{}\" holds {} .onnx files, expected one: only ONNX can be served yet, "
                 "so export the model with torch.onnx.export",
                 entry, names.size());
  model.path += "/" + names.front();
  model.notes.emplace_back(kNoHandler);
  return OkStatus();
}

Status Look(const io::Folder& store, const std::string& entry, ForeignModel& model) {
  if (entry.find("://") != std::string::npos)
    return Error(Reason::kUnsupported, "\"{}\": models elsewhere are not read yet", entry);
  RETURN_IF_ERROR(io::CheckRelativeName(entry));
  ASSIGN_OR_RETURN(const auto facts, store.Stat(entry));
  if (!facts) return Error(Reason::kNotFound, "\"{}\" is not in the model store", entry);
  if (facts->kind == io::FileFacts::Kind::kFolder) return LookIntoArchive(store, entry, model);
  if (entry.ends_with(".onnx")) return OkStatus();
  if (!entry.ends_with(bundle::kArchiveEnding))
    return Error(
        Reason::kUnsupported,
        "\"{}\" is an archive in a form that is not read: put the .onnx file in it into the "
        "model store, or make a .mar of it",
        entry);
  ASSIGN_OR_RETURN(const io::File archive, store.OpenFile(entry));
  const auto content = bundle::MarContent::Read(archive, bundle::OpenLimits().max_total_bytes);
  if (!content.ok()) return Annotate(content.status(), entry);
  model.notes.emplace_back(kNoHandler);
  return OkStatus();
}

ForeignModel ModelAt(const io::Folder& store, const std::string& path, const std::string& entry,
                     std::string name) {
  ForeignModel model{.name = name.empty() ? NameOf(entry) : std::move(name),
                     .path = fmt::format("{}/{}", path, entry)};
  model.problem = Look(store, entry, model);
  return model;
}

/// What TorchServe takes under "all", and .onnx files.
StatusOr<std::vector<ForeignModel>> All(const io::Folder& store, const std::string& path) {
  ASSIGN_OR_RETURN(const auto names, store.List(kMaxFolderEntries));
  std::vector<ForeignModel> models;
  for (const std::string& name : names) {
    if (name.starts_with('.')) continue;
    const auto manifest = store.Stat(name + "/MAR-INF/MANIFEST.json");
    if (IsArchive(name) || name.ends_with(".onnx") || (manifest.ok() && *manifest))
      models.push_back(ModelAt(store, path, name, ""));
  }
  return models;
}

}  // namespace

StatusOr<std::vector<ForeignModel>> ReadTorchserveModels(const std::string& path,
                                                         const std::vector<std::string>& wanted) {
  ASSIGN_OR_RETURN(const auto store, io::Folder::Open(path));
  std::vector<ForeignModel> models;
  for (const std::string& text : wanted) {
    if (text == "all" || text == "ALL") return All(store, path);
    const size_t equals = text.find('=');
    if (equals == std::string::npos)
      models.push_back(ModelAt(store, path, text, ""));
    else
      models.push_back(ModelAt(store, path, text.substr(equals + 1), text.substr(0, equals)));
  }
  return models;
}

}  // namespace slipway::repository
