#include "client/http_infer_client.h"

#include <algorithm>
#include <charconv>

#include "client/column_parameters.h"
#include "client/unreadable.h"
#include "text/json_reader.h"
#include "text/json_writer.h"

namespace slipway::client {
namespace {

constexpr std::string_view kJsonSizeHeader = "Inference-Header-Content-Length";

/// One entry of "inputs" or "outputs" in metadata and answers.
struct TensorEntry {
  TensorSpec spec;
  std::optional<uint64_t> binary_size;
};

/// Calls `on_key` for each key; it reads the value.
template <typename OnKey>
Status ReadObject(JsonReader& json, OnKey&& on_key) {
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) return OkStatus();
    RETURN_IF_ERROR(on_key(key));
  }
}

Status ReadShape(JsonReader& json, Shape& shape) {
  shape.clear();
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) return OkStatus();
    if (shape.size() == size_t{kMaxRank})
      return Error(Reason::kIo, "a shape of more than {} dimensions", kMaxRank);
    RETURN_IF_ERROR(json.ReadInt64(&shape.emplace_back()));
  }
}

Status ReadEntry(JsonReader& json, TensorEntry& entry) {
  ColumnParameters columns;
  std::string datatype;
  RETURN_IF_ERROR(ReadObject(json, [&](std::string_view key) -> Status {
    if (key == "name") return json.ReadString(&entry.spec.name);
    if (key == "datatype") return json.ReadString(&datatype);
    if (key == "shape") return ReadShape(json, entry.spec.shape);
    if (key != "parameters") return json.Skip();
    return ReadObject(json, [&](std::string_view parameter) -> Status {
      if (parameter == "binary_data_size") return json.ReadUint64(&entry.binary_size.emplace());
      std::string_view value;
      RETURN_IF_ERROR(json.Skip(&value));
      columns.Read(parameter, value);
      return OkStatus();
    });
  }));
  const auto dtype = ParseDType(datatype);
  if (!dtype)
    return Error(Reason::kIo, "tensor \"{}\": unknown datatype \"{}\"", entry.spec.name, datatype);
  entry.spec.dtype = *dtype;
  std::move(columns).GiveTo(entry.spec);
  return OkStatus();
}

Status ReadEntries(JsonReader& json, std::vector<TensorEntry>& entries) {
  constexpr size_t kMaxEntries = 4'096;
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) return OkStatus();
    if (entries.size() == kMaxEntries)
      return Error(Reason::kIo, "more than {} tensors", kMaxEntries);
    RETURN_IF_ERROR(ReadEntry(json, entries.emplace_back()));
  }
}

std::vector<TensorSpec> SpecsOf(std::vector<TensorEntry> entries) {
  std::vector<TensorSpec> specs;
  for (TensorEntry& entry : entries) specs.push_back(std::move(entry.spec));
  return specs;
}

StatusOr<size_t> JsonSizeOf(const HttpResponse& response) {
  const auto text = response.header(kJsonSizeHeader);
  if (!text) return response.body.size();
  size_t size;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
  if (error != std::errc() || end != text->data() + text->size() || size > response.body.size())
    return Error(Reason::kIo, "{}: expected 0 to {}, got \"{}\"", kJsonSizeHeader,
                 response.body.size(), *text);
  return size;
}

/// Aligned for its elements, as a body's middle is not.
Buffer CopyOf(std::span<const std::byte> bytes) {
  std::byte* to;
  Buffer copy = Buffer::Allocate(bytes.size(), &to);
  std::copy(bytes.begin(), bytes.end(), to);
  return copy;
}

/// Cuts the tensors' bytes off `rest`, in order.
StatusOr<std::vector<NamedTensor>> CutTensors(std::vector<TensorEntry> entries,
                                              std::span<const std::byte> rest) {
  std::vector<NamedTensor> outputs;
  for (TensorEntry& entry : entries) {
    const std::string& name = entry.spec.name;
    if (!entry.binary_size)
      return Error(Reason::kIo, "output \"{}\": the server sent no binary data", name);
    if (*entry.binary_size > rest.size())
      return Error(Reason::kIo, "output \"{}\": expected {} bytes, got {}", name,
                   *entry.binary_size, rest.size());
    Tensor tensor{entry.spec.dtype, entry.spec.shape, CopyOf(rest.first(*entry.binary_size))};
    if (const Status fits = CheckData(tensor); !fits.ok())
      return Annotate(fits, fmt::format("output \"{}\"", name));
    rest = rest.subspan(*entry.binary_size);
    outputs.push_back({std::move(entry.spec.name), std::move(tensor)});
  }
  return outputs;
}

Reason ReasonOfHttp(int http_status) {
  for (int i = 0; i < kReasonCount; ++i)
    if (InfoOf(static_cast<Reason>(i)).http_status == http_status) return static_cast<Reason>(i);
  return Reason::kIo;
}

}  // namespace

