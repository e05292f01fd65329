#pragma once
// Parquet files as rows: flat columns, read page by page.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/parquet/column_reader.h"
#include "data/row_batch.h"

namespace slipway::data::parquet {

/// Numbers, booleans and times come as values, all else as words. Memory follows the pages at
/// hand, one a column, and their dictionaries: at most PageSource::kMaxHeldBytes.
class ParquetRows final : public RowReader {
 public:
  /// @param file   must outlive the reader.
  /// @param types  columns that are given as categories or texts come as words, numbers and times
  ///   among them.
  /// @return as ReadFooter.
  static StatusOr<std::unique_ptr<ParquetRows>> Open(
      const io::File& file, const std::map<std::string, ColumnType>& types);

  const std::vector<std::string>& names() const override { return names_; }
  uint64_t expected_rows() const override { return footer_.rows; }
  /// @return kBadRequest "row group 2, column "age": page at byte 4: …"; kUnsupported; kTooLarge.
  StatusOr<bool> Next(RowBatch& batch) override;

 private:
  explicit ParquetRows(const io::File& file) : source_(file) {}

  void AddColumn(const ColumnSchema& column, const std::map<std::string, ColumnType>& types);
  /// Goes on to a row group with rows; false behind the last.
  StatusOr<bool> NextGroup();
  Status ReadColumn(size_t column, size_t rows, RowBatch& batch);
  /// With the place in front.
  Status InColumn(Status status, size_t column) const;
  Status CheckRatio() const;

  Footer footer_;
  PageSource source_;
  std::vector<std::string> names_;
  std::vector<ColumnReader> readers_;  // [columns]
  std::vector<std::vector<double>> values_;
  size_t batch_rows_ = 0;  // at most
  bool any_words_ = false;
  size_t groups_begun_ = 0;
  uint64_t group_left_ = 0;  // rows
  uint64_t rows_ = 0;        // so far
};

}  // namespace slipway::data::parquet
