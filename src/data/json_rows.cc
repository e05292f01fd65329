#include "data/json_rows.h"

#include "data/cell_values.h"

namespace slipway::data {
namespace {

// Cells may be looked at from RowBatch::kLookBehind bytes before their end on.
constexpr std::string_view kPadding = "                                ";
static_assert(kPadding.size() == RowBatch::kLookBehind);
constexpr std::string_view kTrue = "                                true";
constexpr std::string_view kFalse = "                                false";

}  // namespace

StatusOr<bool> JsonRows::Next(RowBatch& batch) {
  strings_.clear();
  batch.ForgetRows();
  batch.width = names_.size();
  for (;;) {
    ASSIGN_OR_RETURN(const bool same_names, TakeLines(batch));
    if (batch.rows() > 0) return true;
    if (!same_names) {
      batch.width = names_.size();
      continue;
    }
    if (window_.at_end() && window_.size() == 0) return false;
    if (window_.size() > kMaxLineBytes)
      return Error(Reason::kBadRequest, "line {}: longer than {} MB", line_, kMaxLineBytes >> 20);
    RETURN_IF_ERROR(window_.Fill());
  }
}

StatusOr<bool> JsonRows::TakeLines(RowBatch& batch) {
  for (;; ++line_) {
    const size_t size = window_.text().find('\n');
    if (size == std::string_view::npos) return true;
    std::string_view line = window_.text().substr(0, size);
    const char* const line_end = window_.begin() + size;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (Trimmed(line).empty()) {
      window_.MoveTo(line_end + 1);
      continue;
    }
    const size_t known = names_.size();
    row_.assign(known, std::nullopt);
    const Status read = ReadObject(line);
    if (!read.ok()) {
      ForgetNames(known);
      RETURN_IF_ERROR(bad_.Add(fmt::format("line {}: {}", line_, MessageOf(read))));
      batch.AddGap(batch.rows(), 1);
      window_.MoveTo(line_end + 1);
      continue;
    }
    if (names_.size() > batch.width) {
      if (batch.rows() > 0) return false;  // reads the line again, with its names known
      batch.width = names_.size();
    }
    batch.cells.resize(std::max(batch.cells.size(), (batch.rows() + 1) * batch.width));
    for (size_t i = 0; i < batch.width; ++i)
      batch.cells[batch.rows() * batch.width + i] = row_[i].value_or(std::string_view());
    batch.lines.push_back(line_);
    window_.MoveTo(line_end + 1);
  }
}

Status JsonRows::ReadObject(std::string_view line) {
  JsonReader reader(line, {.allow_nan_tokens = true});
  RETURN_IF_ERROR(reader.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, reader.NextKey(&key));
    if (!more) return reader.End();
    RETURN_IF_ERROR(ReadMember(reader, key));
  }
}

Status JsonRows::ReadMember(JsonReader& reader, std::string_view name) {
  ASSIGN_OR_RETURN(const size_t column, ColumnOf(name));
  const auto annotated = [&](const Status& status) {
    return Annotate(status, fmt::format("column \"{}\"", names_[column]));
  };
  if (row_[column]) return annotated(Error(Reason::kBadRequest, "occurs twice"));
  const StatusOr<std::string_view> cell = ReadCell(reader);
  if (!cell.ok()) return annotated(cell.status());
  if (cell->find('\0') != std::string_view::npos)
    return annotated(Error(Reason::kBadRequest, "a NUL character is no text"));
  row_[column] = *cell;
  return OkStatus();
}

StatusOr<std::string_view> JsonRows::ReadCell(JsonReader& reader) {
  ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
  std::string_view cell;
  switch (type) {
    case JsonType::kNumber:
      RETURN_IF_ERROR(reader.ReadNumberText(&cell));
      return cell;
    case JsonType::kString: {
      const char* const before = reader.rest().data();
      RETURN_IF_ERROR(reader.ReadString(&cell));
      if (cell.data() >= before && cell.data() < reader.rest().data()) return cell;
      const std::string& kept = strings_.emplace_back(std::string(kPadding).append(cell));
      return std::string_view(kept).substr(kPadding.size());
    }
    case JsonType::kTrue:
    case JsonType::kFalse: {
      bool value;
      RETURN_IF_ERROR(reader.ReadBool(&value));
      return (value ? kTrue : kFalse).substr(kPadding.size());
    }
    case JsonType::kNull:
      RETURN_IF_ERROR(reader.ReadNull());
      return cell;
    case JsonType::kObject:
    case JsonType::kArray:
      break;
  }
  return reader.Expected("a number, a string, true, false or null");
}

StatusOr<size_t> JsonRows::ColumnOf(std::string_view name) {
  if (const auto known = places_.find(name); known != places_.end()) return known->second;
  if (name.empty()) return Error(Reason::kBadRequest, "a member has no name");
  if (names_.size() == kMaxColumns)
    return Error(Reason::kBadRequest, "more than {} columns", kMaxColumns);
  places_.emplace(name, names_.size());
  names_.emplace_back(name);
  row_.emplace_back();
  return names_.size() - 1;
}

void JsonRows::ForgetNames(size_t known) {
  for (; names_.size() > known; names_.pop_back()) places_.erase(names_.back());
}

}  // namespace slipway::data
