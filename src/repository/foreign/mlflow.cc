#include <filesystem>

#include "bundle/folder_model.h"
#include "repository/foreign/foreign_model.h"

namespace slipway::repository {
std::string NameOfFolder(const std::string& folder) {
  const auto path = std::filesystem::absolute(folder).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

StatusOr<ForeignModel> ReadMlflowModel(const std::string& path, std::string name) {
  ASSIGN_OR_RETURN(const auto folder, io::Folder::Open(path));
  return ReadMlflowModel(folder, std::move(name));
}

StatusOr<ForeignModel> ReadMlflowModel(const io::Folder& folder, std::string name) {
  ASSIGN_OR_RETURN(const io::File file, folder.OpenFile(bundle::kMlmodelName));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(bundle::kMaxFolderModelBytes));
  ForeignModel model{.name = std::move(name), .path = folder.path()};
  model.problem = bundle::ParseMlmodel(bytes.text()).status();
  return model;
}

}  // namespace slipway::repository
