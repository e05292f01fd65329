#include "protocol/openinference/grpc_request_reader.h"

#include <absl/container/inlined_vector.h>

#include <bit>
#include <string>
#include <string_view>
#include <variant>

#include "base/utf8.h"
#include "protobuf/message_reader.h"
#include "protocol/openinference/grpc_contents.h"
#include "protocol/openinference/parameters.h"
#include "protocol/openinference/tensor_data.h"

namespace slipway::openinference {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::Tag;
using protobuf::VarintTag;
using protobuf::WireType;

// Field names by number, of the messages in proto/inference/grpc_service.proto.
constexpr std::string_view kRequestNames[] = {"",        "model_name",        "model_version",
                                              "id",      "parameters",        "inputs",
                                              "outputs", "raw_input_contents"};
constexpr std::string_view kInputNames[] = {"",      "name",       "datatype",
                                            "shape", "parameters", "contents"};
constexpr std::string_view kOutputNames[] = {"", "name", "parameters"};
constexpr std::string_view kEntryNames[] = {"", "key", "value"};
constexpr std::string_view kParameterNames[] = {
    "", "bool_param", "int64_param", "string_param", "double_param", "uint64_param"};

/// What an InferParameter holds; its index is the number of the field. Text is borrowed.
using Parameter = std::variant<std::monostate, bool, int64_t, std::string_view, double, uint64_t>;

Status ReadText(const Field& field, std::string_view name, std::string_view* text) {
  if (!IsValidUtf8(field.bytes))
    return Error(Reason::kBadRequest, "field \"{}\" is not UTF-8", name);
  *text = field.bytes;
  return OkStatus();
}

Status ReadText(const Field& field, std::string_view name, std::string* text) {
  std::string_view view;
  RETURN_IF_ERROR(ReadText(field, name, &view));
  *text = view;
  return OkStatus();
}

Status ReadParameter(std::string_view message, Parameter* parameter) {
  MessageReader reader(message, kParameterNames);
  for (Field field; reader.Next(&field);) {
    switch (field.tag) {
      case VarintTag(1):
        *parameter = field.value != 0;
        break;
      case VarintTag(2):
        *parameter = static_cast<int64_t>(field.value);
        break;
      case BytesTag(3): {
        std::string_view text;
        RETURN_IF_ERROR(ReadText(field, kParameterNames[3], &text));
        *parameter = text;
        break;
      }
      case Tag(4, WireType::kFixed64):
        *parameter = std::bit_cast<double>(field.value);
        break;
      case VarintTag(5):
        *parameter = field.value;
        break;
    }
  }
  return reader.status();
}

/// Reads one entry of a map of parameters and hands it to `take(name, Parameter)`.
template <typename Take>
Status ReadEntry(std::string_view entry, const Take& take) {
  MessageReader reader(entry, kEntryNames);
  std::string_view name;
  Parameter parameter;
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(1)) RETURN_IF_ERROR(ReadText(field, kEntryNames[1], &name));
    if (field.tag == BytesTag(2)) RETURN_IF_ERROR(ReadParameter(field.bytes, &parameter));
  }
  RETURN_IF_ERROR(reader.status());
  return take(name, parameter);
}

Status WrongType(std::string_view name, std::string_view expected, const Parameter& got) {
  return Error(Reason::kBadRequest, "parameter {}: expected {}, got {}", Quote(name), expected,
               got.index() == 0 ? "nothing" : kParameterNames[got.index()]);
}

StatusOr<uint64_t> NumberIn(std::string_view name, const Parameter& parameter) {
  if (const auto* number = std::get_if<uint64_t>(&parameter)) return *number;
  const auto* number = std::get_if<int64_t>(&parameter);
  if (number == nullptr) return WrongType(name, "int64_param or uint64_param", parameter);
  if (*number < 0)
    return Error(Reason::kBadRequest, "parameter {}: expected a number from 0, got {}", Quote(name),
                 *number);
  return static_cast<uint64_t>(*number);
}

Status TakeRequestParameter(std::string_view name, const Parameter& parameter,
                            InferRequest& request) {
  if (name == "timeout") {
    ASSIGN_OR_RETURN(const uint64_t timeout_us, NumberIn(name, parameter));
    SetTimeout(timeout_us, request.context);
  } else if (name == "priority") {
    ASSIGN_OR_RETURN(const uint64_t priority, NumberIn(name, parameter));
    SetPriority(priority, request.context);
  } else if (name == "binary_data_output") {
    const auto* raw = std::get_if<bool>(&parameter);
    if (raw == nullptr) return WrongType(name, "bool_param", parameter);
    request.binary_outputs = *raw;
  } else if (name == "triton_enable_empty_final_response") {
    // About models with several answers a request; here the one answer is the final one.
    if (!std::holds_alternative<bool>(parameter)) return WrongType(name, "bool_param", parameter);
  } else {
    return CheckRequestParameter(name);
  }
  return OkStatus();
}

