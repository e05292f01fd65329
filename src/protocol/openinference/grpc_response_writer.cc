#include "protocol/openinference/grpc_response_writer.h"

#include <string>

#include "protobuf/message_writer.h"
#include "protocol/calls/body_parts.h"
#include "protocol/openinference/grpc_contents.h"

namespace slipway::openinference {
namespace {

using protobuf::MessageWriter;

// Field numbers of the messages in proto/inference/grpc_service.proto.
enum ResponseField : uint32_t { kModelName = 1, kModelVersion, kId, kOutputs = 5, kRaw };
enum OutputField : uint32_t { kName = 1, kDatatype, kShape, kParameters, kContents };
enum ParameterField : uint32_t { kKey = 1, kValue, kString };

/// Of an output: {"content_type": `codec`}.
void AppendContentType(std::string_view codec, MessageWriter& writer) {
  const size_t entry = writer.Begin(kParameters);
  writer.Bytes(kKey, "content_type");
  const size_t value = writer.Begin(kValue);
  writer.Bytes(kString, codec);
  writer.End(value);
  writer.End(entry);
}

Status AppendOutput(const NamedTensor& output, std::string_view content_type, bool typed,
                    std::string& body) {
  const Tensor& tensor = output.tensor;
  MessageWriter writer(body);
  const size_t message = writer.Begin(kOutputs);
  writer.Bytes(kName, output.name);
  writer.Bytes(kDatatype, NameOf(tensor.dtype));
  const size_t shape = writer.Begin(kShape);
  for (const int64_t dim : tensor.shape) protobuf::AppendVarint(body, static_cast<uint64_t>(dim));
  writer.End(shape);
  if (!content_type.empty()) AppendContentType(content_type, writer);
  if (typed) {
    const size_t contents = writer.Begin(kContents);
    if (const Status status = AppendContents(tensor, body); !status.ok())
      return Annotate(status, fmt::format("output \"{}\"", output.name));
    writer.End(contents);
  }
  writer.End(message);
  return OkStatus();
}

void AppendRaw(const Buffer& data, http::Response& response) {
  std::string header;
  MessageWriter(header).BytesHeader(kRaw, data.size());
  AppendText(header, response);
  AppendData(data, response);
}

}  // namespace

Status WriteInferMessage(const InferRequest& request, const InferResponse& answer,
                         http::Response& response) {
  const bool typed = !request.binary_outputs;
  MessageWriter writer(response.body);
  writer.Bytes(kModelName, answer.model);
  writer.Bytes(kModelVersion, answer.version);
  if (!request.id.empty()) writer.Bytes(kId, request.id);
  for (size_t i = 0; i < answer.outputs.size(); ++i) {
    const bool contents = typed && !request.InSharedMemory(i);
    if (const Status status =
            AppendOutput(answer.outputs[i], answer.content_type, contents, response.body);
        !status.ok()) {
      response.body.clear();
      return status;
    }
  }
  if (typed) return OkStatus();
  for (size_t i = 0; i < answer.outputs.size(); ++i)
    AppendRaw(request.InSharedMemory(i) ? Buffer() : answer.outputs[i].tensor.data, response);
  return OkStatus();
}

}  // namespace slipway::openinference
