#pragma once
// PredictionsRequest, and PredictionResponse. Source: proto/torchserve/inference.proto

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "transport/http/multipart.h"

namespace slipway::torchserve {

struct PredictionMessage {
  std::string model;
  std::string version;                // "" = the newest
  std::vector<http::FormPart> input;  // at least one, borrowed; of one name only the last counts
};

/// @return kBadRequest: malformed, no model, no input or more than http::kMaxFormParts, a name that
///   is not UTF-8.
StatusOr<PredictionMessage> ReadPredictionMessage(std::string_view message);

}  // namespace slipway::torchserve
