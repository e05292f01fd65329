#pragma once
// MLflow's file store: runs, logged models and the registry as folders ("mlruns").

#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::repository {

/// True for the addresses that LocateInMlflowStore takes.
bool IsMlflowUri(std::string_view uri);

/// What a model of the store is called where nothing else names it: "wine" of "models:/wine/2",
/// "model" of "runs:/1a/model".
std::string NameOfMlflowUri(std::string_view uri);

/// The folder with the MLmodel that `uri` means: "models:/NAME/VERSION", "models:/NAME/latest",
/// "models:/NAME/STAGE", "models:/NAME@ALIAS", "models:/m-ID", "runs:/RUN/PATH".
/// @param store  the store's folder. A model whose recorded place is gone is looked for in it too:
/// stores are copied and mounted.
/// @return kNotFound naming what the store does not hold; kBadModel for an address of another form.
/// Source: mlflow/mlflow, mlflow/store/tracking/file_store.py, store/model_registry/file_store.py
StatusOr<std::string> LocateInMlflowStore(const std::string& store, std::string_view uri);

}  // namespace slipway::repository
