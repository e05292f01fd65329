#pragma once
// Name + version or alias → the version that answers.

#include <string_view>

#include "base/status.h"
#include "lifecycle/serving_table.h"

namespace slipway::routing {

/// @param version  "" or "latest" = the newest that is ready; digits = that version; else an alias.
/// @return kNotFound for a model, version or alias that is not known; kLoading (503) for one that
/// is
///   still on its way; kBadModel's message inside a kNotFound for one that was refused.
StatusOr<const lifecycle::VersionHandle*> Resolve(const lifecycle::ServingTable& table,
                                                  std::string_view model, std::string_view version);

/// Who answers where a request names no model: the only one there is. Valid as long as the table.
/// @return kLoading (503) or kNotFound when there is none, kNotFound naming some when there are
///   several.
StatusOr<std::string_view> OnlyModel(const lifecycle::ServingTable& table);

}  // namespace slipway::routing
