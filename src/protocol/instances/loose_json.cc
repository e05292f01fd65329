#include "protocol/instances/loose_json.h"

#include <algorithm>

#include "text/json_reader.h"

namespace slipway::instances {
namespace {

/// Keys that such services read the rows from.
constexpr std::string_view kWrappers[] = {"data",      "features", "input", "input_data", "inputs",
                                          "instances", "records",  "rows",  "X"};

// One within another: {"input_data": {"columns": …, "data": …}}. Each is read over again.
constexpr int kMaxWrappers = 2;

/// The wrapper of that name, "" when it is none.
std::string_view FindWrapper(std::string_view key) {
  const auto found = std::ranges::find(kWrappers, key);
  return found == std::end(kWrappers) ? std::string_view() : *found;
}

/// What an object holds, as far as that says how to read it. Views into the body.
struct Members {
  std::string_view wrapper;  // static storage
  std::string_view wrapped;  // its value
  std::string_view columns;  // beside it: the names of its columns
  bool other_keys = false;
  bool all_lists = true;
};

bool IsList(std::string_view json) { return json.starts_with('['); }
bool IsObject(std::string_view json) { return json.starts_with('{'); }

StatusOr<Members> ReadMembers(std::string_view text, JsonReader::Options options) {
  Members members;
  JsonReader json(text, options);
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    const std::string_view wrapper = FindWrapper(key);
    const bool columns = key == "columns", index = key == "index";
    RETURN_IF_ERROR(json.Peek().status());  // past white space, so that `value` starts with it
    std::string_view value;
    RETURN_IF_ERROR(json.Skip(&value));
    members.all_lists &= IsList(value);
    if (columns && IsList(value)) {
      members.columns = value;
    } else if (!wrapper.empty() && members.wrapped.empty() && (IsList(value) || IsObject(value))) {
      members.wrapper = wrapper;
      members.wrapped = value;
    } else if (!index) {
      members.other_keys = true;
    }
  }
  RETURN_IF_ERROR(json.End());
  return members;
}

/// An object that is no wrapper: one row by name of column, or columns.
Status ReadNamed(std::string_view json, bool all_lists, const TableModel& model,
                 InferRequest& request) {
  if (all_lists) return ReadColumnLists(json, model, request);
  return ReadRecord(json, model, request);
}

/// Takes wrappers off until there are rows or columns: {"input_data": {"columns": …, "data": …}}.
Status ReadObject(std::string_view json, const TableModel& model, InferRequest& request) {
  for (int taken_off = 0;; ++taken_off) {
    ASSIGN_OR_RETURN(const Members members, ReadMembers(json, model.json()));
    if (members.wrapped.empty() || members.other_keys)
      return ReadNamed(json, members.all_lists, model, request);
    if (taken_off == kMaxWrappers)
      return Error(Reason::kBadRequest,
                   "\"{}\": expected rows or columns, for they are within {} keys of that kind "
                   "already",
                   members.wrapper, kMaxWrappers);
    if (!members.columns.empty())
      return ReadSplit(members.columns, members.wrapped, model, request);
    if (IsList(members.wrapped)) return ReadRowList(members.wrapped, model, request);
    json = members.wrapped;
  }
}

}  // namespace

Status ReadLooseJson(std::string_view body, const TableModel& model, InferRequest& request) {
  JsonReader json(body, {.allow_nan_tokens = true});
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  const TableModel whole = model.Within(body.data());
  if (type == JsonType::kObject) return ReadObject(body, whole, request);
  if (type == JsonType::kArray) return ReadRowList(body, whole, request);
  return json.Expected("a list of rows, one row or an object");
}

}  // namespace slipway::instances
