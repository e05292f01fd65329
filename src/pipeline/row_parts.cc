#include "pipeline/row_parts.h"

#include <algorithm>

namespace slipway::pipeline {
namespace {

constexpr size_t kPartBytes = size_t{8} << 20;  // of numbers
constexpr size_t kMostRows = 1 << 16;
// A row that judges: its number, right answer and weight, the models' answers, and the copies that
// curves and intervals are made of.
constexpr size_t kRowBytes = 128;

/// The columns of these names.
data::Table Only(data::Table table, std::span<const std::string> names) {
  std::erase_if(table.columns, [&](const data::Column& column) {
    return std::ranges::find(names, column.name) == names.end();
  });
  return table;
}

}  // namespace

bool RowParts::Suits(const RowChoice& choice) {
  const auto compares_rows = [](const data::CleaningStep& step) {
    return step.kind == data::CleaningKind::kDropDuplicates;
  };
  return choice.sample == SIZE_MAX && std::ranges::none_of(choice.clean, compares_rows);
}

StatusOr<std::unique_ptr<RowParts>> RowParts::Open(const std::string& path, const RowChoice& choice,
                                                   const CheckFacts& is_right) {
  std::unique_ptr<RowParts> parts(new RowParts());
  ASSIGN_OR_RETURN(parts->stream_, data::OpenTable(path, OptionsOf(choice)));
  if (is_right) RETURN_IF_ERROR(is_right(parts->stream_->facts()));
  ASSIGN_OR_RETURN(parts->columns_, parts->stream_->Next(0));
  RETURN_IF_ERROR(CheckColumns(parts->columns_, choice));
  parts->unseen_ = UnseenColumns(choice);
  const size_t row_bytes = sizeof(double) * parts->columns_.columns.size();
  parts->part_rows_ = std::clamp<size_t>(kPartBytes / row_bytes, 1, kMostRows);
  RETURN_IF_ERROR(parts->ReadRoles(choice));
  RETURN_IF_ERROR(parts->stream_->Rewind());
  return parts;
}

Status RowParts::ReadRoles(const RowChoice& choice) {
  if (const uint64_t rows = stream_->facts().rows; rows > choice.max_memory_bytes / kRowBytes)
    return Error(
        Reason::kTooLarge,
        "{}: the answers of {} rows take {} MB of memory, expected at most {} MB: judge by a "
        "sample of them (--sample)",
        stream_->facts().path, rows, rows * kRowBytes >> 20, choice.max_memory_bytes >> 20);
  RowChoice roles = choice;
  roles.drop.clear();
  const std::vector<std::string> names = UnseenColumns(roles);
  data::TableFile file = {.table = Only(columns_, names), .facts = stream_->facts()};
  for (;;) {
    ASSIGN_OR_RETURN(data::Table part, stream_->Next(part_rows_));
    if (part.rows == 0) break;
    file.table.Append(Only(std::move(part), names));
  }
  ASSIGN_OR_RETURN(rows_, ChooseRows(std::move(file), roles, Purpose::kJudge));
  rows_.test_columns = {};
  return OkStatus();
}

StatusOr<RowParts::Part> RowParts::Next() {
  const std::vector<uint64_t>& judging = rows_.test.table.numbers;
  for (std::vector<uint32_t> rows; next_ < judging.size();) {
    ASSIGN_OR_RETURN(const data::Table table, stream_->Next(part_rows_));
    if (table.rows == 0) return Error(Reason::kIo, "{}: rows are missing", rows_.facts.path);
    for (size_t row = 0; row < table.rows && next_ < judging.size(); ++row) {
      if (data::NumberOfRow(table.numbers, row) != judging[next_]) continue;
      rows.push_back(static_cast<uint32_t>(row));
      ++next_;
    }
    if (rows.empty()) continue;
    Part part = {.all = table.Select(rows), .features = {}};
    part.features = part.all.Without(unseen_);
    return part;
  }
  return Part{};
}

double RowParts::share() const {
  return static_cast<double>(next_) / static_cast<double>(std::max<size_t>(1, rows_.test.size()));
}

}  // namespace slipway::pipeline
