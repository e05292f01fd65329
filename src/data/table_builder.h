#pragma once
// Batches of rows → a table.

#include <cstdint>
#include <vector>

#include "data/column_builder.h"
#include "data/table_file.h"

namespace slipway::data {

/// Which rows of a stream of unknown length are in a random sample of at most `size`: each has the
/// same chance. Source: Vitter 1985, "Random sampling with a reservoir", algorithm R.
class Reservoir {
 public:
  Reservoir(size_t size, uint64_t seed) : size_(size), seed_(seed) {}

  /// The place in the sample of the row that is next, whatever it held before; or kNoPlace.
  /// @param number  of the row: larger than of those before it.
  uint32_t Next(uint64_t number);
  /// How many places are filled.
  size_t filled() const { return numbers_.size(); }
  /// The number of each place's row.
  const std::vector<uint64_t>& numbers() const { return numbers_; }
  /// Places in the order in which their rows came.
  std::vector<uint32_t> InOrder() const;
  void Restart();

 private:
  size_t size_;
  uint64_t seed_;
  uint64_t seen_ = 0;
  std::vector<uint64_t> numbers_;  // of each place: its row's
};

/// Usage: Add until the reader ends; when NeedsSecondPass, BeginSecondPass and Add all again;
/// Decide; Take. For a table in parts: the same with a builder that keeps only types; then Add what
/// a part has and Take it, again and again.
class TableBuilder {
 public:
  enum class Keep : uint8_t { kValues, kTypes };

  /// @param options  must outlive the builder.
  TableBuilder(const TableOptions& options, Keep keep);

  /// @param names  of columns; the first are those of `batch`.
  /// @param batch  loses its bad rows.
  Status Add(const std::vector<std::string>& names, RowBatch& batch, BadRows& bad);
  bool NeedsSecondPass() const;
  void BeginSecondPass();
  /// All rows were seen. From now on types and categories stay as they are, and values are kept.
  /// @return kBadRequest when a column of options.types was not there.
  Status Decide();
  /// The rows since Decide, or since the last Take.
  Table Take();
  /// After a Take: the next row is the first of the file again.
  void Restart() { rows_ = file_rows_ = 0; }

  /// Seen in this pass, or since the last Take; without the bad ones.
  uint64_t rows() const { return rows_; }
  /// About so many there will be.
  void ExpectRows(size_t rows) {
    if (keep_ == Keep::kValues) budget_.ExpectRows(std::min(rows, options_.max_rows));
  }

 private:
  Status AddColumns(std::span<const std::string> names);
  /// Takes rows off the batch with a cell that its column's given type cannot hold.
  Status DropBadRows(RowBatch& batch, BadRows& bad) const;
  std::string Complaint(const RowBatch& batch, size_t row) const;
  /// Chooses those of a sample, and keeps the numbers of rows that are not their places.
  Status NumberRows(const RowBatch& batch);
  Status NoSuchColumn(std::string_view name, ColumnType type) const;
  bool sampled() const { return options_.max_rows != SIZE_MAX; }

  const TableOptions& options_;
  MissingWords missing_;
  MemoryBudget budget_;
  Reservoir reservoir_;
  std::vector<ColumnBuilder> columns_;
  Keep keep_;
  bool any_given_ = false;
  std::vector<uint32_t> places_;
  uint64_t rows_ = 0;
  uint64_t file_rows_ = 0;         // of this pass, with the bad ones
  std::vector<uint64_t> numbers_;  // [rows_], as Table has them; of a sample the reservoir's
};

}  // namespace slipway::data
