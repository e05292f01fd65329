#pragma once
#include <string_view>

#include "base/status.h"
#include "lifecycle/serving_table.h"
#include "transport/http/exchange.h"

namespace slipway::torchserve {

/// The class that TorchServe's error of that reason has: "BadRequestException".
/// @param model_known  tells ModelVersionNotFoundException from ModelNotFoundException.
std::string_view ErrorType(Reason reason, bool model_known);

/// Fills `response` as http::RespondWithError does, with TorchServe's body
/// {"code": 404, "type": "ModelNotFoundException", "message": "…"}.
void WriteError(const Status& why, bool model_known, std::string_view request_id,
                http::Response& response);

}  // namespace slipway::torchserve
