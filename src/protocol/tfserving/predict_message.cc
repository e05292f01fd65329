#include "protocol/tfserving/predict_message.h"

#include "base/utf8.h"
#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/calls/body_parts.h"
#include "protocol/tfserving/model_spec.h"
#include "protocol/tfserving/request_reader.h"
#include "protocol/tfserving/tensor_proto.h"

namespace slipway::tfserving {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;

enum RequestField : uint32_t { kSpec = 1, kInputs, kOutputFilter };
constexpr std::string_view kNames[] = {"", "model_spec", "inputs", "output_filter"};
enum ResponseField : uint32_t { kOutputs = 1, kAnsweringSpec };
enum EntryField : uint32_t { kKey = 1, kValue };
constexpr size_t kMaxTensors = 4096;

Status TooMany(std::string_view what) {
  return Error(Reason::kBadRequest, "expected at most {} {}", kMaxTensors, what);
}

Status ReadInput(std::string_view entry, TensorProtoReader& tensors, NamedTensor& input) {
  std::string_view tensor;
  MessageReader reader(entry);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kKey)) input.name = field.bytes;
    if (field.tag == BytesTag(kValue)) tensor = field.bytes;
  }
  RETURN_IF_ERROR(reader.status());
  if (!IsValidUtf8(input.name)) return Error(Reason::kBadRequest, "the name is not UTF-8");
  return tensors.Read(tensor, input.tensor);
}

Status AddInput(std::string_view entry, TensorProtoReader& tensors, InferRequest& request) {
  if (request.inputs.size() == kMaxTensors) return TooMany("inputs");
  NamedTensor& input = request.inputs.emplace_back();
  const Status read = ReadInput(entry, tensors, input);
  if (read.ok()) return read;
  return Annotate(read, fmt::format("input \"{}\"", input.name.substr(0, 60)));
}

Status TakeSpec(std::string_view message, InferRequest& request) {
  ASSIGN_OR_RETURN(ModelSpec spec, ReadModelSpec(message));
  request.model = std::move(spec.name);
  request.version = std::move(spec.version);
  if (spec.signature.empty() || spec.signature == kSignatureName) return OkStatus();
  return Error(Reason::kPreconditionFailed, "Serving signature key \"{}\" not found.",
               spec.signature.substr(0, 200));
}

}  // namespace

Status ReadPredictMessage(std::span<const std::byte> message, InferRequest& request,
                          RepeatedBytes& repeated) {
  TensorProtoReader tensors(request.arena, repeated);
  MessageReader reader({reinterpret_cast<const char*>(message.data()), message.size()}, kNames);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kSpec)) {
      RETURN_IF_ERROR(TakeSpec(field.bytes, request));
    } else if (field.tag == BytesTag(kInputs)) {
      RETURN_IF_ERROR(AddInput(field.bytes, tensors, request));
    } else if (field.tag == BytesTag(kOutputFilter)) {
      if (request.outputs.size() == kMaxTensors) return TooMany("outputs");
      request.outputs.push_back({std::string(field.bytes)});
    }
  }
  RETURN_IF_ERROR(reader.status());
  return request.model.empty() ? MissingModelSpec() : OkStatus();
}

void WritePredictMessage(const lifecycle::ServedVersion& version, const InferResponse& answer,
                         http::Response& response) {
  AppendModelSpec(kAnsweringSpec, version, response.body);
  for (const NamedTensor& output : answer.outputs) {
    const TensorProtoPieces tensor = WriteTensorProto(output.tensor);
    std::string entry, head;
    MessageWriter writer(entry);
    writer.Bytes(kKey, output.name);
    writer.BytesHeader(kValue, tensor.size());
    entry += tensor.head;
    MessageWriter(head).BytesHeader(kOutputs, entry.size() + tensor.data.size());
    AppendText(head + entry, response);
    AppendData(tensor.data, response);
  }
}

}  // namespace slipway::tfserving
