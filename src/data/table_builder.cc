#include "data/table_builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/nearest_word.h"
#include "base/random.h"

namespace slipway::data {
namespace {

std::string_view Expected(ColumnType type) {
  switch (type) {
    case ColumnType::kNumber:
      return "a number";
    case ColumnType::kInteger:
      return "a whole number up to 2^53";
    case ColumnType::kBoolean:
      return "true, false, 1 or 0";
    case ColumnType::kTime:
      return "an ISO 8601 date or date-time";
    case ColumnType::kCategory:
    case ColumnType::kText:
      break;
  }
  return "text";
}

/// A cell as a message shows it.
std::string Shown(std::string_view cell) {
  constexpr size_t kMost = 40;
  if (cell.size() <= kMost) return fmt::format("\"{}\"", cell);
  size_t size = kMost;
  while (size > 0 && (static_cast<uint8_t>(cell[size]) & 0xC0) == 0x80) --size;
  return fmt::format("\"{}…\"", cell.substr(0, size));
}

template <typename T>
void Reorder(std::span<const uint32_t> order, std::vector<T>& values) {
  if (values.empty()) return;
  std::vector<T> ordered;
  ordered.reserve(order.size());
  for (const uint32_t place : order) ordered.push_back(std::move(values[place]));
  values = std::move(ordered);
}

}  // namespace

uint32_t Reservoir::Next(uint64_t number) {
  const uint64_t row = seen_++;
  if (numbers_.size() < size_) {
    numbers_.push_back(number);
    return static_cast<uint32_t>(numbers_.size() - 1);
  }
  const uint64_t place = Random(seed_, row).Below(seen_);
  if (place >= size_) return kNoPlace;
  numbers_[place] = number;
  return static_cast<uint32_t>(place);
}

std::vector<uint32_t> Reservoir::InOrder() const {
  std::vector<uint32_t> order(numbers_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return numbers_[a] < numbers_[b]; });
  return order;
}

void Reservoir::Restart() {
  seen_ = 0;
  numbers_.clear();
}

TableBuilder::TableBuilder(const TableOptions& options, Keep keep)
    : options_(options),
      missing_(options.missing),
      budget_(options.max_memory_bytes),
      reservoir_(options.max_rows, options.seed),
      keep_(keep) {}

Status TableBuilder::AddColumns(std::span<const std::string> names) {
  while (columns_.size() < names.size()) {
    const std::string& name = names[columns_.size()];
    const auto given = options_.types.find(name);
    const bool is_given = given != options_.types.end();
    any_given_ |= is_given;
    columns_.emplace_back(name, is_given ? std::optional(given->second) : std::nullopt, missing_,
                          budget_);
    if (keep_ == Keep::kTypes) continue;
    const size_t before = sampled() ? reservoir_.filled() : static_cast<size_t>(rows_);
    RETURN_IF_ERROR(columns_.back().AddMissing(before));
  }
  return OkStatus();
}

Status TableBuilder::Add(const std::vector<std::string>& names, RowBatch& batch, BadRows& bad) {
  RETURN_IF_ERROR(AddColumns(std::span(names).first(batch.width)));
  if (any_given_) RETURN_IF_ERROR(DropBadRows(batch, bad));
  RETURN_IF_ERROR(NumberRows(batch));
  rows_ += batch.rows();
  const uint64_t rows = keep_ == Keep::kTypes ? batch.rows()
                        : sampled()           ? reservoir_.filled()
                                              : rows_;
  if (rows >= kNoPlace)
    return Error(Reason::kTooLarge, "more than {} rows: read a sample of them (--sample)",
                 kNoPlace - 1);
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i < batch.width)
      RETURN_IF_ERROR(columns_[i].Add(batch, i, places_, static_cast<size_t>(rows)));
    else
      RETURN_IF_ERROR(columns_[i].AddMissing(static_cast<size_t>(rows)));
    if (keep_ == Keep::kTypes) columns_[i].ForgetValues();
  }
  return OkStatus();
}

Status TableBuilder::DropBadRows(RowBatch& batch, BadRows& bad) const {
  const std::vector<RowBatch::Gap> before = std::exchange(batch.gaps, {});
  auto gap = before.begin();
  size_t kept = 0;
  for (size_t row = 0; row < batch.rows(); ++row) {
    if (gap != before.end() && gap->before == row) batch.AddGap(kept, gap++->rows);
    if (std::string complaint = Complaint(batch, row); !complaint.empty()) {
      RETURN_IF_ERROR(bad.Add(std::move(complaint)));
      batch.AddGap(kept, 1);
      continue;
    }
    const auto from = batch.cells.begin() + static_cast<ptrdiff_t>(row * batch.width);
    if (kept != row && !batch.cells.empty())
      std::copy_n(from, batch.width,
                  batch.cells.begin() + static_cast<ptrdiff_t>(kept * batch.width));
    for (RowBatch::TypedColumn& column : batch.typed)
      if (!column.values.empty()) column.values[kept] = column.values[row];
    batch.lines[kept++] = batch.lines[row];
  }
  if (gap != before.end()) batch.AddGap(kept, gap->rows);
  batch.lines.resize(kept);
  for (RowBatch::TypedColumn& column : batch.typed)
    if (!column.values.empty()) column.values = column.values.first(kept);
  return OkStatus();
}

