#include "protocol/openinference/response_writer.h"

#include "protocol/calls/body_parts.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/tensor_data.h"
#include "text/json_writer.h"
#include "text/number_format.h"

namespace slipway::openinference {
namespace {

enum class Form { kJson, kBinary, kNoData };

Form FormOf(const InferRequest& request, size_t index) {
  bool binary = request.binary_outputs;
  if (index < request.outputs.size()) {
    if (request.outputs[index].in_shared_memory) return Form::kNoData;
    binary = request.outputs[index].binary.value_or(binary);
  }
  return binary ? Form::kBinary : Form::kJson;
}

Status AppendOutput(const NamedTensor& output, std::string_view content_type, Form form,
                    JsonWriter& json, std::string& body) {
  const Tensor& tensor = output.tensor;
  json.BeginObject().Key("name").String(output.name);
  json.Key("datatype").String(NameOf(tensor.dtype));
  json.Key("shape").BeginArray();
  for (const int64_t dim : tensor.shape) json.Int(dim);
  json.EndArray();
  if (form == Form::kBinary || !content_type.empty()) {
    json.Key("parameters").BeginObject();
    if (!content_type.empty()) json.Key("content_type").String(content_type);
    if (form == Form::kBinary) json.Key("binary_data_size").Uint(tensor.data.size());
    json.EndObject();
  }
  if (form == Form::kJson) {
    json.Key("data").Raw("");
    if (const Status status = AppendJsonData(tensor, body); !status.ok())
      return Annotate(status, fmt::format("output \"{}\"", output.name));
  }
  json.EndObject();
  return OkStatus();
}

Status AppendJson(const InferRequest& request, const InferResponse& answer, std::string& body) {
  JsonWriter json(body);
  json.BeginObject();
  if (!request.id.empty()) json.Key("id").String(request.id);
  json.Key("model_name").String(answer.model).Key("model_version").String(answer.version);
  json.Key("outputs").BeginArray();
  for (size_t i = 0; i < answer.outputs.size(); ++i)
    RETURN_IF_ERROR(
        AppendOutput(answer.outputs[i], answer.content_type, FormOf(request, i), json, body));
  json.EndArray().EndObject();
  return OkStatus();
}

}  // namespace

Status WriteResponse(const InferRequest& request, const InferResponse& answer,
                     http::Response& response, size_t* json_size) {
  *json_size = 0;
  if (Status status = AppendJson(request, answer, response.body); !status.ok()) {
    response.body.clear();
    return status;
  }
  bool any_binary = false;
  const size_t size = response.body.size();
  for (size_t i = 0; i < answer.outputs.size(); ++i) {
    if (FormOf(request, i) != Form::kBinary) continue;
    any_binary = true;
    AppendData(answer.outputs[i].tensor.data, response);
  }
  if (!any_binary) return OkStatus();
  response.content_type = "application/octet-stream";
  response.headers.append(kJsonSizeHeader).append(": ");
  AppendNumber(response.headers, static_cast<uint64_t>(size));
  response.headers.append("\r\n");
  *json_size = size;
  return OkStatus();
}

Status WriteResponse(const InferRequest& request, const InferResponse& answer,
                     http::Response& response) {
  size_t json_size;
  return WriteResponse(request, answer, response, &json_size);
}

}  // namespace slipway::openinference
