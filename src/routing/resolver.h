#pragma once
// Name + version or alias → the version that answers.

#include <string_view>

#include "base/status.h"
#include "lifecycle/serving_table.h"

namespace slipway::routing {

/// @param version  "" = the model's default; "latest" = the newest that is ready; digits = that
///   version; else an alias.
/// @return kNotFound for a model, version or alias that is not known; kLoading (503) for one that
/// is
///   still on its way; kBadModel's message inside a kNotFound for one that was refused.
StatusOr<const lifecycle::VersionHandle*> Resolve(const lifecycle::ServingTable& table,
                                                  std::string_view model, std::string_view version);

}  // namespace slipway::routing
