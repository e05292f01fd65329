#pragma once
// What is told about a model over gRPC: pure functions, each appends a message.
// Source: tensorflow_serving/apis/get_model_status.proto, get_model_metadata.proto

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "lifecycle/serving_table.h"
#include "protocol/tfserving/model_spec.h"

namespace slipway::tfserving {

/// @return the ModelSpec of a GetModelMetadataRequest; kBadRequest when there is none, when no
/// field
///   is asked for, or another than "signature_def".
StatusOr<ModelSpec> ReadMetadataRequest(std::string_view message);

/// A GetModelMetadataResponse with the one signature kSignatureName.
void WriteMetadataMessage(const lifecycle::ServedVersion& version, std::string& out);

/// @return the ModelSpec of a GetModelStatusRequest; kBadRequest when there is none.
StatusOr<ModelSpec> ReadStatusRequest(std::string_view message);

/// A GetModelStatusResponse. @param versions  in the order of the answer.
void WriteStatusMessage(std::span<const lifecycle::VersionStatus> versions, std::string& out);

}  // namespace slipway::tfserving
