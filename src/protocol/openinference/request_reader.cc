#include "protocol/openinference/request_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>

#include "protocol/openinference/parameters.h"
#include "protocol/openinference/tensor_data.h"
#include "text/json_reader.h"

namespace slipway::openinference {
namespace {

/// Each key of an object at most once, for the keys that mean something.
class SeenKeys {
 public:
  explicit SeenKeys(std::span<const std::string_view> known) : known_(known) {}

  /// Index of `key` among the known ones; -1 for others. kBadRequest for a known key's second
  /// coming.
  StatusOr<int> Mark(std::string_view key) {
    for (size_t i = 0; i < known_.size(); ++i) {
      if (known_[i] != key) continue;
      if (seen_ & (1u << i)) return Error(Reason::kBadRequest, "\"{}\" is given twice", key);
      seen_ |= 1u << i;
      return static_cast<int>(i);
    }
    return -1;
  }

 private:
  std::span<const std::string_view> known_;
  uint32_t seen_ = 0;
};

class RequestReader {
 public:
  RequestReader(std::span<const std::byte> body, size_t json_size, InferRequest& request,
                SharedTensors* shared)
      : text_(reinterpret_cast<const char*>(body.data()), json_size),
        tail_(body.subspan(json_size)),
        json_(text_),
        request_(request),
        shared_(shared) {}

  Status Read();

 private:
  /// One element of "inputs" while its members come in.
  struct Input {
    bool named = false, shaped = false, typed = false;
    bool data_read = false;
    std::string_view data_text;  // "data" that came before "shape" or "datatype"
    std::optional<uint64_t> binary_data_size;
  };

  Status ReadParameters();
  Status SkipParameter(std::string_view name);
  Status ReadNumber(std::string_view parameter, uint64_t* number);
  Status ReadInputs();
  Status ReadInput(NamedTensor& tensor);
  Status ReadInputMember(int member, Input& input, NamedTensor& tensor);
  Status ReadInputParameters(Input& input);
  Status ReadShape(Shape& shape);
  Status ReadDType(DType& dtype);
  Status ReadData(Input& input, Tensor& tensor);
  Status FinishInput(Input& input, Tensor& tensor);
  Status TakeBinaryData(uint64_t size, Tensor& tensor);
  Status ReadOutputs();
  Status ReadOutput(RequestedOutput& output);
  Status ReadOutputParameters(RequestedOutput& output);
  Status FinishOutput(RequestedOutput& output);
  Status ReadShared(SharedParameter parameter, std::string_view name, SharedTensor& tensor);

