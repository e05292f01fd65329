#include "bundle/open.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "bundle/folder_model.h"
#include "bundle/manifest.h"
#include "bundle/mar.h"
#include "import/formats.h"
#include "io/digest.h"
#include "io/tar.h"
#include "io/without_folder.h"

namespace slipway::bundle {
namespace {

std::string FolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// `path` as seen from `root`, by spelling alone: the kernel checks where it leads.
StatusOr<std::string> RelativeTo(std::string_view root, std::string_view path) {
  while (root.size() > 1 && root.ends_with('/')) root.remove_suffix(1);
  const bool below = path.starts_with(root) &&
                     (path.size() == root.size() || root == "/" || path[root.size()] == '/');
  if (!below)
    return Error(Reason::kBadModel, "\"{}\" does not lie beneath its repository",
                 std::filesystem::path(path).filename().string());
  path.remove_prefix(root.size());
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return std::string(path.empty() ? "." : path);
}

// Opens by path, beneath a root where there is one.
class Opener {
 public:
  static StatusOr<Opener> Create(const std::string& root) {
    Opener opener;
    opener.root_path_ = root;
    if (!root.empty()) {
      auto folder = io::Folder::OpenResolved(root);
      if (!folder.ok())
        return MakeError(
            ReasonOf(folder.status()),
            io::WithoutFolder(std::string(MessageOf(folder.status())), FolderOf(root)));
      opener.root_ = *std::move(folder);
    }
    return opener;
  }
  StatusOr<io::Folder> OpenFolder(const std::string& path) const {
    if (!root_) return io::Folder::Open(path);
    ASSIGN_OR_RETURN(const std::string relative, RelativeTo(root_path_, path));
    return root_->OpenFolder(relative);
  }
  StatusOr<io::File> OpenFile(const std::string& path) const {
    if (!root_) return io::File::Open(path);
    ASSIGN_OR_RETURN(const std::string relative, RelativeTo(root_path_, path));
    return root_->OpenFile(relative);
  }

