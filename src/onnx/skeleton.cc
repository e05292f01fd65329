#include "onnx/skeleton.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <climits>
#include <string_view>

namespace slipway::onnx {
namespace {

using google::protobuf::MessageLite;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Parses `bytes` into `message`, except length-delimited fields for which `take(number, payload)`
// says kTaken. Protobuf merges what it is given piece by piece, so the runs between taken fields
// are parsed where they lie.
enum class Verdict { kKeep, kTaken, kMalformed };

template <typename Take>
bool ParseApart(std::string_view bytes, MessageLite& message, Take take) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  CodedInputStream input(data, static_cast<int>(bytes.size()));
  int run = 0;
  const auto flush = [&](int end) {
    CodedInputStream part(data + run, end - run);
    return message.MergePartialFromCodedStream(&part) && part.ConsumedEntireMessage();
  };
  while (input.CurrentPosition() < static_cast<int>(bytes.size())) {
    const int begin = input.CurrentPosition();
    const uint32_t tag = input.ReadTag();
    if (tag == 0) return false;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&input, tag)) return false;
      continue;
    }
    uint32_t length;
    if (!input.ReadVarint32(&length) || length > INT_MAX) return false;
    const int start = input.CurrentPosition();
    if (!input.Skip(static_cast<int>(length))) return false;
    const auto payload = bytes.substr(static_cast<size_t>(start), length);
    switch (take(WireFormatLite::GetTagFieldNumber(tag), payload)) {
      case Verdict::kKeep:
        break;
      case Verdict::kMalformed:
        return false;
      case Verdict::kTaken:
        if (!flush(begin)) return false;
        run = input.CurrentPosition();
    }
  }
  return flush(static_cast<int>(bytes.size()));
}

Verdict DropValues(int number, std::string_view) {
  switch (number) {
    case ::onnx::TensorProto::kFloatDataFieldNumber:
    case ::onnx::TensorProto::kInt32DataFieldNumber:
    case ::onnx::TensorProto::kStringDataFieldNumber:
    case ::onnx::TensorProto::kInt64DataFieldNumber:
    case ::onnx::TensorProto::kRawDataFieldNumber:
    case ::onnx::TensorProto::kDoubleDataFieldNumber:
    case ::onnx::TensorProto::kUint64DataFieldNumber:
      return Verdict::kTaken;
    default:
      return Verdict::kKeep;
  }
}

bool ParseGraph(std::string_view bytes, ::onnx::GraphProto& graph) {
  return ParseApart(bytes, graph, [&](int number, std::string_view payload) {
    if (number != ::onnx::GraphProto::kInitializerFieldNumber) return Verdict::kKeep;
    return ParseApart(payload, *graph.add_initializer(), DropValues) ? Verdict::kTaken
                                                                     : Verdict::kMalformed;
  });
}

Status NoModel() { return MakeError(Reason::kBadModel, "the bytes are not an ONNX model"); }

}  // namespace

StatusOr<::onnx::ModelProto> ParseSkeleton(std::span<const std::byte> model) {
  if (model.size() > INT_MAX) return NoModel();
  const std::string_view bytes(reinterpret_cast<const char*>(model.data()), model.size());
  ::onnx::ModelProto parsed;
  const bool ok = ParseApart(bytes, parsed, [&](int number, std::string_view payload) {
    if (number != ::onnx::ModelProto::kGraphFieldNumber) return Verdict::kKeep;
    return ParseGraph(payload, *parsed.mutable_graph()) ? Verdict::kTaken : Verdict::kMalformed;
  });
  if (!ok) return NoModel();
  return parsed;
}

Status AddValues(std::span<const std::byte> model, ::onnx::ModelProto& skeleton) {
  const std::string_view bytes(reinterpret_cast<const char*>(model.data()), model.size());
  ::onnx::ModelProto rest;  // stays empty: all fields are taken
  int next = 0;
  const auto fill = [&](int number, std::string_view payload) {
    if (number != ::onnx::GraphProto::kInitializerFieldNumber) return Verdict::kTaken;
    const bool ok = next < skeleton.graph().initializer_size() &&
                    skeleton.mutable_graph()->mutable_initializer(next++)->ParseFromArray(
                        payload.data(), static_cast<int>(payload.size()));
    return ok ? Verdict::kTaken : Verdict::kMalformed;
  };
  const bool ok = ParseApart(bytes, rest, [&](int number, std::string_view payload) {
    if (number != ::onnx::ModelProto::kGraphFieldNumber) return Verdict::kTaken;
    return ParseApart(payload, *rest.mutable_graph(), fill) ? Verdict::kTaken : Verdict::kMalformed;
  });
  return ok ? OkStatus() : NoModel();
}

StatusOr<::onnx::ModelProto> ParseModel(std::span<const std::byte> model) {
  ::onnx::ModelProto parsed;
  if (model.size() > INT_MAX ||
      !parsed.ParseFromArray(model.data(), static_cast<int>(model.size())))
    return NoModel();
  return parsed;
}

}  // namespace slipway::onnx
