#include "protocol/mlflow/request_reader.h"

#include "text/json_reader.h"

namespace slipway::mlflow {
namespace {

constexpr JsonReader::Options kOptions{.allow_nan_tokens = true};
constexpr std::string_view kFormats = "dataframe_split, dataframe_records, instances, inputs";
constexpr size_t kMaxOutputs = 4096;
constexpr size_t kMaxListedBytes = 500;

/// One member of the body that holds the data. Views into the body.
struct Data {
  std::string key;
  std::string_view value;
};

bool IsFormat(std::string_view key) {
  return key == "dataframe_split" || key == "dataframe_records" || key == "instances" ||
         key == "inputs";
}

Status ReadOutputNames(JsonReader& json, InferRequest& request) {
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) return OkStatus();
    if (request.outputs.size() == kMaxOutputs)
      return json.Refuse(fmt::format("more than {} outputs", kMaxOutputs));
    RETURN_IF_ERROR(json.ReadString(&request.outputs.emplace_back().name));
  }
}

Status ReadParams(JsonReader& json, InferRequest& request) {
  ASSIGN_OR_RETURN(const bool none, json.TryNull());
  if (none) return OkStatus();
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) return OkStatus();
    RETURN_IF_ERROR(key == "outputs" ? ReadOutputNames(json, request) : json.SkipUnread());
  }
}

StatusOr<Data> FindData(std::string_view body, InferRequest& request) {
  Data data;
  JsonReader json(body, kOptions);
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type != JsonType::kObject)
    return Error(Reason::kBadRequest, "expected an object with exactly one of {}, got {}", kFormats,
                 type == JsonType::kArray ? "a list" : "another value");
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    if (key == "params") {
      RETURN_IF_ERROR(ReadParams(json, request));
      continue;
    }
    if (IsFormat(key)) {
      if (!data.key.empty())
        return Error(Reason::kBadRequest, "expected exactly one of {}, got {} and {}", kFormats,
                     data.key, key);
      data.key = key;
      RETURN_IF_ERROR(json.Skip(&data.value));
    } else {
      RETURN_IF_ERROR(json.SkipUnread());
    }
  }
  RETURN_IF_ERROR(json.End());
  if (data.key.empty())
    return Error(Reason::kBadRequest, "expected an object with exactly one of {}", kFormats);
  return data;
}

/// Columns that were declared are found by name alone, as MLflow has it.
Status Unnamed(const Signature& signature) {
  std::string names;
  for (const ColumnSpec& column : signature.columns) {
    if (names.size() > kMaxListedBytes)
      return Error(Reason::kBadRequest, "missing columns {}, …", names);
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column.name);
  }
  return Error(Reason::kBadRequest, "missing columns {}: the rows name none", names);
}

/// Objects, or a list that begins with one, name what they hold.
StatusOr<bool> IsNamed(std::string_view text) {
  JsonReader json(text, kOptions);
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type != JsonType::kArray) return true;
  RETURN_IF_ERROR(json.BeginArray());
  ASSIGN_OR_RETURN(const bool more, json.NextElement());
  if (!more) return true;
  ASSIGN_OR_RETURN(const JsonType first, json.Peek());
  return first == JsonType::kObject;
}

Status ReadSplit(std::string_view text, const instances::TableModel& model, InferRequest& request) {
  std::string_view columns, rows;
  JsonReader json(text, model.json());
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    if (key == "columns")
      RETURN_IF_ERROR(json.Skip(&columns));
    else if (key == "data")
      RETURN_IF_ERROR(json.Skip(&rows));
    else if (key == "index")
      RETURN_IF_ERROR(json.SkipUnread());
    else
      return json.Refuse("expected the keys columns, index and data alone");
  }
  if (rows.empty()) return Error(Reason::kBadRequest, "\"data\" is missing");
  if (columns.empty() && !model.signature.columns.empty()) return Unnamed(model.signature);
  if (columns.empty()) return instances::ReadRowList(rows, model, request);
  return instances::ReadSplit(columns, rows, model, request);
}

bool IsWhole(DType dtype) { return dtype >= DType::kUint8 && dtype <= DType::kInt64; }
bool IsFloat(DType dtype) { return dtype >= DType::kFp16 && dtype <= DType::kFp64; }

}  // namespace

Status ReadRequest(std::string_view body, const instances::TableModel& model,
                   InferRequest& request) {
  ASSIGN_OR_RETURN(const Data data, FindData(body, request));
  const instances::TableModel part = model.Within(body.data());
  const auto read = [&]() -> Status {
    if (data.key == "dataframe_split") return ReadSplit(data.value, part, request);
    ASSIGN_OR_RETURN(const bool named, IsNamed(data.value));
    if (!named && !model.signature.columns.empty()) return Unnamed(model.signature);
    if (data.key == "inputs") return instances::ReadColumnLists(data.value, part, request);
    return instances::ReadRowList(data.value, part, request);
  };
  const Status status = read();
  return status.ok() ? status : Annotate(status, data.key);
}

void AskForPrediction(const Signature& signature, InferRequest& request) {
  const auto& outputs = signature.outputs;
  if (!request.outputs.empty() || outputs.size() != 2) return;
  const bool labels = IsWhole(outputs[0].dtype) || outputs[0].dtype == DType::kBytes;
  if (labels && IsFloat(outputs[1].dtype) && outputs[1].shape.size() == 2)
    request.outputs.push_back({outputs[0].name});
}

}  // namespace slipway::mlflow
