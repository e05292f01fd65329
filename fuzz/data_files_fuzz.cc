// Files of data. The first byte chooses the reader. What is a table in one piece is the same table
// in parts, and what a schema says is read back.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "data/cleaning.h"
#include "data/csv.h"
#include "data/feature_schema.h"
#include "data/npy.h"
#include "data/table_file.h"

namespace {

using namespace slipway;

/// One file for the whole run, in memory where there is such a folder.
const std::string& Path() {
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

void Write(std::string_view text) {
  std::FILE* const file = std::fopen(Path().c_str(), "wb");
  if (file == nullptr) std::abort();
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

/// All rows, taken three at a time.
size_t RowsOfParts(const data::Table& whole, const data::TableOptions& options) {
  const auto stream = data::OpenTable(Path(), options);
  if (!stream.ok()) __builtin_trap();
  for (size_t rows = 0;;) {
    const auto part = (*stream)->Next(3);
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

void ReadTables(std::string_view text) {
  Write(text);
  for (const bool skip : {false, true}) {
    const data::TableOptions options = {.skip_bad_rows = skip, .max_memory_bytes = 64 << 20};
    const auto read = data::ReadTable(Path(), options);
    if (!read.ok()) continue;
    if (RowsOfParts(read->table, options) != read->table.rows) __builtin_trap();
    const std::string schema = data::RenderFeatureSchema(data::DescribeFeatures(read->table));
    if (!data::ParseFeatureSchema(schema).ok()) __builtin_trap();
  }
  (void)data::ReadTable(Path(), {.skip_bad_rows = true, .max_rows = 2}).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      (void)data::ReadCsv(text).ok();
      break;
    case 1:
      if (const auto tensor = data::ReadNpy(std::as_bytes(std::span(text))); tensor.ok())
        if (!CheckData(*tensor).ok()) __builtin_trap();
      break;
    case 2:
      ReadTables(text);
      break;
    case 3:
      (void)data::ParseCleaningStep(text).ok();
      if (const auto schema = data::ParseFeatureSchema(text); schema.ok())
        if (!(data::ParseFeatureSchema(data::RenderFeatureSchema(*schema)) == schema))
          __builtin_trap();
      break;
  }
  return 0;
}
