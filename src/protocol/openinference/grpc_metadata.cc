#include "protocol/openinference/grpc_metadata.h"

#include <inference/grpc_service.pb.h>

#include "text/json_writer.h"

namespace slipway::openinference {
namespace {

std::string Text(std::string_view text) { return std::string(text); }

template <typename Repeated>
void FillShape(std::span<const int64_t> shape, Repeated* field) {
  field->Add(shape.begin(), shape.end());
}

void FillSpec(const TensorSpec& spec, inference::ModelMetadataResponse::TensorMetadata& tensor) {
  tensor.set_name(spec.name);
  tensor.set_datatype(Text(NameOf(spec.dtype)));
  FillShape(spec.shape, tensor.mutable_shape());
  const auto tell = [&tensor](const char* parameter, const auto& values, auto write) {
    if (values.empty()) return;
    std::string list;
    JsonWriter json(list);
    json.BeginArray();
    for (const auto& value : values) write(json, value);
    json.EndArray();
    (*tensor.mutable_parameters())[parameter].set_string_param(list);
  };
  tell("columns", ColumnsToTell(spec),
       [](JsonWriter& json, const std::string& name) { json.String(name); });
  tell("times", TimesToTell(spec), [](JsonWriter& json, size_t place) { json.Uint(place); });
}

inference::DataType ConfigType(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return inference::TYPE_BOOL;
    case DType::kUint8:
      return inference::TYPE_UINT8;
    case DType::kUint16:
      return inference::TYPE_UINT16;
    case DType::kUint32:
      return inference::TYPE_UINT32;
    case DType::kUint64:
      return inference::TYPE_UINT64;
    case DType::kInt8:
      return inference::TYPE_INT8;
    case DType::kInt16:
      return inference::TYPE_INT16;
    case DType::kInt32:
      return inference::TYPE_INT32;
    case DType::kInt64:
      return inference::TYPE_INT64;
    case DType::kFp16:
      return inference::TYPE_FP16;
    case DType::kBf16:
      return inference::TYPE_BF16;
    case DType::kFp32:
      return inference::TYPE_FP32;
    case DType::kFp64:
      return inference::TYPE_FP64;
    case DType::kBytes:
      return inference::TYPE_STRING;
  }
  return inference::TYPE_INVALID;
}

/// Name, type and dims of a ModelInput or ModelOutput.
template <typename Configured>
void FillConfigured(const TensorSpec& spec, int max_batch_size, Configured& tensor) {
  const std::span<const int64_t> shape = spec.shape;
  tensor.set_name(spec.name);
  tensor.set_data_type(ConfigType(spec.dtype));
  FillShape(max_batch_size > 0 && !shape.empty() ? shape.subspan(1) : shape, tensor.mutable_dims());
}

void FillVersionPolicy(const ModelConfigView::VersionPolicy& policy,
                       inference::ModelVersionPolicy& message) {
  using Kind = ModelConfigView::VersionPolicy::Kind;
  switch (policy.kind) {
    case Kind::kLatest:
      message.mutable_latest()->set_num_versions(static_cast<uint32_t>(policy.latest));
      return;
    case Kind::kAll:
      message.mutable_all();
      return;
    case Kind::kSpecific:
      FillShape(policy.specific, message.mutable_specific()->mutable_versions());
  }
}

void FillTotal(ModelMetrics::Total total, inference::StatisticDuration* message) {
  message->set_count(total.count);
  message->set_ns(total.ns);
}

void FillModel(const ModelStatistics& model, inference::ModelStatistics& message) {
  const ModelMetrics::Statistics& numbers = model.numbers;
  message.set_name(Text(model.name));
  message.set_version(Text(model.version));
  message.set_last_inference(static_cast<uint64_t>(numbers.last_inference_unix_ms));
  message.set_inference_count(numbers.inference_count);
  message.set_execution_count(numbers.execution_count);
  inference::InferStatistics& totals = *message.mutable_inference_stats();
  FillTotal(numbers.of(Phase::kRequest), totals.mutable_success());
  FillTotal(numbers.failure, totals.mutable_fail());
  FillTotal(numbers.of(Phase::kQueue), totals.mutable_queue());
  FillTotal(numbers.of(Phase::kParse), totals.mutable_compute_input());
  FillTotal(numbers.of(Phase::kCompute), totals.mutable_compute_infer());
  FillTotal(numbers.of(Phase::kRespond), totals.mutable_compute_output());
  FillTotal(numbers.cache_hit, totals.mutable_cache_hit());
  FillTotal(numbers.cache_miss, totals.mutable_cache_miss());
  for (const ModelMetrics::BatchStatistics& from : numbers.batches) {
    inference::InferBatchStatistics& batch = *message.add_batch_stats();
    batch.set_batch_size(from.batch_size);
    FillTotal({}, batch.mutable_compute_input());
    FillTotal(from.compute, batch.mutable_compute_infer());
    FillTotal({}, batch.mutable_compute_output());
  }
}

}  // namespace

void Fill(const ServerMetadata& metadata, inference::ServerMetadataResponse& answer) {
  answer.set_name(Text(metadata.name));
  answer.set_version(Text(metadata.version));
  for (const std::string_view extension : metadata.extensions)
    answer.add_extensions(Text(extension));
}

void Fill(const ModelMetadata& metadata, inference::ModelMetadataResponse& answer) {
  answer.set_name(Text(metadata.name));
  for (const std::string& version : metadata.versions) answer.add_versions(version);
  answer.set_platform(Text(metadata.platform));
  for (const TensorSpec& input : metadata.signature.inputs) FillSpec(input, *answer.add_inputs());
  for (const TensorSpec& output : metadata.signature.outputs)
    FillSpec(output, *answer.add_outputs());
}

void Fill(const ModelConfigView& config, inference::ModelConfigResponse& answer) {
  inference::ModelConfig& message = *answer.mutable_config();
  message.set_name(Text(config.name));
  message.set_platform(Text(config.platform));
  message.set_backend(Text(config.backend));
  FillVersionPolicy(config.version_policy, *message.mutable_version_policy());
  message.set_max_batch_size(config.max_batch_size);
  for (const TensorSpec& spec : config.signature.inputs) {
    inference::ModelInput& input = *message.add_input();
    FillConfigured(spec, config.max_batch_size, input);
    input.set_optional(spec.optional);
  }
  for (size_t i = 0; i < config.signature.outputs.size(); ++i) {
    inference::ModelOutput& output = *message.add_output();
    FillConfigured(config.signature.outputs[i], config.max_batch_size, output);
    if (i < config.label_filenames.size()) output.set_label_filename(config.label_filenames[i]);
  }
  inference::ModelInstanceGroup& group = *message.add_instance_group();
  group.set_name(fmt::format("{}_0", config.name));
  group.set_kind(inference::ModelInstanceGroup::KIND_CPU);
  group.set_count(config.instance_count);
  message.set_default_model_filename(Text(config.default_model_filename));
}

void Fill(std::span<const ModelStatistics> models, inference::ModelStatisticsResponse& answer) {
  for (const ModelStatistics& model : models) FillModel(model, *answer.add_model_stats());
}

void Fill(std::span<const IndexEntry> index, inference::RepositoryIndexResponse& answer) {
  for (const IndexEntry& entry : index) {
    auto& model = *answer.add_models();
    model.set_name(entry.name);
    model.set_version(entry.version);
    model.set_state(entry.state);
    model.set_reason(entry.reason);
  }
}

}  // namespace slipway::openinference
