#include "protocol/tfserving/metadata_message.h"

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/tfserving/data_type.h"
#include "protocol/tfserving/request_reader.h"
#include "protocol/tfserving/tensor_proto.h"

namespace slipway::tfserving {
namespace {

using lifecycle::VersionState;
using lifecycle::VersionStatus;
using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;

enum RequestField : uint32_t { kSpec = 1, kMetadataField };
enum MetadataField : uint32_t { kAnsweringSpec = 1, kMetadata };
enum EntryField : uint32_t { kKey = 1, kValue };
enum AnyField : uint32_t { kTypeUrl = 1, kAnyValue };
enum MapField : uint32_t { kSignatureDef = 1 };
enum SignatureField : uint32_t { kInputs = 1, kOutputs, kMethodName };
enum InfoField : uint32_t { kName = 1, kDtype, kTensorShape };
enum StatusResponseField : uint32_t { kVersionStatus = 1 };
enum VersionStatusField : uint32_t { kVersion = 1, kState, kStatus };
enum StatusField : uint32_t { kErrorCode = 1, kErrorMessage };
enum State : uint32_t { kLoading = 20, kAvailable = 30, kUnloading = 40, kEnd = 50 };

constexpr std::string_view kSignatureDefName = "signature_def";

State StateOf(VersionState state) {
  switch (state) {
    case VersionState::kLoading:
      return kLoading;
    case VersionState::kReady:
      return kAvailable;
    case VersionState::kUnloading:
      return kUnloading;
    case VersionState::kUnavailable:
      break;
  }
  return kEnd;
}

void AppendTensors(uint32_t number, std::span<const TensorSpec> specs, std::string& out) {
  MessageWriter writer(out);
  for (const TensorSpec& spec : specs) {
    const size_t entry = writer.Begin(number);
    writer.Bytes(kKey, spec.name);
    const size_t info = writer.Begin(kValue);
    writer.Bytes(kName, spec.name);
    writer.Varint(kDtype, DataTypeNumber(spec.dtype));
    AppendShape(kTensorShape, spec.any_rank ? nullptr : &spec.shape, out);
    writer.End(info);
    writer.End(entry);
  }
}

}  // namespace

StatusOr<ModelSpec> ReadMetadataRequest(std::string_view message) {
  std::optional<ModelSpec> spec;
  bool asked = false;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kSpec)) {
      ASSIGN_OR_RETURN(spec, ReadModelSpec(field.bytes));
    } else if (field.tag == BytesTag(kMetadataField)) {
      asked = true;
      if (field.bytes != kSignatureDefName)
        return Error(Reason::kBadRequest, "Metadata field {} is not supported",
                     field.bytes.substr(0, 200));
    }
  }
  RETURN_IF_ERROR(reader.status());
  if (!spec) return MissingModelSpec();
  if (asked) return *std::move(spec);
  return Error(Reason::kBadRequest,
               "GetModelMetadataRequest must specify at least one metadata_field");
}

void WriteMetadataMessage(const lifecycle::ServedVersion& version, std::string& out) {
  AppendModelSpec(kAnsweringSpec, version, out);
  MessageWriter writer(out);
  const size_t metadata = writer.Begin(kMetadata);
  writer.Bytes(kKey, kSignatureDefName);
  const size_t any = writer.Begin(kValue);
  writer.Bytes(kTypeUrl, "type.googleapis.com/tensorflow.serving.SignatureDefMap");
  const size_t map = writer.Begin(kAnyValue);
  const size_t entry = writer.Begin(kSignatureDef);
  writer.Bytes(kKey, kSignatureName);
  const size_t signature = writer.Begin(kValue);
  AppendTensors(kInputs, version.signature.inputs, out);
  AppendTensors(kOutputs, version.signature.outputs, out);
  writer.Bytes(kMethodName, "tensorflow/serving/predict");
  for (const size_t begun : {signature, entry, map, any, metadata}) writer.End(begun);
}

StatusOr<ModelSpec> ReadStatusRequest(std::string_view message) {
  std::optional<ModelSpec> spec;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);)
    if (field.tag == BytesTag(kSpec)) {
      ASSIGN_OR_RETURN(spec, ReadModelSpec(field.bytes));
    }
  RETURN_IF_ERROR(reader.status());
  if (!spec) return MissingModelSpec();
  return *std::move(spec);
}

void WriteStatusMessage(std::span<const VersionStatus> versions, std::string& out) {
  MessageWriter writer(out);
  for (const VersionStatus& version : versions) {
    const size_t begun = writer.Begin(kVersionStatus);
    writer.Varint(kVersion, static_cast<uint64_t>(version.number.value));
    writer.Varint(kState, StateOf(version.state));
    const size_t status = writer.Begin(kStatus);
    if (!version.reason.empty()) {
      writer.Varint(kErrorCode,
                    static_cast<uint64_t>(InfoOf(Reason::kPreconditionFailed).grpc_code));
      writer.Bytes(kErrorMessage, version.reason);
    }
    writer.End(status);
    writer.End(begun);
  }
}

}  // namespace slipway::tfserving
