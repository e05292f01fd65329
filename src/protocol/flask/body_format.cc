#include "protocol/flask/body_format.h"

#include <algorithm>

#include "protocol/instances/csv_table.h"
#include "protocol/instances/json_table.h"
#include "protocol/instances/prediction.h"
#include "text/json_reader.h"
#include "transport/http/media_type.h"
#include "transport/http/query.h"

namespace slipway::flask {
namespace {

using instances::TableModel;

/// Keys that such services read the rows from.
constexpr std::string_view kWrappers[] = {"data",      "features", "input", "input_data", "inputs",
                                          "instances", "records",  "rows",  "X"};

bool IsWrapper(std::string_view key) {
  return std::ranges::find(kWrappers, key) != std::end(kWrappers);
}

/// What an object holds, as far as that says how to read it. Views into the body.
struct Members {
  std::string_view wrapped;  // the value of the one wrapper
  std::string_view columns;  // beside it: the names of its columns
  bool other_keys = false;
  bool all_lists = true;
};

bool IsList(std::string_view json) { return json.starts_with('['); }
bool IsObject(std::string_view json) { return json.starts_with('{'); }

StatusOr<Members> ReadMembers(std::string_view body) {
  Members members;
  JsonReader json(body, {.allow_nan_tokens = true});
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    const bool wrapper = IsWrapper(key), columns = key == "columns", index = key == "index";
    RETURN_IF_ERROR(json.Peek().status());  // past white space, so that `value` starts with it
    std::string_view value;
    RETURN_IF_ERROR(json.Skip(&value));
    members.all_lists &= IsList(value);
    if (columns && IsList(value))
      members.columns = value;
    else if (wrapper && members.wrapped.empty() && (IsList(value) || IsObject(value)))
      members.wrapped = value;
    else if (!index)
      members.other_keys = true;
  }
  RETURN_IF_ERROR(json.End());
  return members;
}

/// An object that is no wrapper: one row by name of column, or columns.
Status ReadNamed(std::string_view json, bool all_lists, const TableModel& model,
                 InferRequest& request) {
  if (all_lists) return instances::ReadColumnLists(json, model, request);
  return instances::ReadRecord(json, model, request);
}

/// Takes wrappers off until there are rows or columns: {"input_data": {"columns": …, "data": …}}.
Status ReadObject(std::string_view json, const TableModel& model, InferRequest& request) {
  for (;;) {
    ASSIGN_OR_RETURN(const Members members, ReadMembers(json));
    if (members.wrapped.empty() || members.other_keys)
      return ReadNamed(json, members.all_lists, model, request);
    if (!members.columns.empty())
      return instances::ReadSplit(members.columns, members.wrapped, model, request);
    if (IsList(members.wrapped)) return instances::ReadRowList(members.wrapped, model, request);
    json = members.wrapped;
  }
}

bool IsFloat(DType dtype) {
  return dtype == DType::kFp16 || dtype == DType::kBf16 || dtype == DType::kFp32 ||
         dtype == DType::kFp64;
}

const TensorSpec* ProbabilityOf(const Signature& signature) {
  for (size_t i = 1; i < signature.outputs.size(); ++i) {
    const TensorSpec& output = signature.outputs[i];
    if (IsFloat(output.dtype) && (output.any_rank || output.shape.size() == 2)) return &output;
  }
  return nullptr;
}

StatusOr<bool> WantsProbability(std::string_view query) {
  ASSIGN_OR_RETURN(const auto value, http::QueryValue(query, "proba"));
  if (!value || *value == "0" || *value == "false") return false;
  if (value->empty() || *value == "1" || *value == "true") return true;
  return Error(Reason::kBadRequest, "query parameter \"proba\": expected 1 or 0");
}

}  // namespace

Status ReadInputs(std::string_view body, const Signature& signature,
                  std::span<const std::string> features, InferRequest& request) {
  const TableModel model{signature, features};
  JsonReader json(body, {.allow_nan_tokens = true});
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type == JsonType::kObject) return ReadObject(body, model, request);
  if (type == JsonType::kArray) return instances::ReadRowList(body, model, request);
  return json.Expected("a list of rows, one row or an object");
}

Status AskForOutputs(const Signature& signature, bool probability, InferRequest& request) {
  if (signature.outputs.empty()) return Error(Reason::kBadRequest, "the model has no output");
  request.outputs.push_back({signature.outputs.front().name});
  if (!probability) return OkStatus();
  const TensorSpec* const output = ProbabilityOf(signature);
  if (output == nullptr)
    return Error(Reason::kBadRequest,
                 "query parameter \"proba\": the model has no output of probabilities, a row of "
                 "floats for each row, besides \"{}\"",
                 signature.outputs.front().name);
  request.outputs.push_back({output->name});
  return OkStatus();
}

Status WriteAnswer(std::span<const NamedTensor> outputs, std::string& out) {
  out += "{\"prediction\":";
  RETURN_IF_ERROR(instances::AppendPrediction(outputs[0], out));
  if (outputs.size() > 1) {
    out += ",\"probability\":";
    RETURN_IF_ERROR(instances::AppendPrediction(outputs[1], out));
  }
  out += '}';
  return OkStatus();
}

Status BodyFormat::Read(const http::Request& from, const lifecycle::ServedVersion& version,
                        InferRequest& request) const {
  ASSIGN_OR_RETURN(const bool probability, WantsProbability(from.query));
  RETURN_IF_ERROR(AskForOutputs(version.signature, probability, request));
  const auto type = http::MediaType::Parse(from.header("content-type").value_or(""));
  if (type.type == "text/csv")
    return instances::ReadCsvTable(from.body_text(), instances::CsvHeader::kAuto, version.signature,
                                   version.features, request);
  return ReadInputs(from.body_text(), version.signature, version.features, request);
}

Status BodyFormat::Write(const http::Request&, const InferRequest&, const InferResponse& answer,
                         const lifecycle::ServedVersion&, http::Response& to) const {
  return WriteAnswer(answer.outputs, to.body);
}

}  // namespace slipway::flask