  std::string_view text_;
  std::span<const std::byte> tail_;  // binary data not yet taken
  JsonReader json_;
  InferRequest& request_;
  SharedTensors* const shared_;
};

enum RequestMember { kId, kParameters, kInputs, kOutputs };
constexpr std::string_view kRequestKeys[] = {"id", "parameters", "inputs", "outputs"};

Status RequestReader::Read() {
  SeenKeys seen(kRequestKeys);
  bool has_inputs = false;
  RETURN_IF_ERROR(json_.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
    if (!more) break;
    ASSIGN_OR_RETURN(const int member, seen.Mark(key));
    if (member != kInputs) {
      // Clients that serialise whole classes write null for what they leave out.
      ASSIGN_OR_RETURN(const bool absent, json_.TryNull());
      if (absent) continue;
    }
    switch (member) {
      case kId:
        RETURN_IF_ERROR(json_.ReadString(&request_.id));
        break;
      case kParameters:
        RETURN_IF_ERROR(ReadParameters());
        break;
      case kInputs:
        RETURN_IF_ERROR(ReadInputs());
        has_inputs = true;
        break;
      case kOutputs:
        RETURN_IF_ERROR(ReadOutputs());
        break;
      default:
        RETURN_IF_ERROR(json_.Skip());
    }
  }
  RETURN_IF_ERROR(json_.End());
  if (!has_inputs) return Error(Reason::kBadRequest, "\"inputs\" is missing");
  if (!tail_.empty())
    return Error(Reason::kBadRequest,
                 "{} bytes of binary data are left over after the inputs took theirs",
                 tail_.size());
  return OkStatus();
}

Status RequestReader::ReadParameters() {
  RETURN_IF_ERROR(json_.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
    if (!more) return OkStatus();
    if (key == "binary_data_output") {
      RETURN_IF_ERROR(json_.ReadBool(&request_.binary_outputs));
    } else if (key == "timeout") {
      uint64_t timeout_us;
      RETURN_IF_ERROR(ReadNumber(key, &timeout_us));
      SetTimeout(timeout_us, request_.context);
    } else if (key == "priority") {
      uint64_t priority;
      RETURN_IF_ERROR(ReadNumber(key, &priority));
      SetPriority(priority, request_.context);
    } else {
      RETURN_IF_ERROR(SkipParameter(key));
    }
  }
}

Status RequestReader::SkipParameter(std::string_view name) {
  RETURN_IF_ERROR(CheckRequestParameter(name));
  return json_.Skip();
}

Status RequestReader::ReadNumber(std::string_view parameter, uint64_t* number) {
  const Status status = json_.ReadUint64(number);
  return status.ok() ? status : Annotate(status, fmt::format("parameter \"{}\"", parameter));
}

Status RequestReader::ReadInputs() {
  RETURN_IF_ERROR(json_.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextElement());
    if (!more) return OkStatus();
    if (request_.inputs.size() == kMaxTensors)
      return Error(Reason::kBadRequest, "expected at most {} inputs", kMaxTensors);
    NamedTensor& input = request_.inputs.emplace_back();
    const Status status = ReadInput(input);
    if (status.ok()) continue;
    return Annotate(status, input.name.empty() ? fmt::format("input {}", request_.inputs.size() - 1)
                                               : fmt::format("input {}", Quote(input.name)));
  }
}

enum InputMember { kInputName, kInputShape, kInputDType, kInputData, kInputParameters };
constexpr std::string_view kInputKeys[] = {"name", "shape", "datatype", "data", "parameters"};

Status RequestReader::ReadInput(NamedTensor& tensor) {
  SeenKeys seen(kInputKeys);
  Input input;
  RETURN_IF_ERROR(json_.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
    if (!more) break;
    ASSIGN_OR_RETURN(const int member, seen.Mark(key));
    RETURN_IF_ERROR(ReadInputMember(member, input, tensor));
  }
  if (!input.named) return Error(Reason::kBadRequest, "\"name\" is missing");
  if (!input.shaped) return Error(Reason::kBadRequest, "\"shape\" is missing");
  if (!input.typed) return Error(Reason::kBadRequest, "\"datatype\" is missing");
  return FinishInput(input, tensor.tensor);
}

Status RequestReader::ReadInputMember(int member, Input& input, NamedTensor& tensor) {
  switch (member) {
    case kInputName:
      input.named = true;
      return json_.ReadString(&tensor.name);
    case kInputShape:
      input.shaped = true;
      return ReadShape(tensor.tensor.shape);
    case kInputDType:
      input.typed = true;
      return ReadDType(tensor.tensor.dtype);
    case kInputData:
      return ReadData(input, tensor.tensor);
    case kInputParameters:
      return ReadInputParameters(input);
    default:
      return json_.Skip();
  }
}

Status RequestReader::ReadShape(Shape& shape) {
  RETURN_IF_ERROR(json_.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextElement());
    if (!more) break;
    if (shape.size() == kMaxRank)
      return Error(Reason::kBadRequest, "expected at most {} dimensions", kMaxRank);
    int64_t dim;
    RETURN_IF_ERROR(json_.ReadInt64(&dim));
    shape.push_back(dim);
  }
  return ElementCount(shape).status();
}

Status RequestReader::ReadDType(DType& dtype) {
  std::string_view name;
  RETURN_IF_ERROR(json_.ReadString(&name));
  ASSIGN_OR_RETURN(dtype, DTypeOf(name));
  return OkStatus();
}

Status RequestReader::ReadData(Input& input, Tensor& tensor) {
  if (!input.shaped || !input.typed) return json_.Skip(&input.data_text);
  input.data_read = true;
  return ReadJsonData(json_, request_.arena, tensor);
}

Status RequestReader::ReadInputParameters(Input& input) {
  ASSIGN_OR_RETURN(const bool absent, json_.TryNull());
  if (absent) return OkStatus();
  RETURN_IF_ERROR(json_.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
    if (!more) return OkStatus();
    if (const auto parameter = SharedParameterOf(key); parameter != SharedParameter::kNone) {
      if (!shared_) return SharedMemoryNotOffered(key);
      RETURN_IF_ERROR(ReadShared(
          parameter, key, SharedTensors::EntryOf(shared_->inputs, request_.inputs.size() - 1)));
      continue;
    }
    if (key != "binary_data_size") {
      RETURN_IF_ERROR(json_.Skip());
      continue;
    }
    if (input.binary_data_size) return Error(Reason::kBadRequest, "\"{}\" is given twice", key);
    uint64_t size;
    RETURN_IF_ERROR(ReadNumber(key, &size));
    input.binary_data_size = size;
  }
}

