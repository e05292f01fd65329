#include "client/grpc_message.h"

#include "client/column_parameters.h"
#include "client/unreadable.h"
#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"

namespace slipway::client {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;
using protobuf::VarintTag;

constexpr size_t kMaxTensors = 4'096;

Status AddDim(uint64_t dim, Shape& shape) {
  if (shape.size() == size_t{kMaxRank})
    return Error(Reason::kIo, "a shape of more than {} dimensions", kMaxRank);
  shape.push_back(static_cast<int64_t>(dim));
  return OkStatus();
}

Status ReadDims(const Field& field, Shape& shape) {
  if (field.tag == VarintTag(field.number())) return AddDim(field.value, shape);
  Status fits;
  const bool whole = protobuf::ReadPackedVarints(field.bytes, [&](uint64_t dim) {
    if (fits.ok()) fits = AddDim(dim, shape);
  });
  if (!whole) return Error(Reason::kIo, "a shape is truncated");
  return fits;
}

/// An entry of a map from names to InferParameters.
Status ReadParameter(std::string_view message, ColumnParameters& columns) {
  std::string_view name, value;
  MessageReader entry(message);
  for (Field field; entry.Next(&field);) {
    if (field.tag == BytesTag(1)) name = field.bytes;
    if (field.tag == BytesTag(2)) value = field.bytes;
  }
  RETURN_IF_ERROR(entry.status());
  MessageReader parameter(value);
  for (Field field; parameter.Next(&field);)
    if (field.tag == BytesTag(3)) columns.Read(name, field.bytes);
  return parameter.status();
}

/// A TensorMetadata or an InferOutputTensor: name, datatype, shape and parameters are
/// fields 1 to 4 of both.
StatusOr<TensorSpec> ReadTensor(std::string_view message) {
  TensorSpec spec;
  ColumnParameters columns;
  std::string_view datatype;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(1)) spec.name = field.bytes;
    if (field.tag == BytesTag(2)) datatype = field.bytes;
    if (field.number() == 3) RETURN_IF_ERROR(ReadDims(field, spec.shape));
    if (field.tag == BytesTag(4)) RETURN_IF_ERROR(ReadParameter(field.bytes, columns));
  }
  RETURN_IF_ERROR(reader.status());
  const auto dtype = ParseDType(datatype);
  if (!dtype)
    return Error(Reason::kIo, "tensor \"{}\": unknown datatype \"{}\"", spec.name, datatype);
  spec.dtype = *dtype;
  std::move(columns).GiveTo(spec);
  return spec;
}

Status AddTensor(std::string_view message, std::vector<TensorSpec>& tensors) {
  if (tensors.size() == kMaxTensors) return Error(Reason::kIo, "more than {} tensors", kMaxTensors);
  ASSIGN_OR_RETURN(tensors.emplace_back(), ReadTensor(message));
  return OkStatus();
}

StatusOr<Signature> ReadSignature(std::string_view message) {
  Signature signature;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(4)) RETURN_IF_ERROR(AddTensor(field.bytes, signature.inputs));
    if (field.tag == BytesTag(5)) RETURN_IF_ERROR(AddTensor(field.bytes, signature.outputs));
  }
  RETURN_IF_ERROR(reader.status());
  return signature;
}

/// Aligned for its elements, as a message's middle is not.
Buffer CopyOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  std::byte* to;
  Buffer copy = Buffer::Allocate(bytes.size(), &to);
  std::copy(bytes.begin(), bytes.end(), to);
  return copy;
}

StatusOr<InferAnswer> ReadAnswer(std::string_view message) {
  InferAnswer answer;
  std::vector<TensorSpec> specs;
  std::vector<std::string_view> contents;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(2)) answer.version = field.bytes;
    if (field.tag == BytesTag(5)) RETURN_IF_ERROR(AddTensor(field.bytes, specs));
    if (field.tag == BytesTag(6) && contents.size() <= kMaxTensors) contents.push_back(field.bytes);
  }
  RETURN_IF_ERROR(reader.status());
  if (contents.size() != specs.size())
    return Error(Reason::kIo, "expected raw contents for each of {} outputs, got {}", specs.size(),
                 contents.size());
  for (size_t i = 0; i < specs.size(); ++i) {
    Tensor tensor{specs[i].dtype, specs[i].shape, CopyOf(contents[i])};
    if (const Status fits = CheckData(tensor); !fits.ok())
      return Annotate(fits, fmt::format("output \"{}\"", specs[i].name));
    answer.outputs.push_back({std::move(specs[i].name), std::move(tensor)});
  }
  return answer;
}

void WriteModel(MessageWriter& out, std::string_view name, std::string_view version) {
  out.Bytes(1, name);
  if (!version.empty()) out.Bytes(2, version);
}

void WriteInput(MessageWriter& out, const NamedTensor& input, std::string& buffer) {
  const size_t tensor = out.Begin(5);
  out.Bytes(1, input.name);
  out.Bytes(2, NameOf(input.tensor.dtype));
  const size_t shape = out.Begin(3);
  for (const int64_t dim : input.tensor.shape)
    protobuf::AppendVarint(buffer, static_cast<uint64_t>(dim));
  out.End(shape);
  out.End(tensor);
}

}  // namespace

std::string WriteModelMetadata(std::string_view name, std::string_view version) {
  std::string message;
  MessageWriter out(message);
  WriteModel(out, name, version);
  return message;
}

StatusOr<Signature> ReadModelMetadata(std::string_view message) {
  auto signature = ReadSignature(message);
  if (!signature.ok()) return Unreadable(signature.status());
  return signature;
}

std::string WriteModelInfer(std::string_view name, std::string_view version,
                            const InferRequest& request) {
  std::string message;
  MessageWriter out(message);
  WriteModel(out, name, version);
  if (!request.id.empty()) out.Bytes(3, request.id);
  for (const NamedTensor& input : request.inputs) WriteInput(out, input, message);
  for (const RequestedOutput& output : request.outputs) {
    const size_t asked = out.Begin(6);
    out.Bytes(1, output.name);
    out.End(asked);
  }
  for (const NamedTensor& input : request.inputs)
    out.Bytes(7,
              {reinterpret_cast<const char*>(input.tensor.data.data()), input.tensor.data.size()});
  return message;
}

StatusOr<InferAnswer> ReadModelInfer(std::string_view message) {
  auto answer = ReadAnswer(message);
  if (!answer.ok()) return Unreadable(answer.status());
  return answer;
}

}  // namespace slipway::client
