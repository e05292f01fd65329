#pragma once
// The facts as the JSON texts that GET routes answer: pure functions of plain structs. Each appends
// one JSON value to `out`.

#include <span>
#include <string>

#include "protocol/openinference/facts.h"

namespace slipway::openinference {

/// GET /v2
void Write(const ServerMetadata& metadata, std::string& out);
/// GET /v2/models/{m}
void Write(const ModelMetadata& metadata, std::string& out);
/// GET /v2/models/{m}/config: Triton's ModelConfig message as JSON.
void Write(const ModelConfigView& config, std::string& out);
/// GET /v2/models[/{m}[/versions/{v}]]/stats
void Write(std::span<const ModelStatistics> models, std::string& out);
/// GET /v2/logging
void Write(const LogSettings& settings, std::string& out);
/// POST /v2/repository/index
void Write(std::span<const IndexEntry> index, std::string& out);

}  // namespace slipway::openinference