Status RequestReader::FinishInput(Input& input, Tensor& tensor) {
  const bool has_data = input.data_read || !input.data_text.empty();
  if (const auto* shared =
          SharedTensors::Find(shared_, &SharedTensors::inputs, request_.inputs.size() - 1)) {
    if (has_data || input.binary_data_size)
      return Error(Reason::kBadRequest,
                   "expected either \"shared_memory_region\" or \"{}\", got both",
                   has_data ? "data" : "binary_data_size");
    return shared->CheckComplete();
  }
  if (has_data == input.binary_data_size.has_value())
    return Error(Reason::kBadRequest, "expected either \"data\" or \"binary_data_size\", got {}",
                 has_data ? "both" : "neither");
  if (input.binary_data_size) return TakeBinaryData(*input.binary_data_size, tensor);
  if (input.data_read) return OkStatus();
  JsonReader again(text_);  // of the whole text, so that messages count from its start
  again.Advance(static_cast<size_t>(input.data_text.data() - text_.data()));
  return ReadJsonData(again, request_.arena, tensor);
}

Status RequestReader::TakeBinaryData(uint64_t size, Tensor& tensor) {
  if (size > tail_.size())
    return Error(
        Reason::kBadRequest,
        "binary_data_size is {}, but {} bytes are left after the JSON (its length goes into "
        "the header {})",
        size, tail_.size(), kJsonSizeHeader);
  const auto bytes = tail_.first(static_cast<size_t>(size));
  tail_ = tail_.subspan(bytes.size());
  return ReadBinaryData(bytes, request_.arena, tensor);
}

Status RequestReader::ReadOutputs() {
  RETURN_IF_ERROR(json_.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextElement());
    if (!more) return OkStatus();
    if (request_.outputs.size() == kMaxTensors)
      return Error(Reason::kBadRequest, "expected at most {} outputs", kMaxTensors);
    RequestedOutput& output = request_.outputs.emplace_back();
    const Status status = ReadOutput(output);
    if (status.ok()) continue;
    return Annotate(status, output.name.empty()
                                ? fmt::format("output {}", request_.outputs.size() - 1)
                                : fmt::format("output {}", Quote(output.name)));
  }
}

enum OutputMember { kOutputName, kOutputParameters };
constexpr std::string_view kOutputKeys[] = {"name", "parameters"};

Status RequestReader::ReadOutput(RequestedOutput& output) {
  SeenKeys seen(kOutputKeys);
  bool named = false;
  RETURN_IF_ERROR(json_.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
    if (!more) break;
    ASSIGN_OR_RETURN(const int member, seen.Mark(key));
    if (member == kOutputName) {
      RETURN_IF_ERROR(json_.ReadString(&output.name));
      named = true;
    } else if (member == kOutputParameters) {
      RETURN_IF_ERROR(ReadOutputParameters(output));
    } else {
      RETURN_IF_ERROR(json_.Skip());
    }
  }
  if (!named) return Error(Reason::kBadRequest, "\"name\" is missing");
  return FinishOutput(output);
}

Status RequestReader::FinishOutput(RequestedOutput& output) {
  const auto* shared =
      SharedTensors::Find(shared_, &SharedTensors::outputs, request_.outputs.size() - 1);
  if (shared == nullptr) return OkStatus();
  if (output.classification > 0 || output.binary.value_or(false))
    return Error(Reason::kBadRequest,
                 "expected either \"shared_memory_region\" or \"{}\", got both",
                 output.classification > 0 ? "classification" : "binary_data");
  output.in_shared_memory = true;
  return shared->CheckComplete();
}

Status RequestReader::ReadShared(SharedParameter parameter, std::string_view name,
                                 SharedTensor& tensor) {
  const auto given_twice = [&] {
    return Error(Reason::kBadRequest, "\"{}\" is given twice", name);
  };
  if (parameter == SharedParameter::kRegion) {
    if (tensor.region) return given_twice();
    return json_.ReadString(&tensor.region.emplace());
  }
  auto& number = parameter == SharedParameter::kOffset ? tensor.offset : tensor.byte_size;
  if (number) return given_twice();
  return ReadNumber(name, &number.emplace());
}

