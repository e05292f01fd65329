#include "protocol/openinference/stream_message.h"

#include <utility>

#include "protobuf/message_writer.h"
#include "protocol/calls/body_parts.h"

namespace slipway::openinference {
namespace {

using protobuf::MessageWriter;

// Field numbers of the messages in proto/inference/grpc_service.proto.
enum StreamField : uint32_t { kErrorMessage = 1, kInferResponse };
enum ResponseField : uint32_t { kModelName = 1, kModelVersion, kId, kParameters };
enum EntryField : uint32_t { kKey = 1, kValue };
enum ParameterField : uint32_t { kBool = 1 };

void AppendFinalMark(std::string& out) {
  MessageWriter writer(out);
  const size_t entry = writer.Begin(kParameters);
  writer.Bytes(kKey, "triton_final_response");
  const size_t value = writer.Begin(kValue);
  writer.Varint(kBool, 1);
  writer.End(value);
  writer.End(entry);
}

}  // namespace

http::StreamMessage StreamAnswer(http::Response&& answer) {
  std::string mark;
  AppendFinalMark(mark);
  AppendText(mark, answer);
  http::StreamMessage inner{.body = std::move(answer.body), .parts = std::move(answer.parts)};
  http::StreamMessage message;
  MessageWriter(message.body).BytesHeader(kInferResponse, inner.size());
  message.body += inner.body;
  message.parts = std::move(inner.parts);
  return message;
}

http::StreamMessage StreamError(const InferRequest& request, const Status& why) {
  http::StreamMessage message;
  MessageWriter writer(message.body);
  writer.Bytes(kErrorMessage, MessageOf(why));
  const size_t response = writer.Begin(kInferResponse);
  writer.Bytes(kModelName, request.model);
  writer.Bytes(kModelVersion, request.version);
  writer.Bytes(kId, request.id);
  AppendFinalMark(message.body);
  writer.End(response);
  return message;
}

}  // namespace slipway::openinference
