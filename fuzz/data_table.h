#pragma once
// A file of rows for targets to read: what is a table in one piece is the same table in parts, and
// what a schema says is read back.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "data/feature_schema.h"
#include "data/table_file.h"

namespace slipway::fuzz {

/// One file for the whole run, in memory where there is such a folder.
inline const std::string& Path() {
  static const std::string path = [] {
    std::string name = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/slipway-fuzz-XXXXXX"
                                                       : "/tmp/slipway-fuzz-XXXXXX";
    const int fd = ::mkstemp(name.data());
    if (fd < 0) std::abort();
    ::close(fd);
    std::atexit([] { std::remove(Path().c_str()); });
    return name;
  }();
  return path;
}

inline void Write(std::string_view text) {
  std::FILE* const file = std::fopen(Path().c_str(), "wb");
  if (file == nullptr) std::abort();
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

/// All rows, taken `rows` at a time.
inline size_t RowsOfParts(const data::Table& whole, const data::TableOptions& options,
                          size_t part_rows) {
  const auto stream = data::OpenTable(Path(), options);
  if (!stream.ok()) __builtin_trap();
  for (size_t rows = 0;;) {
    const auto part = (*stream)->Next(part_rows);
    if (!part.ok() || part->columns.size() != whole.columns.size()) __builtin_trap();
    if (part->rows == 0) return rows;
    for (size_t i = 0; i < whole.columns.size(); ++i) {
      const data::Column &a = whole.columns[i], &b = part->columns[i];
      if (a.type != b.type || a.categories != b.categories) __builtin_trap();
      for (size_t row = 0; row < part->rows; ++row)
        if (a.IsMissing(rows + row) != b.IsMissing(row)) __builtin_trap();
    }
    rows += part->rows;
  }
}

inline void ReadTables(std::string_view bytes) {
  Write(bytes);
  for (const bool skip : {false, true}) {
    const data::TableOptions options = {.skip_bad_rows = skip, .max_memory_bytes = 64 << 20};
    const auto read = data::ReadTable(Path(), options);
    if (!read.ok()) continue;
    const size_t part_rows = 3 + read->table.rows / 8;
    if (RowsOfParts(read->table, options, part_rows) != read->table.rows) __builtin_trap();
    const std::string schema = data::RenderFeatureSchema(data::DescribeFeatures(read->table));
    if (!data::ParseFeatureSchema(schema).ok()) __builtin_trap();
  }
}

}  // namespace slipway::fuzz
