#include "import/sklearn/table.h"

#include <fmt/format.h>

#include <numeric>

namespace slipway::importing::sklearn {

Table::Table(std::vector<Matrix> parts) : parts_(std::move(parts)) {
  int64_t columns = 0;
  for (const Matrix& part : parts_) columns += part.columns;
  sources_.assign(static_cast<size_t>(columns), -1);
}

Table::Table(std::vector<Matrix> parts, std::vector<ColumnUse>* uses) : Table(std::move(parts)) {
  uses_ = uses;
  std::iota(sources_.begin(), sources_.end(), 0);
}

std::optional<int64_t> Table::Find(std::string_view name) const {
  for (int64_t i = 0; i < columns(); ++i)
    if (sources_[i] >= 0 && (*uses_)[sources_[i]].name == name) return i;
  return std::nullopt;
}

std::string Table::Describe(int64_t column) const {
  const int64_t source = sources_[column];
  if (source < 0 || (*uses_)[source].name.empty()) return fmt::format("column {}", column);
  return fmt::format("column \"{}\"", (*uses_)[source].name);
}

Table::Place Table::Locate(int64_t column) const {
  size_t part = 0;
  while (column >= parts_[part].columns) column -= parts_[part++].columns;
  return {&parts_[part], column};
}

Table Table::Select(Graph& graph, std::span<const int64_t> indices) const {
  std::vector<int64_t> all(static_cast<size_t>(columns()));
  std::iota(all.begin(), all.end(), 0);
  if (std::equal(all.begin(), all.end(), indices.begin(), indices.end())) return *this;

  std::vector<Matrix> parts;
  std::vector<int64_t> sources;
  for (size_t i = 0; i < indices.size();) {
    const Place first = Locate(indices[i]);
    std::vector<int64_t> within;
    for (; i < indices.size() && Locate(indices[i]).part == first.part; ++i) {
      within.push_back(Locate(indices[i]).index);
      sources.push_back(sources_[indices[i]]);
    }
    const bool whole = first.part->columns == 1 && within.size() == 1;
    parts.push_back(whole ? *first.part : graph.Select(*first.part, within));
  }
  Table selected(std::move(parts));
  selected.sources_ = std::move(sources);
  selected.uses_ = uses_;
  return selected;
}

void Table::MarkUsed() const {
  for (const int64_t source : sources_)
    if (source >= 0) (*uses_)[source].used = true;
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
  const int64_t source = sources_[column];
  if (source < 0)
    return Error(Reason::kUnsupported, "{}: expected text, got numbers in {}", reader,
                 Describe(column));
  (*uses_)[source].used = (*uses_)[source].text = true;
  return Matrix{found.value, DType::kBytes, 1};  // stands for the text of the second pass
}

Matrix Table::Column(Graph& graph, int64_t column) const {
  const Place place = Locate(column);
  if (sources_[column] >= 0) (*uses_)[sources_[column]].used = true;
  if (place.part->columns == 1) return *place.part;
  return graph.Select(*place.part, std::vector<int64_t>{place.index});
}

Table Table::Concat(std::span<const Table> tables) {
  Table whole;
  for (const Table& table : tables) {
    whole.parts_.insert(whole.parts_.end(), table.parts_.begin(), table.parts_.end());
    whole.sources_.insert(whole.sources_.end(), table.sources_.begin(), table.sources_.end());
    if (table.uses_ != nullptr) whole.uses_ = table.uses_;
  }
  return whole;
}

}  // namespace slipway::importing::sklearn
