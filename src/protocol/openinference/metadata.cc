#include "protocol/openinference/metadata.h"

#include "text/json_writer.h"

namespace slipway::openinference {
namespace {

/// "TYPE_FP32": the spelling of Triton's configuration.
std::string ConfigTypeName(DType dtype) {
  if (dtype == DType::kBytes) return "TYPE_STRING";
  return fmt::format("TYPE_{}", NameOf(dtype));
}

void WriteShape(JsonWriter& json, std::span<const int64_t> shape) {
  json.BeginArray();
  for (const int64_t dim : shape) json.Int(dim);
  json.EndArray();
}

void WriteParameters(JsonWriter& json, const TensorSpec& spec) {
  const auto columns = ColumnsToTell(spec);
  const auto times = TimesToTell(spec);
  if (columns.empty() && times.empty()) return;
  json.Key("parameters").BeginObject();
  if (!columns.empty()) {
    json.Key("columns").BeginArray();
    for (const std::string& column : columns) json.String(column);
    json.EndArray();
  }
  if (!times.empty()) {
    json.Key("times").BeginArray();
    for (const size_t place : times) json.Uint(place);
    json.EndArray();
  }
  json.EndObject();
}

void WriteSpecs(JsonWriter& json, std::string_view key, std::span<const TensorSpec> specs) {
  json.Key(key).BeginArray();
  for (const TensorSpec& spec : specs) {
    json.BeginObject().Key("name").String(spec.name);
    json.Key("datatype").String(NameOf(spec.dtype)).Key("shape");
    WriteShape(json, spec.shape);
    WriteParameters(json, spec);
    json.EndObject();
  }
  json.EndArray();
}

void WriteVersionPolicy(JsonWriter& json, const ModelConfigView::VersionPolicy& policy) {
  using Kind = ModelConfigView::VersionPolicy::Kind;
  json.Key("version_policy").BeginObject();
  switch (policy.kind) {
    case Kind::kLatest:
      json.Key("latest").BeginObject().Key("num_versions").Int(policy.latest).EndObject();
      break;
    case Kind::kAll:
      json.Key("all").BeginObject().EndObject();
      break;
    case Kind::kSpecific:
      json.Key("specific").BeginObject().Key("versions");
      WriteShape(json, policy.specific);
      json.EndObject();
      break;
  }
  json.EndObject();
}

/// Name, type and dims of an input or output, inside an object that the caller opened.
void WriteConfigured(JsonWriter& json, const TensorSpec& spec, int max_batch_size) {
  const std::span<const int64_t> shape = spec.shape;
  json.Key("name")
      .String(spec.name)
      .Key("data_type")
      .String(ConfigTypeName(spec.dtype))
      .Key("dims");
  WriteShape(json, max_batch_size > 0 && !shape.empty() ? shape.subspan(1) : shape);
}

void WriteTotal(JsonWriter& json, std::string_view key, ModelMetrics::Total total) {
  json.Key(key).BeginObject().Key("count").Uint(total.count).Key("ns").Uint(total.ns).EndObject();
}

void WriteBatches(JsonWriter& json, std::span<const ModelMetrics::BatchStatistics> batches) {
  json.Key("batch_stats").BeginArray();
  for (const ModelMetrics::BatchStatistics& batch : batches) {
    // Parsing and responding happen per request, not per batch.
    json.BeginObject().Key("batch_size").Uint(batch.batch_size);
    WriteTotal(json, "compute_input", {});
    WriteTotal(json, "compute_infer", batch.compute);
    WriteTotal(json, "compute_output", {});
    json.EndObject();
  }
  json.EndArray();
}

void WriteModel(JsonWriter& json, const ModelStatistics& model) {
  const ModelMetrics::Statistics& numbers = model.numbers;
  json.BeginObject().Key("name").String(model.name).Key("version").String(model.version);
  json.Key("last_inference").Int(numbers.last_inference_unix_ms);
  json.Key("inference_count").Uint(numbers.inference_count);
  json.Key("execution_count").Uint(numbers.execution_count);
  json.Key("inference_stats").BeginObject();
  WriteTotal(json, "success", numbers.of(Phase::kRequest));
  WriteTotal(json, "fail", numbers.failure);
  WriteTotal(json, "queue", numbers.of(Phase::kQueue));
  WriteTotal(json, "compute_input", numbers.of(Phase::kParse));
  WriteTotal(json, "compute_infer", numbers.of(Phase::kCompute));
  WriteTotal(json, "compute_output", numbers.of(Phase::kRespond));
  WriteTotal(json, "cache_hit", numbers.cache_hit);
  WriteTotal(json, "cache_miss", numbers.cache_miss);
  json.EndObject();
  json.Key("response_stats").BeginObject().EndObject();
  WriteBatches(json, numbers.batches);
  json.Key("memory_usage").BeginArray().EndArray();
  json.EndObject();
}

}  // namespace

void Write(const ServerMetadata& metadata, std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("name").String(metadata.name).Key("version").String(metadata.version);
  json.Key("extensions").BeginArray();
  for (const std::string_view extension : metadata.extensions) json.String(extension);
  json.EndArray().EndObject();
}

void Write(const ModelMetadata& metadata, std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("name").String(metadata.name).Key("versions").BeginArray();
  for (const std::string& version : metadata.versions) json.String(version);
  json.EndArray().Key("platform").String(metadata.platform);
  WriteSpecs(json, "inputs", metadata.signature.inputs);
  WriteSpecs(json, "outputs", metadata.signature.outputs);
  json.EndObject();
}

void Write(const ModelConfigView& config, std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("name").String(config.name).Key("platform").String(config.platform);
  json.Key("backend").String(config.backend);
  WriteVersionPolicy(json, config.version_policy);
  json.Key("max_batch_size").Int(config.max_batch_size);
  json.Key("input").BeginArray();
  for (const TensorSpec& spec : config.signature.inputs) {
    json.BeginObject();
    WriteConfigured(json, spec, config.max_batch_size);
    json.Key("optional").Bool(spec.optional).EndObject();
  }
  json.EndArray().Key("output").BeginArray();
  for (size_t i = 0; i < config.signature.outputs.size(); ++i) {
    json.BeginObject();
    WriteConfigured(json, config.signature.outputs[i], config.max_batch_size);
    const bool labelled = i < config.label_filenames.size();
    json.Key("label_filename").String(labelled ? config.label_filenames[i] : "").EndObject();
  }
  json.EndArray().Key("instance_group").BeginArray().BeginObject();
  json.Key("name").String(fmt::format("{}_0", config.name)).Key("kind").String("KIND_CPU");
  json.Key("count").Int(config.instance_count).EndObject().EndArray();
  json.Key("default_model_filename").String(config.default_model_filename).EndObject();
}

void Write(std::span<const ModelStatistics> models, std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("model_stats").BeginArray();
  for (const ModelStatistics& model : models) WriteModel(json, model);
  json.EndArray().EndObject();
}

void Write(const LogSettings& settings, std::string& out) {
  JsonWriter(out)
      .BeginObject()
      .Key("log_file")
      .String("")
      .Key("log_info")
      .Bool(settings.info)
      .Key("log_warning")
      .Bool(settings.warning)
      .Key("log_error")
      .Bool(true)
      .Key("log_verbose_level")
      .Uint(settings.verbose_level)
      .EndObject();
}

void Write(std::span<const IndexEntry> index, std::string& out) {
  JsonWriter json(out);
  json.BeginArray();
  for (const IndexEntry& entry : index) {
    json.BeginObject().Key("name").String(entry.name);
    if (!entry.version.empty()) json.Key("version").String(entry.version);
    json.Key("state").String(entry.state).Key("reason").String(entry.reason).EndObject();
  }
  json.EndArray();
}

}  // namespace slipway::openinference