EncodedRequest EncodeBinary(const InferRequest& request) {
  EncodedRequest encoded;
  JsonWriter json(encoded.body);
  json.BeginObject();
  if (!request.id.empty()) json.Key("id").String(request.id);
  json.Key("inputs").BeginArray();
  for (const NamedTensor& input : request.inputs) {
    json.BeginObject().Key("name").String(input.name);
    json.Key("datatype").String(NameOf(input.tensor.dtype)).Key("shape").BeginArray();
    for (const int64_t dim : input.tensor.shape) json.Int(dim);
    json.EndArray().Key("parameters").BeginObject();
    json.Key("binary_data_size").Uint(input.tensor.data.size()).EndObject().EndObject();
  }
  json.EndArray();
  if (!request.outputs.empty()) {
    json.Key("outputs").BeginArray();
    for (const RequestedOutput& output : request.outputs) {
      json.BeginObject().Key("name").String(output.name).Key("parameters").BeginObject();
      json.Key("binary_data").Bool(true);
      if (output.classification > 0) json.Key("classification").Uint(output.classification);
      json.EndObject().EndObject();
    }
    json.EndArray();
  }
  json.Key("parameters").BeginObject().Key("binary_data_output").Bool(true).EndObject().EndObject();
  encoded.headers = fmt::format("Content-Type: application/octet-stream\r\n{}: {}\r\n",
                                kJsonSizeHeader, encoded.body.size());
  for (const NamedTensor& input : request.inputs)
    encoded.body.append(reinterpret_cast<const char*>(input.tensor.data.data()),
                        input.tensor.data.size());
  return encoded;
}

Status ErrorOf(const HttpResponse& response) {
  std::string message;
  JsonReader json(response.body);
  const Status read = ReadObject(json, [&](std::string_view key) -> Status {
    return key == "error" ? json.ReadString(&message) : json.Skip();
  });
  constexpr size_t kMaxMessage = 1'024;
  if (!read.ok() || message.empty()) message = response.body.substr(0, kMaxMessage);
  return Error(ReasonOfHttp(response.status), "HTTP {}: {}", response.status, message);
}

StatusOr<InferAnswer> DecodeAnswer(const HttpResponse& response) {
  if (response.status != 200) return ErrorOf(response);
  const StatusOr<size_t> json_size = JsonSizeOf(response);
  if (!json_size.ok()) return Unreadable(json_size.status());
  InferAnswer answer;
  std::vector<TensorEntry> entries;
  JsonReader json(std::string_view(response.body).substr(0, *json_size));
  const Status read = ReadObject(json, [&](std::string_view key) -> Status {
    if (key == "model_version") return json.ReadString(&answer.version);
    return key == "outputs" ? ReadEntries(json, entries) : json.Skip();
  });
  if (!read.ok()) return Unreadable(read);
  const auto bytes = std::as_bytes(std::span(response.body));
  auto outputs = CutTensors(std::move(entries), bytes.subspan(*json_size));
  if (!outputs.ok()) return Unreadable(outputs.status());
  answer.outputs = *std::move(outputs);
  return answer;
}

StatusOr<Signature> HttpInferClient::Metadata() {
  ASSIGN_OR_RETURN(const HttpResponse response, http_.Send({.path = model_path_}));
  if (response.status != 200) return ErrorOf(response);
  std::vector<TensorEntry> inputs, outputs;
  JsonReader json(response.body);
  const Status read = ReadObject(json, [&](std::string_view key) -> Status {
    if (key == "inputs") return ReadEntries(json, inputs);
    return key == "outputs" ? ReadEntries(json, outputs) : json.Skip();
  });
  if (!read.ok()) return Unreadable(read);
  return Signature{SpecsOf(std::move(inputs)), SpecsOf(std::move(outputs))};
}

StatusOr<InferAnswer> HttpInferClient::Infer(const InferRequest& request) {
  const EncodedRequest encoded = EncodeBinary(request);
  const std::string path = model_path_ + "/infer";
  ASSIGN_OR_RETURN(
      const HttpResponse response,
      http_.Send(
          {.method = "POST", .path = path, .headers = encoded.headers, .body = encoded.body}));
  return DecodeAnswer(response);
}

WireRequest HttpInferClient::Post(std::string_view headers, std::string_view body) const {
  const std::string path = model_path_ + "/infer";
  return {Serialise({"POST", path, headers, body}, http_.target().endpoint.host_header)};
}

WireRequest HttpInferClient::Prepare(const InferRequest& request) const {
  const EncodedRequest encoded = EncodeBinary(request);
  return Post(encoded.headers, encoded.body);
}

StatusOr<WireRequest> HttpInferClient::PrepareJson(std::string_view body) const {
  return Post("Content-Type: application/json\r\n", body);
}

// Tensors may follow the JSON, so its end is not looked for.
StatusOr<std::string> HttpInferClient::VersionIn(std::string_view body) const {
  std::string version;
  JsonReader json(body);
  const Status read = ReadObject(json, [&](std::string_view key) -> Status {
    return key == "model_version" ? json.ReadString(&version) : json.Skip();
  });
  if (!read.ok()) return Unreadable(read);
  return version;
}

}  // namespace slipway::client
