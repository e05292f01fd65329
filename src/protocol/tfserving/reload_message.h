#pragma once
// Another configuration of what is served: pure functions.
// Source: tensorflow_serving/apis/model_management.proto, config/model_server_config.proto

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "lifecycle/asked.h"
#include "protocol/dialect/model_registration.h"

namespace slipway::tfserving {

/// The models of a ReloadConfigRequest, each of which lies in one of `repositories` under its name.
/// @return kBadRequest naming the model and what was expected; kForbidden for a base_path that
/// leads
///   elsewhere; kNotOffered for what is known and cannot be honoured.
StatusOr<std::vector<lifecycle::WantedModel>> ReadReloadRequest(
    std::string_view message, std::span<const dialect::Repository> repositories);

/// Appends a ReloadConfigResponse that says that it was done.
void WriteReloadAnswer(std::string& out);

}  // namespace slipway::tfserving
