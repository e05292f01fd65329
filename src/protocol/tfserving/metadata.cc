#include "protocol/tfserving/metadata.h"

#include <fmt/format.h>

#include "protocol/tfserving/data_type.h"
#include "protocol/tfserving/request_reader.h"
#include "text/json_writer.h"

namespace slipway::tfserving {
namespace {

using lifecycle::VersionState;
using lifecycle::VersionStatus;

std::string_view StateName(VersionState state) {
  switch (state) {
    case VersionState::kLoading:
      return "LOADING";
    case VersionState::kReady:
      return "AVAILABLE";
    case VersionState::kUnloading:
      return "UNLOADING";
    case VersionState::kUnavailable:
      break;
  }
  return "END";
}

void WriteStatuses(std::span<const VersionStatus> versions, JsonWriter& json) {
  json.Key("model_version_status").BeginArray();
  for (const VersionStatus& version : versions) {
    json.BeginObject();
    json.Key("version").String(version.number.str());
    json.Key("state").String(StateName(version.state));
    json.Key("status").BeginObject();
    json.Key("error_code").String(version.reason.empty() ? "OK" : "FAILED_PRECONDITION");
    json.Key("error_message").String(version.reason).EndObject();
    json.EndObject();
  }
  json.EndArray();
}

void WriteShape(const TensorSpec& spec, JsonWriter& json) {
  json.Key("tensor_shape").BeginObject().Key("dim").BeginArray();
  if (!spec.any_rank)
    for (const int64_t dim : spec.shape)  // 64-bit numbers are strings in protobuf's JSON
      json.BeginObject().Key("size").String(std::to_string(dim)).Key("name").String("").EndObject();
  json.EndArray().Key("unknown_rank").Bool(spec.any_rank).EndObject();
}

void WriteTensors(std::string_view key, std::span<const TensorSpec> specs, JsonWriter& json) {
  json.Key(key).BeginObject();
  for (const TensorSpec& spec : specs) {
    json.Key(spec.name).BeginObject();
    json.Key("dtype").String(DataTypeName(spec.dtype));
    WriteShape(spec, json);
    json.Key("name").String(spec.name);
    json.EndObject();
  }
  json.EndObject();
}

}  // namespace

void WriteVersions(std::span<const VersionStatus> versions, std::string& out) {
  JsonWriter json(out);
  json.BeginObject();
  WriteStatuses(versions, json);
  json.EndObject();
}

void WriteModel(std::string_view name, bool ready, std::span<const VersionStatus> versions,
                std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("name").String(name).Key("ready").Bool(ready);
  WriteStatuses(versions, json);
  json.EndObject();
}

void WriteMetadata(std::string_view name, std::string_view version, const Signature& signature,
                   std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("model_spec").BeginObject();
  json.Key("name").String(name).Key("signature_name").String("").Key("version").String(version);
  json.EndObject().Key("metadata").BeginObject();
  // Twice: the field of the metadata, and the map inside the message that it holds.
  json.Key("signature_def").BeginObject().Key("signature_def").BeginObject();
  json.Key(kSignatureName).BeginObject();
  WriteTensors("inputs", signature.inputs, json);
  WriteTensors("outputs", signature.outputs, json);
  json.Key("method_name").String("tensorflow/serving/predict");
  json.EndObject().EndObject().EndObject().EndObject().EndObject();
}

}  // namespace slipway::tfserving
