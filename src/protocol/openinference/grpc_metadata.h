#pragma once
// The facts as the messages that gRPC methods answer. `answer` is empty before.

#include <span>

#include "protocol/openinference/facts.h"

namespace inference {
class ModelConfigResponse;
class ModelMetadataResponse;
class ModelStatisticsResponse;
class RepositoryIndexResponse;
class ServerMetadataResponse;
}  // namespace inference

namespace slipway::openinference {

void Fill(const ServerMetadata& metadata, inference::ServerMetadataResponse& answer);
void Fill(const ModelMetadata& metadata, inference::ModelMetadataResponse& answer);
void Fill(const ModelConfigView& config, inference::ModelConfigResponse& answer);
void Fill(std::span<const ModelStatistics> models, inference::ModelStatisticsResponse& answer);
void Fill(std::span<const IndexEntry> index, inference::RepositoryIndexResponse& answer);

}  // namespace slipway::openinference