Status TableBuilder::NumberRows(const RowBatch& batch) {
  const bool are_places = numbers_.empty() && batch.gaps.empty() && file_rows_ == rows_;
  if (!sampled() && (are_places || keep_ == Keep::kTypes)) {
    file_rows_ += batch.rows();
    for (const RowBatch::Gap& gap : batch.gaps) file_rows_ += gap.rows;
    return OkStatus();
  }
  if (sampled()) {
    places_.resize(batch.rows());
  } else {
    RETURN_IF_ERROR(budget_.Reserve(numbers_, static_cast<size_t>(rows_) + batch.rows()));
    for (uint64_t row = numbers_.size(); row < rows_; ++row) numbers_.push_back(row + 1);
  }
  auto gap = batch.gaps.begin();
  for (size_t row = 0; row < batch.rows(); ++row) {
    if (gap != batch.gaps.end() && gap->before == row) file_rows_ += gap++->rows;
    const uint64_t number = ++file_rows_;
    if (sampled())
      places_[row] = reservoir_.Next(number);
    else
      numbers_.push_back(number);
  }
  if (gap != batch.gaps.end()) file_rows_ += gap->rows;
  return OkStatus();
}

std::string TableBuilder::Complaint(const RowBatch& batch, size_t row) const {
  const auto complain = [&](const ColumnBuilder& column, std::string_view shown) {
    return fmt::format("{} {}, column \"{}\": expected {}, got {}", batch.row_word,
                       batch.lines[row], column.name(), Expected(options_.types.at(column.name())),
                       shown);
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    const ColumnBuilder& column = columns_[i];
    if (!batch.has_values(i)) {
      if (!column.Takes(batch.cell(row, i))) return complain(column, Shown(batch.cell(row, i)));
    } else if (const double value = batch.typed[i].values[row]; !column.Takes(value)) {
      return complain(column, fmt::format("{}", value));
    }
  }
  return "";
}

bool TableBuilder::NeedsSecondPass() const {
  return std::any_of(columns_.begin(), columns_.end(),
                     [](const ColumnBuilder& column) { return column.needs_second_pass(); });
}

void TableBuilder::BeginSecondPass() {
  rows_ = file_rows_ = 0;
  numbers_.clear();
  reservoir_.Restart();
  for (ColumnBuilder& column : columns_) column.BeginSecondPass();
}

Status TableBuilder::NoSuchColumn(std::string_view name, ColumnType type) const {
  std::vector<std::string_view> names;
  for (const ColumnBuilder& column : columns_) names.push_back(column.name());
  return Error(Reason::kBadRequest, "there is no column \"{}\" that could be of type {}{}", name,
               NameOf(type), DidYouMean(name, names));
}

Status TableBuilder::Decide() {
  for (const auto& [name, type] : options_.types)
    if (std::none_of(columns_.begin(), columns_.end(),
                     [&](const ColumnBuilder& column) { return column.name() == name; }))
      return NoSuchColumn(name, type);
  for (ColumnBuilder& column : columns_) RETURN_IF_ERROR(column.Decide());
  if (keep_ == Keep::kTypes) rows_ = file_rows_ = 0;
  keep_ = Keep::kValues;
  return OkStatus();
}

Table TableBuilder::Take() {
  Table table;
  table.rows = static_cast<size_t>(sampled() ? reservoir_.filled() : rows_);
  const std::vector<uint32_t> order = sampled() ? reservoir_.InOrder() : std::vector<uint32_t>();
  for (ColumnBuilder& builder : columns_) {
    Column column = builder.Take();
    if (sampled()) {
      Reorder(order, column.numbers);
      Reorder(order, column.codes);
      Reorder(order, column.texts);
    }
    table.columns.push_back(std::move(column));
  }
  for (const uint32_t place : order) table.numbers.push_back(reservoir_.numbers()[place]);
  if (!sampled()) {
    std::swap(table.numbers, numbers_);
    budget_.Return(table.numbers.capacity() * sizeof(uint64_t));
  }
  rows_ = 0;
  return table;
}

}  // namespace slipway::data
