#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/foreign/foreign_model.h"

namespace slipway::repository {

/// What lies at a path that some model server serves from.
struct Layout {
  std::string_view server;  // "tfserving", "torchserve", "mlserver", "mlflow"; "repository": a
                            // layout of OpenSource's, as Triton and TensorFlow Serving have them
  std::vector<ForeignModel> models;  // none for "repository"
};

/// Recognises a folder by what is in it, and a configuration file by its name and text:
/// TensorFlow Serving's model_config_list, TorchServe's properties, archives and stores, MLServer's
/// settings, MLflow's MLmodel.
/// @return kNotFound; kBadModel saying what was expected; what reading it says.
StatusOr<Layout> RecogniseLayout(const std::string& path);

}  // namespace slipway::repository
