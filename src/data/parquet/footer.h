#pragma once
// What stands at the end of a Parquet file: columns, row groups, where their bytes lie.
// Source: github.com/apache/parquet-format, parquet.thrift and LogicalTypes.md

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file.h"

namespace slipway::data::parquet {

enum class Physical : uint8_t {
  kBoolean,
  kInt32,
  kInt64,
  kInt96,
  kFloat,
  kDouble,
  kByteArray,
  kFixedBytes
};
std::string_view NameOf(Physical type);

/// What the values of a column stand for.
enum class Meaning : uint8_t {
  kNumber,
  kUnsigned,
  kHalf,  // two bytes
  kBoolean,
  kDecimal,    // unscaled, big-endian when bytes
  kDate,       // days since 1970
  kTimestamp,  // ticks since 1970; of INT96 nanoseconds of a Julian day
  kTimeOfDay,  // ticks since midnight
  kText,
  kUuid,
};

struct ColumnSchema {
  std::string name;
  Physical physical = Physical::kInt32;
  Meaning meaning = Meaning::kNumber;
  size_t width = 0;   // bytes of a value; 0: each has its own length
  int32_t scale = 0;  // digits of a decimal's fraction
  int64_t ticks = 1;  // a second, of kTimestamp and kTimeOfDay
  bool nullable = false;

  /// Its values have no number: words.
  bool is_words() const { return meaning == Meaning::kText || meaning == Meaning::kUuid; }
};

enum class Codec : uint8_t {
  kPlain = 0,
  kSnappy = 1,
  kGzip = 2,
  kLzo = 3,
  kBrotli = 4,
  kOldLz4 = 5,
  kZstd = 6,
  kLz4 = 7
};

/// The pages of one column in one row group.
struct Chunk {
  uint64_t begin = 0, size = 0;  // in the file
  Codec codec = Codec::kPlain;
};

struct RowGroup {
  uint64_t rows = 0;
  std::vector<Chunk> chunks;  // [columns]
};

/// Columns that pandas keeps a nameless index in (__index_level_0__) are left out.
struct Footer {
  std::vector<ColumnSchema> columns;
  std::vector<RowGroup> groups;
  uint64_t rows = 0;
};

/// The file says that it is Parquet: by its first and last bytes, or, cut short, by its first page.
StatusOr<bool> IsParquet(const io::File& file);

/// Every column is flat and of a type that can be read, every chunk lies within the file and
/// overlaps no other.
/// @return kBadRequest for a damaged footer; kUnsupported naming the column for lists, structs,
///   maps and encryption; kTooLarge.
StatusOr<Footer> ReadFooter(const io::File& file);

}  // namespace slipway::data::parquet
