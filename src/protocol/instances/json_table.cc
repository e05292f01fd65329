#include "protocol/instances/json_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "infer/spec_finder.h"
#include "infer/table.h"
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
  SpecFinder inputs(signature.inputs);
  for (const std::string& name : names) {
    const auto index = inputs.Find(name);
    if (!index) return false;
    const TensorSpec& spec = signature.inputs[*index];
    any_open |= spec.any_rank ||
                (spec.shape.size() > 1 && std::any_of(spec.shape.begin() + 1, spec.shape.end(),
                                                      [](int64_t dim) { return dim < 0; }));
  }
  return any_open;
}

bool AreInputs(const std::vector<std::string>& names, const Signature& signature) {
  SpecFinder inputs(signature.inputs);
  return std::ranges::all_of(
      names, [&](const std::string& name) { return inputs.Find(name).has_value(); });
}

void FitInputs(const Signature& signature, InferRequest& request) {
  SpecFinder inputs(signature.inputs);
  for (NamedTensor& input : request.inputs)
    if (const auto index = inputs.Find(input.name))
      input.tensor.shape = FitTo(signature.inputs[*index], std::move(input.tensor.shape));
}

/// One scalar a row is a column of a [n,k] input.
void ColumnsFromScalars(const Signature& signature, InferRequest& request) {
  SpecFinder inputs(signature.inputs);
  for (NamedTensor& input : request.inputs) {
    const TensorSpec& spec = signature.inputs[*inputs.Find(input.name)];
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

/// The cells of one column of a data frame: a list, or an object by the name of the row.
class FrameColumn {
 public:
  FrameColumn(std::string_view name, std::string_view cells, const TableModel& model)
      : name_(name), json_(cells, model.json()) {}

  Status Begin() {
    ASSIGN_OR_RETURN(const JsonType type, json_.Peek());
    has_names_ = type == JsonType::kObject;
    if (has_names_) return json_.BeginObject();
    if (type == JsonType::kArray) return json_.BeginArray();
    return Annotated(json_.Expected("a list or an object of cells"));
  }
  /// @param row  receives its name; views into the text, or valid until the next call.
  StatusOr<bool> Next(std::string_view* row) {
    if (has_names_) return json_.NextKey(row);
    *row = {};
    return json_.NextElement();
  }
  bool has_names() const { return has_names_; }
  JsonReader& json() { return json_; }
  Status Refuse(std::string_view complaint) const { return Annotated(json_.Refuse(complaint)); }

 private:
  Status Annotated(const Status& status) const {
    return Annotate(status, fmt::format("column \"{}\"", name_.substr(0, 60)));
  }

  std::string name_;
  JsonReader json_;
  bool has_names_ = false;
};

/// Adds one frame after the other to a table whose columns are those of the first. Later ones that
/// are empty add nothing.
class FrameReader {
 public:
  explicit FrameReader(const TableModel& model)
      : model_(model), table_(model.signature, model.features) {}

  Status Add(JsonReader& json) {
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    const bool is_first = !std::exchange(has_columns_, true);
    if (type == JsonType::kArray) return AddRecords(json, is_first);
    if (is_first) RETURN_IF_ERROR(SetColumns(json));
    return AddColumns(json);
  }
  Status Finish(InferRequest& request) { return table_.Finish(request); }

 private:
  /// The cells of a column, and which of the table's it is.
  struct Placed {
    FrameColumn cells;
    size_t column;
  };

  Status AddRecords(JsonReader& json, bool is_first) {
    if (is_first) {
      ASSIGN_OR_RETURN(const JsonType type, TypeOfFirst(json));
      if (type != JsonType::kObject) return json.Refuse("expected a list of objects");
      JsonReader first = json;
      RETURN_IF_ERROR(first.BeginArray());
      RETURN_IF_ERROR(first.NextElement().status());
      RETURN_IF_ERROR(SetColumns(std::move(first)));
    }
    return ForEachElement(json, [&] { return AddRecord(json, table_); });
  }

  /// Those of the object that is due.
  Status SetColumns(JsonReader json) {
    ASSIGN_OR_RETURN(auto names, KeysOf(std::move(json)));
    return SetNames(std::move(names), model_, table_);
  }

  /// Names are looked up as they come: a frame's columns take no more memory than the table's.
  Status AddColumns(JsonReader& json) {
    std::vector<Placed> columns;
    bool others_have_rows = false;
    RETURN_IF_ERROR(ForEachMember(json, [&](std::string_view key) -> Status {
      const std::string name(key);
      const bool passed_over = table_.PassesOver(name);
      size_t place = 0;
      if (!passed_over) {
        ASSIGN_OR_RETURN(place, table_.Find(name, columns.size()));
        if (columns.size() == table_.columns())
          return json.Refuse(
              fmt::format("expected at most {} columns, as in the first frame", table_.columns()));
      }
      std::string_view cells, row;
      RETURN_IF_ERROR(json.Skip(&cells));
      FrameColumn column(name, cells, model_);
      RETURN_IF_ERROR(column.Begin());
      if (!passed_over) return columns.push_back({std::move(column), place}), OkStatus();
      ASSIGN_OR_RETURN(const bool has_rows, column.Next(&row));
      others_have_rows |= has_rows;
      return OkStatus();
    }));
    if (columns.empty() && others_have_rows)
      return json.Refuse("expected the columns of the first frame, got none of them");
    return AddRows(columns);
  }

  Status AddRows(std::vector<Placed>& columns) {
    for (;;) {
      bool any = false;
      std::optional<std::string> row;
      for (Placed& column : columns) {
        ASSIGN_OR_RETURN(const bool more, AddCell(column.cells, column.column, row));
        any |= more;
      }
      if (!any) return OkStatus();
      RETURN_IF_ERROR(table_.EndRow());
    }
  }

  /// @param row  the name that the columns before gave to the row; @return false at the end.
  StatusOr<bool> AddCell(FrameColumn& column, size_t place, std::optional<std::string>& row) {
    std::string_view name;
    ASSIGN_OR_RETURN(const bool more, column.Next(&name));
    if (!more) return false;
    if (column.has_names() && row && *row != name)
      return column.Refuse(fmt::format("expected row \"{}\", as in the columns before, got \"{}\"",
                                       row->substr(0, 60), name.substr(0, 60)));
    if (column.has_names()) row = name;
    RETURN_IF_ERROR(table_.Put(place, column.json()));
    return true;
  }

  const TableModel& model_;
  Table table_;
  bool has_columns_ = false;
};

/// One cell a row for each input, or one table of them.
bool TakesColumns(const Signature& signature) {
  return TakesTable(signature) || std::ranges::all_of(signature.inputs, [](const auto& input) {
           return !input.any_rank &&
                  (input.shape.size() == 1 || (input.shape.size() == 2 && input.shape[1] == 1));
         });
}

}  // namespace

bool HoldsFrames(JsonReader json, const Signature& signature) {
  if (!TakesColumns(signature)) return false;
  const auto first = TypeOfFirst(json);
  if (!first.ok() || !json.BeginArray().ok() || !json.NextElement().ok()) return false;
  if (*first == JsonType::kArray) {
    const auto inner = TypeOfFirst(json);
    return inner.ok() && *inner == JsonType::kObject;
  }
  std::string_view key;
  if (*first != JsonType::kObject || !json.BeginObject().ok()) return false;
  const auto any = json.NextKey(&key);
  if (!any.ok() || !*any) return false;
  const auto type = json.Peek();
  return type.ok() && (*type == JsonType::kArray || *type == JsonType::kObject);
}

Status ReadFrames(std::string_view text, const TableModel& model, InferRequest& request) {
  JsonReader json(text, model.json());
  FrameReader frames(model);
  RETURN_IF_ERROR(ForEachElement(json, [&] { return frames.Add(json); }));
  RETURN_IF_ERROR(json.End());
  return frames.Finish(request);
}

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