Status TakeOutputParameter(std::string_view name, const Parameter& parameter,
                           RequestedOutput& output) {
  if (name != "classification") return OkStatus();
  ASSIGN_OR_RETURN(const uint64_t classes, NumberIn(name, parameter));
  SetClassification(classes, output);
  return OkStatus();
}

/// Takes a parameter about shared memory of tensor `index`; false for others.
StatusOr<bool> TakeShared(std::string_view name, const Parameter& value, SharedTensors* shared,
                          SharedTensors::List SharedTensors::* list, size_t index) {
  const SharedParameter parameter = SharedParameterOf(name);
  if (parameter == SharedParameter::kNone) return false;
  if (shared == nullptr) return SharedMemoryNotOffered(name);
  SharedTensor& tensor = SharedTensors::EntryOf(shared->*list, index);
  if (parameter == SharedParameter::kRegion) {
    const auto* region = std::get_if<std::string_view>(&value);
    if (region == nullptr) return WrongType(name, "string_param", value);
    tensor.region = *region;
  } else {
    auto& number = parameter == SharedParameter::kOffset ? tensor.offset : tensor.byte_size;
    ASSIGN_OR_RETURN(number, NumberIn(name, value));
  }
  return true;
}

/// `shape` is packed or one dimension a field, or both.
Status ReadShape(const Field& field, Shape& shape) {
  size_t count = shape.size();
  const auto add = [&](uint64_t bits) {
    if (++count <= kMaxRank) shape.push_back(static_cast<int64_t>(bits));
  };
  if (field.tag == VarintTag(3))
    add(field.value);
  else if (!protobuf::ReadPackedVarints(field.bytes, add))
    return Error(Reason::kBadRequest, "field \"shape\": its last number is truncated");
  if (count > kMaxRank)
    return Error(Reason::kBadRequest, "expected at most {} dimensions", kMaxRank);
  return OkStatus();
}

class RequestReader {
 public:
  RequestReader(std::span<const std::byte> message, InferRequest& request, SharedTensors* shared)
      : message_(reinterpret_cast<const char*>(message.data()), message.size()),
        request_(request),
        shared_(shared) {}

  Status Read();

 private:
  Status ReadField(const Field& field);
  Status AddInput(std::string_view message);
  Status ReadInput(std::string_view message, NamedTensor& input);
  Status AddOutput(std::string_view message);
  Status ReadOutput(std::string_view message, RequestedOutput& output);
  Status TakeRawContents();

  std::string_view message_;
  InferRequest& request_;
  SharedTensors* const shared_;
  absl::InlinedVector<std::string_view, 8> raw_;
  bool typed_ = false;  // an input came with contents
};

/// Says which input or output `status` is about.
template <typename Named>
Status About(const Status& status, std::string_view what, const std::vector<Named>& all) {
  if (status.ok()) return status;
  const std::string& name = all.back().name;
  return Annotate(status, name.empty() ? fmt::format("{} {}", what, all.size() - 1)
                                       : fmt::format("{} {}", what, Quote(name)));
}

Status RequestReader::Read() {
  request_.binary_outputs = true;
  MessageReader reader(message_, kRequestNames);
  for (Field field; reader.Next(&field);) RETURN_IF_ERROR(ReadField(field));
  RETURN_IF_ERROR(reader.status());
  return TakeRawContents();
}

Status RequestReader::ReadField(const Field& field) {
  switch (field.tag) {
    case BytesTag(1):
      return ReadText(field, kRequestNames[1], &request_.model);
    case BytesTag(2):
      return ReadText(field, kRequestNames[2], &request_.version);
    case BytesTag(3):
      return ReadText(field, kRequestNames[3], &request_.id);
    case BytesTag(4):
      return ReadEntry(field.bytes, [this](std::string_view name, const Parameter& parameter) {
        return TakeRequestParameter(name, parameter, request_);
      });
    case BytesTag(5):
      return AddInput(field.bytes);
    case BytesTag(6):
      return AddOutput(field.bytes);
    case BytesTag(7):
      if (raw_.size() == kMaxTensors)
        return Error(Reason::kBadRequest, "expected at most {} \"raw_input_contents\"",
                     kMaxTensors);
      raw_.push_back(field.bytes);
  }
  return OkStatus();
}

Status RequestReader::AddInput(std::string_view message) {
  if (request_.inputs.size() == kMaxTensors)
    return Error(Reason::kBadRequest, "expected at most {} inputs", kMaxTensors);
  NamedTensor& input = request_.inputs.emplace_back();
  return About(ReadInput(message, input), "input", request_.inputs);
}