 private:
  std::string root_path_;
  std::optional<io::Folder> root_;
};

// A packed pickle begins like a packed tar: its name tells.
StatusOr<bool> IsTar(const io::File& file, std::string_view name) {
  if (importing::HasModelEnding(name)) return false;
  std::array<std::byte, 512> start;
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(0, start));
  return io::LooksLikeTar({reinterpret_cast<const char*>(start.data()), got});
}

/// The file `said.file` beneath `folder`.
StatusOr<Located> LocateSaid(const io::Folder& folder, FolderModel said) {
  auto file = folder.OpenFile(said.file);
  if (!file.ok() && ReasonOf(file.status()) == Reason::kNotFound)
    return Error(Reason::kBadModel, "the model's file \"{}\" is missing", said.file);
  RETURN_IF_ERROR(file.status());
  const std::filesystem::path path(said.file);
  const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
  ASSIGN_OR_RETURN(io::Folder around, folder.OpenFolder(parent));
  Located located{Located::Kind::kPlain,
                  std::make_unique<FolderContent>(std::move(around), *std::move(file))};
  // The oldest files of XGBoost look like nothing; MLflow called them model.xgb.
  located.file_name = said.flavor == "xgboost" ? "model.bst" : path.filename().string();
  located.said = std::move(said);
  return located;
}

ManifestFile FactsOf(std::string_view name, const io::Bytes& text) {
  return {std::string(name), text.size(), io::Sha256Hex(text.span())};
}

StatusOr<Located> LocateMlmodel(const io::Folder& folder, const io::Bytes& text) {
  ASSIGN_OR_RETURN(FolderModel said, ParseMlmodel(text.text()));
  ASSIGN_OR_RETURN(Located located, LocateSaid(folder, std::move(said)));
  located.saying = FactsOf(kMlmodelName, text);
  return located;
}

/// The first file that the runtime looks for in a folder.
StatusOr<std::string> UsualFile(const io::Folder& folder, const ModelSettings& settings) {
  const Runtime runtime = RuntimeOf(settings.implementation);
  for (const std::string_view name : runtime.files) {
    if (name.empty()) break;
    ASSIGN_OR_RETURN(const auto facts, folder.Stat(name));
    if (facts && facts->kind == io::FileFacts::Kind::kRegular) return std::string(name);
  }
  return Error(Reason::kBadModel,
               "{}: expected a uri that names the model's file, got \"{}\" with implementation "
               "\"{}\"",
               kModelSettingsName, settings.uri, settings.implementation);
}

StatusOr<io::Bytes> ReadSmall(const io::Folder& folder, std::string_view name) {
  ASSIGN_OR_RETURN(const io::File file, folder.OpenFile(name));
  return file.ReadAll(kMaxFolderModelBytes);
}

StatusOr<Located> LocateSettings(const io::Folder& folder, const io::Bytes& text) {
  ASSIGN_OR_RETURN(const ModelSettings settings, ParseModelSettings(text.text()));
  FolderModel said = settings.folder_model();
  said.file = settings.PlaceBeneath(folder.path());
  if (said.file.empty())
    return Error(Reason::kUnsupported,
                 "{}: uri \"{}\": expected a file or folder beneath that of {}", kModelSettingsName,
                 settings.uri, kModelSettingsName);
  const auto inner = folder.OpenFolder(said.file);
  if (inner.ok()) {
    const auto mlmodel = ReadSmall(*inner, kMlmodelName);
    if (mlmodel.ok()) return LocateMlmodel(*inner, *mlmodel);
    ASSIGN_OR_RETURN(const std::string usual, UsualFile(*inner, settings));
    said.file += "/" + usual;
  }
  ASSIGN_OR_RETURN(Located located, LocateSaid(folder, std::move(said)));
  located.saying = FactsOf(kModelSettingsName, text);
  return located;
}

/// What `name` in `folder` says is the model; nullopt when there is no such file.
using LocateBy = StatusOr<Located> (*)(const io::Folder&, const io::Bytes&);
StatusOr<std::optional<Located>> LocateBySaying(const io::Folder& folder, std::string_view name,
                                                LocateBy locate) {
  const auto text = ReadSmall(folder, name);
  if (!text.ok() && ReasonOf(text.status()) == Reason::kNotFound) return std::optional<Located>();
  RETURN_IF_ERROR(text.status());
  ASSIGN_OR_RETURN(Located located, locate(folder, *text));
  return std::optional(std::move(located));
}

// Messages end up where clients see them: they name the last part of the path only.
StatusOr<Located> LocateFolder(io::Folder folder, const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  ASSIGN_OR_RETURN(const auto manifest, folder.Stat(kManifestName));
  if (manifest) {
    return Located{Located::Kind::kFolder, std::make_unique<FolderContent>(std::move(folder))};
  }
  ASSIGN_OR_RETURN(auto mlflow, LocateBySaying(folder, kMlmodelName, LocateMlmodel));
  if (mlflow) return *std::move(mlflow);
  ASSIGN_OR_RETURN(const auto saved_model, folder.Stat("saved_model.pb"));
  if (saved_model) {
    return Error(Reason::kUnsupported,
                 "folder \"{}\" is a TensorFlow SavedModel, which is not supported yet", name);
  }
  auto model = folder.OpenFile(kModelName);
  if (model.ok()) {
    return Located{Located::Kind::kPlain,
                   std::make_unique<FolderContent>(std::move(folder), *std::move(model))};
  }
  if (ReasonOf(model.status()) != Reason::kNotFound) return model.status();
  ASSIGN_OR_RETURN(auto mlserver, LocateBySaying(folder, kModelSettingsName, LocateSettings));
  if (mlserver) return *std::move(mlserver);
  return Error(Reason::kBadModel,
               "folder \"{}\" holds neither \"{}\" nor \"{}\": expected a bundle, or a plain model "
               "named by its .onnx file",
               name, kManifestName, kModelName);
}

}  // namespace

StatusOr<Located> Locate(const std::string& path, const std::string& root,
                         uint64_t max_total_bytes) {
  ASSIGN_OR_RETURN(const Opener opener, Opener::Create(root));
  auto folder = opener.OpenFolder(path);
  if (folder.ok()) return LocateFolder(*std::move(folder), path);
  if (ReasonOf(folder.status()) != Reason::kNotFound) return folder.status();

  ASSIGN_OR_RETURN(io::File file, opener.OpenFile(path));
  ASSIGN_OR_RETURN(const bool tar, IsTar(file, path));
  if (tar) {
    ASSIGN_OR_RETURN(auto content, TarContent::Read(std::move(file), max_total_bytes));
    return Located{Located::Kind::kTar, std::move(content)};
  }
  if (path.ends_with(kArchiveEnding)) {
    ASSIGN_OR_RETURN(auto content, MarContent::Read(file, max_total_bytes));
    return Located{Located::Kind::kPlain, std::move(content), std::string(kModelName)};
  }
  ASSIGN_OR_RETURN(io::Folder parent, opener.OpenFolder(FolderOf(path)));
  return Located{Located::Kind::kPlain,
                 std::make_unique<FolderContent>(std::move(parent), std::move(file)),
                 std::filesystem::path(path).filename().string()};
}

}  // namespace slipway::bundle
