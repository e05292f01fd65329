#include "protocol/instances/json_table.h"

#include <algorithm>
#include <vector>

#include "protocol/instances/fit.h"
#include "protocol/instances/rows.h"
#include "protocol/instances/table.h"

namespace slipway::instances {
namespace {

/// Calls `element()` where one is due, to the end of the list.
template <typename Element>
Status ForEachElement(JsonReader& json, Element&& element) {
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) return OkStatus();
    RETURN_IF_ERROR(element());
  }
}

template <typename Member>
Status ForEachMember(JsonReader& json, Member&& member) {
  RETURN_IF_ERROR(json.BeginObject());
  std::string_view key;
  for (size_t count = 0;; ++count) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) return OkStatus();
    if (count == kMaxMembers) return json.Refuse(fmt::format("more than {} members", kMaxMembers));
    RETURN_IF_ERROR(member(key));
  }
}

/// The type of the first element of the list that is due; the reader stays where it is.
/// @return kBadRequest for an empty list.
StatusOr<JsonType> TypeOfFirst(JsonReader json) {
  RETURN_IF_ERROR(json.BeginArray());
  ASSIGN_OR_RETURN(const bool more, json.NextElement());
  if (!more) return json.Refuse("expected at least one row");
  return json.Peek();
}

StatusOr<std::vector<std::string>> KeysOf(JsonReader json) {
  std::vector<std::string> keys;
  RETURN_IF_ERROR(ForEachMember(json, [&](std::string_view key) {
    keys.emplace_back(key);
    return json.Skip();
  }));
  return keys;
}

/// The names are inputs, and one of them takes rows of any size: values are tensors, not cells.
bool AreTensors(const std::vector<std::string>& names, const Signature& signature) {
  bool any_open = false;
  for (const std::string& name : names) {
    const auto index = IndexOf(signature.inputs, name);
    if (!index) return false;
    const TensorSpec& spec = signature.inputs[*index];
    any_open |= spec.any_rank ||
                (spec.shape.size() > 1 && std::any_of(spec.shape.begin() + 1, spec.shape.end(),
                                                      [](int64_t dim) { return dim < 0; }));
  }
  return any_open;
}

bool AreInputs(const std::vector<std::string>& names, const Signature& signature) {
  return std::ranges::all_of(
      names, [&](const std::string& name) { return IndexOf(signature.inputs, name).has_value(); });
}

void FitInputs(const Signature& signature, InferRequest& request) {
  for (NamedTensor& input : request.inputs)
    if (const auto index = IndexOf(signature.inputs, input.name))
      input.tensor.shape = FitTo(signature.inputs[*index], std::move(input.tensor.shape));
}

/// One scalar a row is a column of a [n,k] input.
void ColumnsFromScalars(const Signature& signature, InferRequest& request) {
  for (NamedTensor& input : request.inputs) {
    const TensorSpec& spec = signature.inputs[*IndexOf(signature.inputs, input.name)];
    if (spec.shape.size() == 2 && input.tensor.shape.size() == 1) input.tensor.shape.push_back(1);
  }
}

Status AddRecord(JsonReader& json, Table& table) {
  size_t likely = 0;
  RETURN_IF_ERROR(ForEachMember(json, [&](std::string_view key) -> Status {
    if (table.PassesOver(key)) return json.SkipUnread();
    ASSIGN_OR_RETURN(const size_t column, table.Find(key, likely));
    likely = column + 1;
    return table.Put(column, json);
  }));
  return table.EndRow();
}

Status AddRow(JsonReader& json, Table& table) {
  size_t column = 0;
  RETURN_IF_ERROR(ForEachElement(json, [&]() -> Status {
    if (column == table.columns())
      return json.Refuse(fmt::format("expected {} cells in each row", table.columns()));
    return table.Put(column++, json);
  }));
  return table.EndRow();
}

/// Names of objects, which have no order to go by, unlike lists and lines.
Status SetNames(std::vector<std::string> names, const TableModel& model, Table& table) {
  RETURN_IF_ERROR(table.SetColumns(std::move(names)));
  if (model.trusts_order || !table.went_by_order() || table.columns() == 1) return OkStatus();
  return Error(Reason::kBadRequest,
               "the names of the model's columns are not known here, so objects cannot say which "
               "value is whose: give each row as a list, in the model's order");
}

Status ReadRecords(JsonReader& json, const TableModel& model, InferRequest& request) {
  JsonReader first = json;
  RETURN_IF_ERROR(first.BeginArray());
  RETURN_IF_ERROR(first.NextElement().status());
  ASSIGN_OR_RETURN(auto names, KeysOf(std::move(first)));
  if (AreTensors(names, model.signature)) {
    RETURN_IF_ERROR(ReadRows(json, model.signature, request));
    ColumnsFromScalars(model.signature, request);
    return json.End();
  }
  Table table(model.signature, model.features);
  RETURN_IF_ERROR(SetNames(std::move(names), model, table));
  RETURN_IF_ERROR(ForEachElement(json, [&] { return AddRecord(json, table); }));
  RETURN_IF_ERROR(json.End());
  return table.Finish(request);
}

StatusOr<size_t> LengthOf(JsonReader json) {
  size_t length = 0;
  RETURN_IF_ERROR(ForEachElement(json, [&] {
    ++length;
    return json.Skip();
  }));
  return length;
}

