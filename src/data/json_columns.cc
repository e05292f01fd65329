#include "data/json_columns.h"

#include "text/json_reader.h"

namespace slipway::data {
namespace {

constexpr size_t kMaxColumns = 4'096;

/// Columns of rows that are objects with the same keys.
class ColumnBuilder {
 public:
  Status AddRow(JsonReader& json) {
    RETURN_IF_ERROR(json.BeginObject());
    size_t seen = 0;
    for (std::string_view key;; ++seen) {
      ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
      if (!more) break;
      const std::string name(key);
      std::string_view value;
      RETURN_IF_ERROR(json.Skip(&value));
      JsonColumn* column = Find(name);
      if (column == nullptr && rows_ == 0 && columns_.size() < kMaxColumns)
        column = &columns_.emplace_back(JsonColumn{name, ""});
      if (column == nullptr)
        return Error(Reason::kBadRequest, "row {}: key \"{}\" is not in the first row", rows_,
                     name);
      if (counts_[static_cast<size_t>(column - columns_.data())]++ != rows_)
        return Error(Reason::kBadRequest, "row {}: key \"{}\" is there twice", rows_, name);
      column->array += column->array.empty() ? '[' : ',';
      column->array += value;
    }
    if (seen != columns_.size())
      return Error(Reason::kBadRequest, "row {}: expected {} keys as in the first row, got {}",
                   rows_, columns_.size(), seen);
    ++rows_;
    return OkStatus();
  }

  std::vector<JsonColumn> Take() && {
    for (JsonColumn& column : columns_) column.array += ']';
    return std::move(columns_);
  }

 private:
  /// Rows mostly keep the order of their keys: the next column is looked at first.
  JsonColumn* Find(std::string_view name) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      next_ = (next_ + 1) % columns_.size();
      if (columns_[next_].name == name) return &columns_[next_];
    }
    return nullptr;
  }

  std::vector<JsonColumn> columns_;
  std::vector<size_t> counts_ = std::vector<size_t>(kMaxColumns);
  size_t rows_ = 0;
  size_t next_ = 0;
};

StatusOr<std::vector<JsonColumn>> FromObject(JsonReader& json) {
  std::vector<JsonColumn> columns;
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    JsonColumn& column = columns.emplace_back(JsonColumn{std::string(key), ""});
    if (columns.size() > kMaxColumns)
      return Error(Reason::kBadRequest, "more than {} columns", kMaxColumns);
    std::string_view value;
    RETURN_IF_ERROR(json.Skip(&value));
    column.array = value;
    if (!value.starts_with('['))
      return Error(Reason::kBadRequest, "key \"{}\": expected an array of values", column.name);
  }
  RETURN_IF_ERROR(json.End());
  return columns;
}

StatusOr<std::vector<JsonColumn>> FromObjectRows(std::string_view text) {
  JsonReader json(text);
  ColumnBuilder builder;
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) break;
    RETURN_IF_ERROR(builder.AddRow(json));
  }
  RETURN_IF_ERROR(json.End());
  return std::move(builder).Take();
}

}  // namespace

StatusOr<std::vector<JsonColumn>> ColumnsFromJson(std::string_view text) {
  JsonReader json(text);
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type == JsonType::kObject) return FromObject(json);
  if (type != JsonType::kArray)
    return Error(Reason::kBadRequest, "expected a JSON array of rows or an object of columns");
  RETURN_IF_ERROR(json.BeginArray());
  ASSIGN_OR_RETURN(const bool any, json.NextElement());
  if (!any) return Error(Reason::kBadRequest, "expected at least one row");
  ASSIGN_OR_RETURN(const JsonType row, json.Peek());
  if (row == JsonType::kObject) return FromObjectRows(text);
  JsonReader whole(text);
  std::string_view array;
  RETURN_IF_ERROR(whole.Skip(&array));
  RETURN_IF_ERROR(whole.End());
  return std::vector<JsonColumn>{{"", std::string(array)}};
}

StatusOr<std::vector<JsonColumn>> ColumnsFromJsonLines(std::string_view text) {
  std::string array = "[";
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    // A row is checked alone, so that a bracket too many cannot join two lines.
    JsonReader json(row);
    std::string_view value;
    Status read = json.Skip(&value);
    if (read.ok()) read = json.End();
    if (!read.ok()) return Annotate(read, fmt::format("line {}", line));
    if (array.size() > 1) array += ',';
    array += value;
  }
  return ColumnsFromJson(array + "]");
}

StatusOr<Shape> ShapeOfJsonArray(std::string_view array) {
  JsonReader json(array);
  Shape shape;
  Shape counts;               // of the arrays that are open
  Shape::size_type leaf = 0;  // depth at which values lie; 0 = not known
  RETURN_IF_ERROR(json.BeginArray());
  shape.push_back(-1);
  counts.push_back(0);
  while (!counts.empty()) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    const size_t depth = counts.size();
    if (!more) {
      int64_t& expected = shape[depth - 1];
      if (expected >= 0 && expected != counts.back())
        return Error(Reason::kBadRequest, "arrays at depth {} have different lengths: {} and {}",
                     depth, expected, counts.back());
      expected = counts.back();
      counts.pop_back();
      continue;
    }
    ++counts.back();
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    if (type != JsonType::kArray) {
      if ((leaf != 0 && leaf != depth) || shape.size() > depth)
        return Error(Reason::kBadRequest, "values and arrays are mixed at depth {}", depth);
      leaf = depth;
      RETURN_IF_ERROR(json.Skip());
      continue;
    }
    if (leaf != 0 && leaf <= depth)
      return Error(Reason::kBadRequest, "values and arrays are mixed at depth {}", depth);
    if (depth == size_t{kMaxRank})
      return Error(Reason::kBadRequest, "arrays are nested deeper than {}", kMaxRank);
    RETURN_IF_ERROR(json.BeginArray());
    if (shape.size() == depth) shape.push_back(-1);
    counts.push_back(0);
  }
  RETURN_IF_ERROR(json.End());
  return shape;
}

}  // namespace slipway::data