Status RequestReader::ReadInput(std::string_view message, NamedTensor& input) {
  std::string_view datatype;
  std::string_view contents;
  bool typed = false;
  MessageReader reader(message, kInputNames);
  for (Field field; reader.Next(&field);) {
    switch (field.tag) {
      case BytesTag(1):
        RETURN_IF_ERROR(ReadText(field, kInputNames[1], &input.name));
        break;
      case BytesTag(2):
        RETURN_IF_ERROR(ReadText(field, kInputNames[2], &datatype));
        break;
      case BytesTag(3):
      case VarintTag(3):
        RETURN_IF_ERROR(ReadShape(field, input.tensor.shape));
        break;
      case BytesTag(4):
        RETURN_IF_ERROR(
            ReadEntry(field.bytes, [this](std::string_view name, const Parameter& parameter) {
              return TakeShared(name, parameter, shared_, &SharedTensors::inputs,
                                request_.inputs.size() - 1)
                  .status();
            }));
        break;
      case BytesTag(5):
        if (typed) return Error(Reason::kBadRequest, "\"contents\" is given twice");
        contents = field.bytes;
        typed = true;
    }
  }
  RETURN_IF_ERROR(reader.status());
  if (input.name.empty()) return Error(Reason::kBadRequest, "\"name\" is missing");
  if (datatype.empty()) return Error(Reason::kBadRequest, "\"datatype\" is missing");
  ASSIGN_OR_RETURN(input.tensor.dtype, DTypeOf(datatype));
  RETURN_IF_ERROR(ElementCount(input.tensor.shape).status());
  if (const auto* shared =
          SharedTensors::Find(shared_, &SharedTensors::inputs, request_.inputs.size() - 1)) {
    if (typed)
      return Error(Reason::kBadRequest,
                   "expected either \"shared_memory_region\" or \"contents\", got both");
    return shared->CheckComplete();
  }
  if (!typed) return OkStatus();
  typed_ = true;
  return ReadContents(contents, request_.arena, input.tensor);
}

Status RequestReader::AddOutput(std::string_view message) {
  if (request_.outputs.size() == kMaxTensors)
    return Error(Reason::kBadRequest, "expected at most {} outputs", kMaxTensors);
  RequestedOutput& output = request_.outputs.emplace_back();
  return About(ReadOutput(message, output), "output", request_.outputs);
}

Status RequestReader::ReadOutput(std::string_view message, RequestedOutput& output) {
  MessageReader reader(message, kOutputNames);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(1))
      RETURN_IF_ERROR(ReadText(field, kOutputNames[1], &output.name));
    else if (field.tag == BytesTag(2))
      RETURN_IF_ERROR(
          ReadEntry(field.bytes, [&](std::string_view name, const Parameter& parameter) -> Status {
            ASSIGN_OR_RETURN(const bool shared,
                             TakeShared(name, parameter, shared_, &SharedTensors::outputs,
                                        request_.outputs.size() - 1));
            return shared ? OkStatus() : TakeOutputParameter(name, parameter, output);
          }));
  }
  RETURN_IF_ERROR(reader.status());
  if (output.name.empty()) return Error(Reason::kBadRequest, "\"name\" is missing");
  const auto* shared =
      SharedTensors::Find(shared_, &SharedTensors::outputs, request_.outputs.size() - 1);
  if (shared == nullptr) return OkStatus();
  if (output.classification > 0)
    return Error(Reason::kBadRequest,
                 "expected either \"shared_memory_region\" or \"classification\", got both");
  output.in_shared_memory = true;
  return shared->CheckComplete();
}

/// The raw contents are the data, in their order, of the inputs that are not in shared memory, or
/// the inputs brought it themselves.
Status RequestReader::TakeRawContents() {
  auto& inputs = request_.inputs;
  if (typed_ && !raw_.empty())
    return Error(Reason::kBadRequest,
                 "expected either \"contents\" in each input or \"raw_input_contents\", got both");
  std::span<const SharedTensor> shared;
  if (shared_ != nullptr) shared = shared_->inputs;
  if (!typed_ && raw_.size() != inputs.size() - shared.size())
    return Error(Reason::kBadRequest,
                 "expected {} \"raw_input_contents\", one for each input, got {}",
                 inputs.size() - shared.size(), raw_.size());
  for (size_t i = 0, skipped = 0; i < inputs.size(); ++i) {
    if (skipped < shared.size() && shared[skipped].index == i) {
      ++skipped;
      continue;
    }
    Tensor& tensor = inputs[i].tensor;
    const Status read = typed_ ? CheckData(tensor)
                               : ReadBinaryData(std::as_bytes(std::span(raw_[i - skipped])),
                                                request_.arena, tensor);
    if (!read.ok()) return Annotate(read, fmt::format("input {}", Quote(inputs[i].name)));
  }
  return OkStatus();
}

}  // namespace

Status ReadInferMessage(std::span<const std::byte> message, InferRequest& request,
                        SharedTensors* shared) {
  return RequestReader(message, request, shared).Read();
}

}  // namespace slipway::openinference
