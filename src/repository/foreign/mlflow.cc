#include <fmt/format.h>

#include <filesystem>

#include "repository/foreign/foreign_model.h"
#include "text/yaml_tree.h"

namespace slipway::repository {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{256} << 10;

/// "sklearn, python_function": what the model can be loaded as.
std::string FlavorsOf(const YamlNode& flavors) {
  std::string names;
  for (size_t i = 0; i + 1 < flavors.items.size(); i += 2)
    names += (names.empty() ? "" : ", ") + flavors.items[i].text.substr(0, 100);
  return names;
}

Status ReadFlavors(const YamlNode& document, ForeignModel& model) {
  const YamlNode* flavors = document.Find("flavors");
  if (flavors == nullptr) return Error(Reason::kBadModel, "MLmodel: expected flavors, got none");
  const YamlNode* onnx = flavors->Find("onnx");
  if (onnx == nullptr)
    return Error(Reason::kUnsupported,
                 "MLmodel has the flavors {}: only onnx can be served yet, so convert the model "
                 "and save it with mlflow.onnx.save_model",
                 FlavorsOf(*flavors));
  const YamlNode* data = onnx->Find("data");
  const std::string file = data == nullptr ? "model.onnx" : data->text;
  if (const Status fine = io::CheckRelativeName(file); !fine.ok())
    return Annotate(fine, "MLmodel: flavors: onnx: data");
  model.path += "/" + file;
  return OkStatus();
}

}  // namespace

std::string NameOfFolder(const std::string& folder) {
  const auto path = std::filesystem::absolute(folder).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

StatusOr<ForeignModel> ReadMlflowModel(const std::string& path, std::string name) {
  ASSIGN_OR_RETURN(const auto folder, io::Folder::Open(path));
  return ReadMlflowModel(folder, std::move(name));
}

StatusOr<ForeignModel> ReadMlflowModel(const io::Folder& folder, std::string name) {
  ASSIGN_OR_RETURN(const io::File file, folder.OpenFile("MLmodel"));
  ForeignModel model{.name = std::move(name), .path = folder.path()};
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxBytes));
  const auto document = ParseYaml(bytes.text(), "MLmodel");
  model.problem = document.ok() ? ReadFlavors(*document, model)
                                : MakeError(Reason::kBadModel, MessageOf(document.status()));
  return model;
}

}  // namespace slipway::repository
