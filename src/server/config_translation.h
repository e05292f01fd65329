#pragma once
// The configuration in the words of the rooms that it is for.

#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "lifecycle/manager.h"
#include "protocol/azureml/routes.h"
#include "protocol/dialect/model_registration.h"
#include "protocol/instances/csv_table.h"
#include "protocol/openinference/routes.h"
#include "repository/choices.h"
#include "server/config.h"
#include "server/resources.h"
#include "telemetry/metrics.h"
#include "transport/http/server.h"

namespace slipway::server {

/// A number that was configured, else the other: 0 says "not configured".
int Or(int64_t configured, int otherwise);

lifecycle::ModelControl ToLifecycle(ModelControl control);
instances::CsvHeader ToInstances(CsvHeader header);
MetricNames ToTelemetry(MetricsDialect dialect);
openinference::Habit ToOpenInference(OpenInferenceDialect dialect);
azureml::Options ToAzureml(const Config& config);
http::Limits ToHttpLimits(const Config& config, const Resources& resources);
/// Of zlib; 0 = none.
int ToLevel(GrpcCompression compression);

/// Bytes the process may take.
size_t MemoryLimit(const Config& config, const Resources& resources);
MemoryLimits RunMemory(const Config& config, const Resources& resources);

std::vector<dialect::Repository> RepositoriesOf(const ModelsConfig& config);

StatusOr<repository::Choices> ChoicesOf(const ModelsConfig& config);
/// What the configuration says of models, versions and aliases that are not among `known`, a
/// sentence each.
std::vector<std::string> UnmetChoices(const ModelsConfig& config,
                                      std::span<const repository::KnownModel> known);

}  // namespace slipway::server