Status RequestReader::ReadOutputParameters(RequestedOutput& output) {
  ASSIGN_OR_RETURN(const bool absent, json_.TryNull());
  if (absent) return OkStatus();
  RETURN_IF_ERROR(json_.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
    if (!more) return OkStatus();
    if (const auto parameter = SharedParameterOf(key); parameter != SharedParameter::kNone) {
      if (!shared_) return SharedMemoryNotOffered(key);
      RETURN_IF_ERROR(ReadShared(
          parameter, key, SharedTensors::EntryOf(shared_->outputs, request_.outputs.size() - 1)));
    } else if (key == "binary_data") {
      bool binary;
      RETURN_IF_ERROR(json_.ReadBool(&binary));
      output.binary = binary;
    } else if (key == "classification") {
      uint64_t classes;
      RETURN_IF_ERROR(ReadNumber(key, &classes));
      SetClassification(classes, output);
    } else {
      RETURN_IF_ERROR(json_.Skip());
    }
  }
}

/// The shape of a lone input that came as `bytes` bytes, batch 1.
StatusOr<Shape> RawShape(const TensorSpec& spec, bool batched, size_t bytes) {
  Shape shape = spec.shape;
  if (batched && !shape.empty()) shape[0] = 1;
  const auto any = std::find(shape.begin(), shape.end(), -1);
  if (any == shape.end()) return shape;
  *any = 1;
  if (std::find(any, shape.end(), -1) != shape.end())
    return Error(Reason::kBadRequest,
                 "a raw request needs an input with at most one dimension of any size, it is {}",
                 ToString(spec.dtype, spec.shape));
  ASSIGN_OR_RETURN(const int64_t unit, ByteCount(spec.dtype, shape));
  if (unit == 0 || bytes % static_cast<uint64_t>(unit) != 0)
    return Error(Reason::kBadRequest, "expected a multiple of {} bytes for {}, got {}", unit,
                 ToString(spec.dtype, spec.shape), bytes);
  *any = static_cast<int64_t>(bytes / static_cast<uint64_t>(unit));
  return shape;
}

/// A raw body is one BYTES element, without the length that goes before it elsewhere.
Status ReadRawBytes(std::span<const std::byte> body, const TensorSpec& spec, Arena& arena,
                    Tensor& tensor) {
  tensor.shape = spec.shape;
  std::replace(tensor.shape.begin(), tensor.shape.end(), int64_t{-1}, int64_t{1});
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(tensor.shape));
  if (count != 1 || body.size() > std::numeric_limits<uint32_t>::max())
    return Error(Reason::kBadRequest, "a raw request holds one BYTES element, the input takes {}",
                 ToString(spec.dtype, spec.shape));
  const auto length = static_cast<uint32_t>(body.size());
  const std::span<std::byte> wire = arena.Allocate(sizeof(length) + body.size());
  std::memcpy(wire.data(), &length, sizeof(length));
  std::copy(body.begin(), body.end(), wire.begin() + sizeof(length));
  tensor.data = Buffer(wire);
  return OkStatus();
}

Status ReadRawTensor(std::span<const std::byte> body, const TensorSpec& spec, bool batched,
                     Arena& arena, Tensor& tensor) {
  tensor.dtype = spec.dtype;
  if (spec.dtype == DType::kBytes) return ReadRawBytes(body, spec, arena, tensor);
  ASSIGN_OR_RETURN(tensor.shape, RawShape(spec, batched, body.size()));
  return ReadBinaryData(body, arena, tensor);
}

}  // namespace

StatusOr<size_t> JsonSize(std::optional<std::string_view> header, size_t body_size) {
  if (!header) return body_size;
  size_t size = 0;
  const char* const end = header->data() + header->size();
  const auto result = std::from_chars(header->data(), end, size);
  if (result.ec != std::errc() || result.ptr != end || size > body_size)
    return Error(Reason::kBadRequest,
                 "header {}: expected a whole number from 0 to {}, the body's size, got {}",
                 kJsonSizeHeader, body_size, Quote(*header));
  return size;
}

Status ReadRequest(std::span<const std::byte> body, size_t json_size, InferRequest& request,
                   SharedTensors* shared) {
  return RequestReader(body, json_size, request, shared).Read();
}

Status ReadRawRequest(std::span<const std::byte> body, const Signature& signature, bool batched,
                      InferRequest& request) {
  if (signature.inputs.size() != 1)
    return Error(Reason::kBadRequest, "a raw request needs a model with one input, this one has {}",
                 signature.inputs.size());
  const TensorSpec& spec = signature.inputs[0];
  request.binary_outputs = true;
  NamedTensor& input = request.inputs.emplace_back();
  input.name = spec.name;
  const Status status = ReadRawTensor(body, spec, batched, request.arena, input.tensor);
  return status.ok() ? status : Annotate(status, fmt::format("input {}", Quote(spec.name)));
}

}  // namespace slipway::openinference
