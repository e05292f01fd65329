#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/personality/translation.h"
#include "repository/foreign/foreign_model.h"

namespace slipway::cli {

/// Serves those of `models` that can be; the others, and what is said of them without effect, are
/// notes. Refused when none can be.
/// @param where  what named them
void TakeModels(const StatusOr<std::vector<repository::ForeignModel>>& models,
                std::string_view where, Translation& out);

/// The text of a configuration file of at most 1 MiB. kNotFound; kTooLarge; kIo.
StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace slipway::cli
