#include "server/config_translation.h"

#include <algorithm>
#include <filesystem>

#include "protocol/dialect/target.h"
#include "protocol/flask/body_format.h"
#include "protocol/flask/routes.h"
#include "protocol/invocations/body_format.h"
#include "protocol/invocations/routes.h"

namespace slipway::server {

int Or(int64_t configured, int otherwise) {
  return configured > 0 ? static_cast<int>(configured) : otherwise;
}

lifecycle::ModelControl ToLifecycle(ModelControl control) {
  switch (control) {
    case ModelControl::kNone:
      return lifecycle::ModelControl::kNone;
    case ModelControl::kPoll:
      return lifecycle::ModelControl::kPoll;
    case ModelControl::kExplicit:
      return lifecycle::ModelControl::kExplicit;
  }
  return lifecycle::ModelControl::kNone;
}

instances::CsvHeader ToInstances(CsvHeader header) {
  switch (header) {
    case CsvHeader::kAuto:
      return instances::CsvHeader::kAuto;
    case CsvHeader::kPresent:
      return instances::CsvHeader::kPresent;
    case CsvHeader::kAbsent:
      return instances::CsvHeader::kAbsent;
  }
  return instances::CsvHeader::kAuto;
}

MetricNames ToTelemetry(MetricsDialect dialect) {
  switch (dialect) {
    case MetricsDialect::kNone:
      return MetricNames::kOwn;
    case MetricsDialect::kTriton:
      return MetricNames::kTriton;
    case MetricsDialect::kTfserving:
      return MetricNames::kTfserving;
    case MetricsDialect::kTorchserve:
      return MetricNames::kTorchserve;
    case MetricsDialect::kMlserver:
      return MetricNames::kMlserver;
  }
  return MetricNames::kOwn;
}

openinference::Habit ToOpenInference(OpenInferenceDialect dialect) {
  switch (dialect) {
    case OpenInferenceDialect::kTriton:
      return openinference::Habit::kTriton;
    case OpenInferenceDialect::kMlserver:
      return openinference::Habit::kMlserver;
    case OpenInferenceDialect::kKserve:
      return openinference::Habit::kKserve;
  }
  return openinference::Habit::kTriton;
}

azureml::Options ToAzureml(const Config& config) {
  azureml::Options options{.liveness_route = config.azureml.liveness_route,
                           .readiness_route = config.azureml.readiness_route,
                           .scoring_route = config.azureml.scoring_route};
  if (config.azureml.scoring_body == ScoringBody::kFlask) {
    options.scoring_format = std::make_shared<const flask::BodyFormat>();
    options.scoring_contract = flask::PredictContract();
  } else {
    options.scoring_format =
        std::make_shared<const invocations::BodyFormat>(ToInstances(config.dialects.csv_header));
    options.scoring_contract = invocations::ScoringContract();
  }
  return options;
}

size_t MemoryLimit(const Config& config, const Resources& resources) {
  const size_t configured = config.resources.memory_limit_bytes;
  return configured > 0 ? configured : resources.memory_bytes;
}

// An explosion of shapes in one request leaves room for another run.
MemoryLimits RunMemory(const Config& config, const Resources& resources) {
  const size_t configured = config.resources.run_memory_bytes;
  const size_t one = configured > 0 ? configured : MemoryLimit(config, resources) / 4;
  return {.run_bytes = one, .all_runs_bytes = 2 * one};
}

int ToLevel(GrpcCompression compression) {
  switch (compression) {
    case GrpcCompression::kNone:
      return 0;
    case GrpcCompression::kLow:
      return 1;
    case GrpcCompression::kMedium:
      return 6;
    case GrpcCompression::kHigh:
      return 9;
  }
  return 0;
}

http::Limits ToHttpLimits(const Config& config, const Resources& resources) {
  const LimitsConfig& from = config.limits;
  http::Limits limits;
  limits.max_body_bytes = from.max_body_bytes;
  limits.max_header_bytes = from.max_header_bytes;
  limits.max_headers = static_cast<size_t>(from.max_headers);
  limits.max_url_bytes = from.max_url_bytes;
  limits.max_connections = static_cast<size_t>(from.max_connections);
  limits.max_buffered_bytes =
      from.max_buffered_bytes > 0 ? from.max_buffered_bytes : MemoryLimit(config, resources) / 4;
  limits.max_handshakes = static_cast<size_t>(from.max_handshakes);
  limits.header_timeout = from.header_timeout;
  limits.idle_timeout = from.idle_timeout;
  limits.write_timeout = from.write_timeout;
  limits.min_body_bytes_per_s = from.min_body_bytes_per_s;
  return limits;
}

std::vector<dialect::Repository> RepositoriesOf(const ModelsConfig& config) {
  std::vector<dialect::Repository> repositories;
  for (const std::string& path : config.paths) {
    std::error_code ignored;
    const repository::Place place = repository::ParsePlace(path);
    const auto absolute = std::filesystem::absolute(place.path, ignored) / "";
    repositories.push_back({.path = absolute.lexically_normal().parent_path().string(),
                            .model = place.name ? place.name->str() : ""});
  }
  return repositories;
}

StatusOr<repository::Choices> ChoicesOf(const ModelsConfig& config) {
  repository::Choices choices;
  for (const std::string& text : config.versions) RETURN_IF_ERROR(choices.AddVersions(text));
  for (const std::string& text : config.aliases) RETURN_IF_ERROR(choices.AddAlias(text));
  for (const std::string& text : config.answers) RETURN_IF_ERROR(choices.AddAnswer(text));
  return choices;
}

namespace {

std::optional<std::string> MissingDefault(const dialect::Target& target,
                                          std::span<const repository::KnownModel> known) {
  if (auto missing = repository::MissingModel(target.model, known)) return missing;
  const auto model = std::ranges::find(known, target.model, &repository::KnownModel::name);
  const auto number = VersionNumber::Parse(target.version);
  const bool there =
      target.version.empty() || target.version == kLatestAlias ||
      (number ? std::ranges::find(model->versions, *number) != model->versions.end()
              : std::ranges::find(model->aliases, target.version) != model->aliases.end());
  if (there) return std::nullopt;
  return fmt::format("model \"{}\" has no version \"{}\"", target.model, target.version);
}

}  // namespace

std::vector<std::string> UnmetChoices(const ModelsConfig& config,
                                      std::span<const repository::KnownModel> known) {
  std::vector<std::string> unmet;
  if (const auto choices = ChoicesOf(config); choices.ok()) unmet = choices->Unmet(known);
  if (config.default_model.empty()) return unmet;
  if (const auto missing = MissingDefault(dialect::Target::Parse(config.default_model), known))
    unmet.push_back(fmt::format("models.default_model: {}", *missing));
  return unmet;
}

}  // namespace slipway::server
