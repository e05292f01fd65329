#pragma once
// Files of rows → tables: CSV, JSON lines, .npy, .npz, plain or compressed by gzip or zstd;
// Parquet.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"

namespace slipway::data {

struct TableOptions {
  std::map<std::string, ColumnType>
      types;           // overrides what is inferred; names that are not there are refused
  char delimiter = 0;  // CSV; 0: told from the first lines (, ; tab |)
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"};
  bool skip_bad_rows = false;  // counted instead of refused
  size_t max_rows =
      SIZE_MAX;  // of a random sample, taken in one pass by `seed`, when there are more
  uint64_t seed = 0;
  size_t max_memory_bytes = size_t{8} << 30;  // of the table; kTooLarge naming it and --sample
};

/// What was read, besides the table.
struct TableFacts {
  std::string path;
  std::string sha256;  // 64 hex digits, of the file's bytes as they lie
  uint64_t size_bytes = 0;
  uint64_t rows = 0;          // of the file
  uint64_t skipped = 0;       // bad rows
  std::string first_skipped;  // why the first one was: "line 7, column \"age\": …"
};

struct TableFile {
  Table table;
  TableFacts facts;
};

/// Reads the whole file in memory that does not grow with it but for the table.
/// @return kBadRequest "data.csv: line 3, column 4: …"; kTooLarge; kIo.
/// Threads: any. Cost: one pass over the text, and a second for columns whose first cells look like
/// numbers, booleans or times and whose later ones do not.
/// Source: docs/formats/data-files.md
StatusOr<TableFile> ReadTable(const std::string& path, const TableOptions& options = {});

/// Reads a file part by part: types are those of the whole file. Arrays and samples are held in
/// memory whole.
class TableStream {
 public:
  virtual ~TableStream() = default;
  /// At most `rows` rows. Categories are those of the whole file in every part.
  /// @return a table without rows at the end.
  virtual StatusOr<Table> Next(size_t rows) = 0;
  /// Begins again with the first row.
  /// @return kIo when the file changed meanwhile.
  virtual Status Rewind() = 0;
  /// Complete at the end.
  virtual const TableFacts& facts() const = 0;
};
StatusOr<std::unique_ptr<TableStream>> OpenTable(const std::string& path,
                                                 const TableOptions& options = {});

}  // namespace slipway::data
