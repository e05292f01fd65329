#pragma once
// Folders in which another server's file says what the model is: MLflow's MLmodel, MLServer's
// model-settings.json. docs/formats/model-folders.md

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/signature.h"

namespace slipway::bundle {

inline constexpr std::string_view kMlmodelName = "MLmodel";
inline constexpr std::string_view kModelSettingsName = "model-settings.json";
inline constexpr uint64_t kMaxFolderModelBytes = uint64_t{1} << 20;

/// What lies in a folder that is a model itself: a bundle's manifest, or another server's file.
inline constexpr std::string_view kSayingNames[] = {"manifest.json", kMlmodelName,
                                                    kModelSettingsName};

inline bool SaysWhatTheModelIs(std::string_view name) {
  return std::ranges::count(kSayingNames, name) > 0;
}

/// Which file of a folder is the model, and what is known besides.
struct FolderModel {
  std::string flavor;    // "sklearn", "xgboost", "lightgbm", "catboost", "onnx"; "" = any
  std::string file;      // beneath the folder; "" = the folder's only model file
  std::string answer;    // the output that is given unless asked for others; "" = the first
  bool booster = false;  // `predict` is what Booster.predict gives (import/booster_answer.h)
  std::vector<ColumnSpec> columns = {};             // as the signature declares them
  std::map<std::string, std::string> lineage = {};  // "mlflow_version", "mlflow_run_id", …
};

/// Reads an MLmodel: the first of the flavors sklearn, xgboost, lightgbm, catboost and onnx.
/// @return kBadModel naming the line or field; kUnsupported naming the flavors when there is none
///   of these, or a column type that no model takes.
/// Source: mlflow/mlflow, mlflow/models/model.py, mlflow/types/schema.py
StatusOr<FolderModel> ParseMlmodel(std::string_view text);

/// One of MLServer's runtimes for models.
struct Runtime {
  std::string_view implementation;             // "mlserver_sklearn.SKLearnModel"; "" = another
  std::string_view flavor;                     // as FolderModel's
  std::array<std::string_view, 3> files = {};  // that it looks for where a folder is named
};

/// @return one without implementation for what is no runtime known here.
Runtime RuntimeOf(std::string_view implementation);

/// MLServer's settings of one model.
struct ModelSettings {
  std::string name;            // "" = none
  std::string implementation;  // "mlserver_sklearn.SKLearnModel"
  std::string uri;             // as written; "" = the folder
  std::string version;
  std::string predict_fn;                 // "" = predict
  std::vector<std::string> ignored = {};  // settings that have no effect here

  /// Its file is the uri.
  FolderModel folder_model() const;
  /// Where the uri leads from `folder`, "." for itself; "" when not beneath it.
  std::string PlaceBeneath(const std::string& folder) const;
};

/// Reads a model-settings.json. @return kBadModel naming the byte or field.
/// Source: SeldonIO/MLServer, mlserver/settings.py, runtimes/
StatusOr<ModelSettings> ParseModelSettings(std::string_view json);

}  // namespace slipway::bundle
