#pragma once
// The bodies of requests about the repository and the server's settings.
// Source: Triton docs/protocol/extension_{model_repository,logging,trace}.md

#include <string_view>

#include "base/status.h"

namespace slipway::openinference {

/// A parameter of a load, in JSON or a message.
/// @return kNotOffered naming "config" or "file:…": a client may not bring a model or its
/// configuration.
Status CheckLoadParameter(std::string_view name);

/// POST /v2/repository/index: an empty body or {"ready": true}.
/// @return whether only ready models are asked for.
StatusOr<bool> ReadIndexRequest(std::string_view body);

/// POST /v2/repository/models/{m}/load: an empty body or {"parameters": {…}}.
/// @return as CheckLoadParameter.
Status ReadLoadRequest(std::string_view body);

/// Triton's name for the members of an ensemble that is unloaded.
inline constexpr std::string_view kUnloadDependents = "unload_dependents";

/// POST /v2/repository/models/{m}/unload: an empty body or {"parameters": {"unload_dependents":
/// …}}. @return whether an ensemble's members are to go as well.
StatusOr<bool> ReadUnloadRequest(std::string_view body);

/// POST /v2/logging, /v2/trace/setting: an empty body or an object of settings by name.
/// @return whether it would set any.
StatusOr<bool> ReadSettings(std::string_view body);

}  // namespace slipway::openinference
