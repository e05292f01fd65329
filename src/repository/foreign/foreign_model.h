#pragma once
// What other model servers' folders and configuration files hold, said as Slipway's settings.
// docs/switching.md lists what is read. Nothing a file names is opened but beneath its own folder,
// and no model is.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/beneath.h"

namespace slipway::repository {

/// One model as the other server's files name it.
struct ForeignModel {
  std::string name;
  std::string path;                        // what lies there OpenSource takes, when problem is OK
  std::vector<std::string> versions = {};  // "NAME=all", for Choices::AddVersions
  std::vector<std::string> aliases = {};   // "NAME@stable=3", for Choices::AddAlias
  std::vector<std::string> notes = {};     // what is said and has no effect: a sentence each
  Status problem = OkStatus();             // why it cannot be served

  /// "NAME=PATH", for OpenSource.
  std::string place() const { return name + "=" + path; }
};

/// A text of TensorFlow Serving's ModelServerConfig: the models of its model_config_list.
/// @param file  for messages.
/// @return kBadModel naming the line. What one model alone cannot have is that model's problem.
/// Source: tensorflow/serving, config/model_server_config.proto
StatusOr<std::vector<ForeignModel>> ReadTfservingModels(std::string_view text,
                                                        std::string_view file);

/// Each model-settings.json in `folder` and below, at most 8 levels, as MLServer looks for them.
/// Paths in them are taken from their folder. An .onnx file may lie elsewhere, where allowed_roots
/// of OpenSource let it; other models lie beneath the folder of their settings.
/// @return kNotFound when the folder is not there; kTooLarge above 10,000 entries.
/// Source: SeldonIO/MLServer, mlserver/settings.py, mlserver/repository/
StatusOr<std::vector<ForeignModel>> ReadMlserverModels(const std::string& folder);

/// The folder of a model that MLflow saved: what bundle::ParseMlmodel takes is served.
/// @return kNotFound when there is no MLmodel.
StatusOr<ForeignModel> ReadMlflowModel(const std::string& folder, std::string name);
StatusOr<ForeignModel> ReadMlflowModel(const io::Folder& folder, std::string name);

/// The only file in `folder` with one of `endings`, as KServe's own servers look for it; a path of
/// "" where there is none: folders beneath are models then.
/// @return kNotFound when the folder is not there; kBadModel naming two files; kBadRequest for what
///   is no name.
/// Source: kserve/kserve, python/sklearnserver/sklearnserver/model.py and its neighbours
StatusOr<ForeignModel> ReadKserveModel(const std::string& folder, std::string name,
                                       std::span<const std::string_view> endings);

/// What a model without a name of its own is called: "wine" of "/models/wine", and of "." there.
std::string NameOfFolder(const std::string& folder);

/// What `wanted` names of a TorchServe model store, in its words: "all", "FILE" or "NAME=FILE".
/// .onnx files and unpacked archives (MAR-INF/MANIFEST.json) with one in them can be served.
/// @return kNotFound when the store is not there.
/// Source: pytorch/serve, frontend ModelServer.java, model-archiver's manifest
StatusOr<std::vector<ForeignModel>> ReadTorchserveModels(const std::string& store,
                                                         const std::vector<std::string>& wanted);

}  // namespace slipway::repository
