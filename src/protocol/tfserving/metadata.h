#pragma once
// What is told about a model, as the server's protobuf messages look in JSON: pure functions, each
// appends one JSON value.
// Source: TensorFlow Serving apis/get_model_status.proto, get_model_metadata.proto

#include <span>
#include <string>
#include <string_view>

#include "lifecycle/serving_table.h"
#include "tensor/signature.h"

namespace slipway::tfserving {

/// {"model_version_status":[…]}.
/// @param versions  in the order of the answer.
void WriteVersions(std::span<const lifecycle::VersionStatus> versions, std::string& out);

/// The same for a whole model, with KServe's "name" and "ready".
void WriteModel(std::string_view name, bool ready,
                std::span<const lifecycle::VersionStatus> versions, std::string& out);

/// {"model_spec":…,"metadata":{"signature_def":…}} with the one signature kSignatureName.
void WriteMetadata(std::string_view name, std::string_view version, const Signature& signature,
                   std::string& out);

}  // namespace slipway::tfserving
