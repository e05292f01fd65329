#pragma once
// Reading the JSON files of a bundle.

#include <fmt/format.h>

#include <string_view>

#include "base/status.h"
#include "text/json_fields.h"

namespace slipway::bundle {

/// What was wrong with a request is, in a stored file, wrong with the model: "manifest.json: …",
/// kBadModel.
inline Status AsBadModel(const Status& status, std::string_view file) {
  if (status.ok()) return status;
  const Reason reason = ReasonOf(status);
  return MakeError(reason == Reason::kBadRequest ? Reason::kBadModel : reason,
                   fmt::format("{}: {}", file, MessageOf(status)));
}

}  // namespace slipway::bundle
