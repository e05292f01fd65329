#include "data/parquet/parquet_rows.h"

#include <algorithm>
#include <numeric>

#include "data/data_source.h"
#include "data/parquet/values.h"

namespace slipway::data::parquet {
namespace {

constexpr size_t kBatchRows = 4096, kLeastBatchRows = 16;
constexpr size_t kBatchCells = size_t{1} << 20;

}  // namespace

StatusOr<std::unique_ptr<ParquetRows>> ParquetRows::Open(
    const io::File& file, const std::map<std::string, ColumnType>& types) {
  auto rows = std::unique_ptr<ParquetRows>(new ParquetRows(file));
  ASSIGN_OR_RETURN(rows->footer_, ReadFooter(file));
  const size_t width = rows->footer_.columns.size();
  if (width == 0) return Error(Reason::kBadRequest, "there are no columns");
  rows->batch_rows_ = std::clamp(kBatchCells / width, kLeastBatchRows, kBatchRows);
  for (const ColumnSchema& column : rows->footer_.columns) rows->AddColumn(column, types);
  return rows;
}

void ParquetRows::AddColumn(const ColumnSchema& column,
                            const std::map<std::string, ColumnType>& types) {
  const auto given = types.find(column.name);
  const bool as_words = TypeOf(column) == ColumnType::kText ||
                        (given != types.end() && (given->second == ColumnType::kCategory ||
                                                  given->second == ColumnType::kText));
  names_.push_back(column.name);
  readers_.emplace_back(source_, column, as_words);
  values_.emplace_back(as_words ? 0 : batch_rows_);
  any_words_ |= as_words;
}

StatusOr<bool> ParquetRows::NextGroup() {
  while (group_left_ == 0) {
    if (groups_begun_ > 0)
      for (size_t i = 0; i < readers_.size(); ++i)
        RETURN_IF_ERROR(InColumn(readers_[i].Finish(), i));
    if (groups_begun_ == footer_.groups.size()) {
      RETURN_IF_ERROR(source_.file.CheckUnchanged());
      return false;
    }
    const RowGroup& group = footer_.groups[groups_begun_++];
    for (size_t i = 0; i < readers_.size(); ++i) readers_[i].Begin(group.chunks[i]);
    group_left_ = group.rows;
  }
  return true;
}

StatusOr<bool> ParquetRows::Next(RowBatch& batch) {
  const size_t width = readers_.size();
  batch.width = width;
  batch.ForgetRows();
  batch.row_word = "row";
  for (ColumnReader& reader : readers_) reader.ForgetWords();
  ASSIGN_OR_RETURN(const bool more, NextGroup());
  if (!more) return false;
  const auto rows = static_cast<size_t>(std::min<uint64_t>(group_left_, batch_rows_));
  batch.lines.resize(rows);
  std::iota(batch.lines.begin(), batch.lines.end(), rows_ + 1);
  batch.cells.resize(any_words_ ? rows * width : 0);
  batch.typed.resize(width);
  for (size_t i = 0; i < width; ++i) RETURN_IF_ERROR(InColumn(ReadColumn(i, rows, batch), i));
  group_left_ -= rows;
  rows_ += rows;
  RETURN_IF_ERROR(CheckRatio());
  return true;
}

Status ParquetRows::ReadColumn(size_t column, size_t rows, RowBatch& batch) {
  ColumnReader& reader = readers_[column];
  RowBatch::TypedColumn& typed = batch.typed[column];
  if (reader.as_words()) {
    typed = {ColumnType::kText, {}};
    return reader.ReadWords(rows, batch.cells.data() + column, batch.width);
  }
  std::vector<double>& values = values_[column];
  typed = {TypeOf(footer_.columns[column]), std::span(values).first(rows)};
  return reader.ReadNumbers(rows, values.data());
}

Status ParquetRows::InColumn(Status status, size_t column) const {
  if (status.ok()) return status;
  return Annotate(status,
                  fmt::format("row group {}, column \"{}\"", groups_begun_ - 1, names_[column]));
}

Status ParquetRows::CheckRatio() const {
  const uint64_t bytes = source_.unpacked_bytes + rows_ * readers_.size() * sizeof(double);
  if (bytes <= DataSource::kFreeBytes || bytes / DataSource::kMaxRatio <= source_.file.size_bytes())
    return OkStatus();
  return Error(Reason::kTooLarge,
               "unpacks to more than {} times its size: no data is that repetitive",
               DataSource::kMaxRatio);
}

}  // namespace slipway::data::parquet
