#include "import/sklearn/table.h"

#include <fmt/format.h>

#include <numeric>

namespace slipway::importing::sklearn {

Table::Table(std::vector<Matrix> parts) : parts_(std::move(parts)) {
  for (size_t part = 0; part < parts_.size(); ++part)
    for (int64_t i = 0; i < parts_[part].columns; ++i)
      columns_.push_back({.part = part, .index = i, .source = -1});
}

Table::Table(std::vector<Matrix> parts, std::vector<ColumnUse>* uses) : Table(std::move(parts)) {
  uses_ = uses;
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].source = static_cast<int64_t>(i);
}

ColumnUse* Table::UseOf(int64_t column) const {
  const int64_t source = columns_[column].source;
  return source < 0 ? nullptr : &(*uses_)[source];
}

StringMap<int64_t> Table::Positions() const {
  StringMap<int64_t> positions;
  for (int64_t i = 0; i < columns(); ++i)
    if (const ColumnUse* use = UseOf(i)) positions.emplace(use->name, i);
  return positions;
}

std::string Table::Describe(int64_t column) const {
  const ColumnUse* use = UseOf(column);
  if (use == nullptr || use->name.empty()) return fmt::format("column {}", column);
  return fmt::format("column \"{}\"", use->name);
}

Table Table::Select(Graph& graph, std::span<const int64_t> indices) const {
  std::vector<int64_t> all(static_cast<size_t>(columns()));
  std::iota(all.begin(), all.end(), 0);
  if (std::equal(all.begin(), all.end(), indices.begin(), indices.end())) return *this;

  std::vector<Matrix> parts;
  std::vector<int64_t> sources;
  for (size_t i = 0; i < indices.size();) {
    const size_t first = columns_[indices[i]].part;
    std::vector<int64_t> within;
    for (; i < indices.size() && columns_[indices[i]].part == first; ++i) {
      within.push_back(columns_[indices[i]].index);
      sources.push_back(columns_[indices[i]].source);
    }
    const bool whole = parts_[first].columns == 1 && within.size() == 1;
    parts.push_back(whole ? parts_[first] : graph.Select(parts_[first], within));
  }
  Table selected(std::move(parts));
  for (size_t i = 0; i < sources.size(); ++i) selected.columns_[i].source = sources[i];
  selected.uses_ = uses_;
  return selected;
}

void Table::MarkUsed() const {
  for (int64_t i = 0; i < columns(); ++i)
    if (ColumnUse* use = UseOf(i)) use->used = true;
}

StatusOr<Matrix> Table::Numbers(Graph& graph, std::string_view reader) const {
  for (int64_t i = 0; i < columns(); ++i) {
    if (IsText(i))
      return Error(Reason::kUnsupported, "{}: expected numbers, got text in {}", reader,
                   Describe(i));
  }
  MarkUsed();
  if (parts_.empty())
    return Error(Reason::kBadModel, "{}: expected at least one column, got none", reader);
  std::vector<Matrix> numbers;
  for (const Matrix& part : parts_) numbers.push_back(graph.CastTo(part, DType::kFp64));
  return graph.Concat(numbers);
}

StatusOr<Matrix> Table::Text(Graph& graph, int64_t column, std::string_view reader) const {
  const Matrix found = Column(graph, column);
  if (found.dtype == DType::kBytes) return found;
  ColumnUse* use = UseOf(column);
  if (use == nullptr)
    return Error(Reason::kUnsupported, "{}: expected text, got numbers in {}", reader,
                 Describe(column));
  use->used = use->text = true;
  return Matrix{found.value, DType::kBytes, 1};  // stands for the text of the second pass
}

Matrix Table::Column(Graph& graph, int64_t column) const {
  if (ColumnUse* use = UseOf(column)) use->used = true;
  const Matrix& part = PartOf(column);
  if (part.columns == 1) return part;
  return graph.Select(part, std::vector<int64_t>{columns_[column].index});
}

Table Table::Concat(std::span<const Table> tables) {
  Table whole;
  for (const Table& table : tables) {
    for (Place place : table.columns_) {
      place.part += whole.parts_.size();
      whole.columns_.push_back(place);
    }
    whole.parts_.insert(whole.parts_.end(), table.parts_.begin(), table.parts_.end());
    if (table.uses_ != nullptr) whole.uses_ = table.uses_;
  }
  return whole;
}

}  // namespace slipway::importing::sklearn