/// Rows without names, or one such row.
Status ReadCells(JsonReader& json, const TableModel& model, InferRequest& request) {
  ASSIGN_OR_RETURN(const JsonType type, TypeOfFirst(json));
  const bool many = type == JsonType::kArray;
  JsonReader first = json;
  if (many) {
    RETURN_IF_ERROR(first.BeginArray());
    RETURN_IF_ERROR(first.NextElement().status());
  }
  ASSIGN_OR_RETURN(const size_t width, LengthOf(std::move(first)));
  Table table(model.signature, model.features);
  RETURN_IF_ERROR(table.SetWidth(width));
  RETURN_IF_ERROR(many ? ForEachElement(json, [&] { return AddRow(json, table); })
                       : AddRow(json, table));
  RETURN_IF_ERROR(json.End());
  return table.Finish(request);
}

const TensorSpec* OnlyRequiredInput(const Signature& signature) {
  const TensorSpec* only = nullptr;
  for (const TensorSpec& input : signature.inputs) {
    if (input.optional) continue;
    if (only != nullptr) return nullptr;
    only = &input;
  }
  return only;
}

/// A list without names: a tensor for the model with one required input, else rows of cells.
/// Missing and true values are cells only, so what a [n,k] input refuses as a tensor is tried as a
/// table, which also knows row and column of what is wrong.
Status ReadBareList(std::string_view text, const TableModel& model, InferRequest& request) {
  const TensorSpec* const only = OnlyRequiredInput(model.signature);
  JsonReader json(text, model.json());
  if (only == nullptr) return ReadCells(json, model, request);
  const size_t before = request.inputs.size();
  Status read = ReadColumns(json, model.signature, request);
  if (read.ok()) read = json.End();
  if (read.ok()) {
    FitInputs(model.signature, request);
    return read;
  }
  request.inputs.resize(before);
  if (only->any_rank || only->shape.size() != 2) return read;
  JsonReader again(text, model.json());
  return ReadCells(again, model, request);
}

/// Columns of features side by side, so that the table grows by rows.
Status ReadFeatureLists(JsonReader& json, std::vector<std::string> names, const TableModel& model,
                        InferRequest& request) {
  Table table(model.signature, model.features);
  RETURN_IF_ERROR(SetNames(std::move(names), model, table));
  std::vector<JsonReader> columns;
  RETURN_IF_ERROR(ForEachMember(json, [&](std::string_view) -> Status {
    std::string_view raw;
    RETURN_IF_ERROR(json.Skip(&raw));
    return columns.emplace_back(raw, model.json()).BeginArray();
  }));
  RETURN_IF_ERROR(json.End());
  for (;;) {
    bool any = false;
    for (size_t i = 0; i < columns.size(); ++i) {
      ASSIGN_OR_RETURN(const bool more, columns[i].NextElement());
      if (more) RETURN_IF_ERROR(table.Put(i, columns[i]));
      any |= more;
    }
    if (!any) return table.Finish(request);
    RETURN_IF_ERROR(table.EndRow());
  }
}

}  // namespace

Status ReadRowList(std::string_view text, const TableModel& model, InferRequest& request) {
  JsonReader json(text, model.json());
  ASSIGN_OR_RETURN(const JsonType type, TypeOfFirst(json));
  if (type == JsonType::kObject) return ReadRecords(json, model, request);
  return ReadBareList(text, model, request);
}

Status ReadRecord(std::string_view text, const TableModel& model, InferRequest& request) {
  JsonReader json(text, model.json());
  ASSIGN_OR_RETURN(auto names, KeysOf(json));
  Table table(model.signature, model.features);
  RETURN_IF_ERROR(SetNames(std::move(names), model, table));
  RETURN_IF_ERROR(AddRecord(json, table));
  RETURN_IF_ERROR(json.End());
  return table.Finish(request);
}

Status ReadColumnLists(std::string_view text, const TableModel& model, InferRequest& request) {
  JsonReader json(text, model.json());
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type != JsonType::kObject) return ReadBareList(text, model, request);
  ASSIGN_OR_RETURN(auto names, KeysOf(json));
  if (!AreInputs(names, model.signature))
    return ReadFeatureLists(json, std::move(names), model, request);
  RETURN_IF_ERROR(ReadColumns(json, model.signature, request));
  FitInputs(model.signature, request);
  return json.End();
}

Status ReadSplit(std::string_view columns, std::string_view rows, const TableModel& model,
                 InferRequest& request) {
  std::vector<std::string> names;
  JsonReader json(columns, model.json());
  RETURN_IF_ERROR(ForEachElement(json, [&]() -> Status {
    if (names.size() == kMaxColumns)
      return json.Refuse(fmt::format("more than {} columns", kMaxColumns));
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    if (type != JsonType::kNumber) return json.ReadString(&names.emplace_back());
    std::string_view number;
    RETURN_IF_ERROR(json.ReadNumberText(&number));
    names.emplace_back(number);
    return OkStatus();
  }));
  RETURN_IF_ERROR(json.End());
  Table table(model.signature, model.features);
  RETURN_IF_ERROR(table.SetColumns(std::move(names)));
  JsonReader data(rows, model.json());
  RETURN_IF_ERROR(ForEachElement(data, [&] { return AddRow(data, table); }));
  RETURN_IF_ERROR(data.End());
  return table.Finish(request);
}

}  // namespace slipway::instances
