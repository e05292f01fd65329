#include "data/parquet/footer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "data/parquet/schema.h"

namespace slipway::data::parquet {
namespace {

using Field = ThriftReader::Field;
using Type = ThriftReader::Type;

constexpr std::string_view kMagic = "PAR1", kEncryptedMagic = "PARE";
constexpr size_t kTailBytes = 8;  // the footer's length and the magic number
constexpr uint64_t kMaxFooterBytes = uint64_t{64} << 20;

Status Damaged(std::string_view how) {
  return Error(Reason::kBadRequest, "the Parquet footer is damaged: {}", how);
}

/// Fewer bytes only where the file ends.
StatusOr<std::string> ReadBytes(const io::File& file, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(offset, std::as_writable_bytes(std::span(bytes))));
  bytes.resize(got);
  return bytes;
}

StatusOr<std::string> ReadTail(const io::File& file) {
  const uint64_t size = file.size_bytes();
  return ReadBytes(file, size < kTailBytes ? 0 : size - kTailBytes, kTailBytes);
}

/// A ColumnChunk, and what it must be compared with.
struct ChunkEntry {
  std::string_view file_path, path;
  size_t path_parts = 0;
  bool encrypted = false, has_metadata = false;
  int64_t type = -1, codec = -1, values = -1, size = -1, data_page = -1, dictionary_page = -1;
};

void ReadColumnMetaData(ThriftReader& thrift, ChunkEntry& entry) {
  const auto take = [&](const Field& field, int64_t& out) {
    out = thrift.Int(field);
    return true;
  };
  entry.has_metadata = true;
  thrift.Struct([&](const Field& field) {
    switch (field.id) {
      case 1:
        return take(field, entry.type);
      case 3:
        thrift.List(field, Type::kBinary, [&] {
          entry.path = thrift.BinaryElement();
          ++entry.path_parts;
        });
        return true;
      case 4:
        return take(field, entry.codec);
      case 5:
        return take(field, entry.values);
      case 7:
        return take(field, entry.size);
      case 9:
        return take(field, entry.data_page);
      case 11:
        return take(field, entry.dictionary_page);
      default:
        return false;
    }
  });
}

ChunkEntry ReadChunk(ThriftReader& thrift) {
  constexpr int kMetaData = 3, kCrypto = 8, kEncryptedMetaData = 9;
  ChunkEntry entry;
  thrift.Struct([&](const Field& field) {
    if (field.id == 1) {
      entry.file_path = thrift.Binary(field);
      return true;
    }
    entry.encrypted |= field.id == kCrypto || field.id == kEncryptedMetaData;
    if (field.id != kMetaData || !thrift.IsStruct(field)) return false;
    ReadColumnMetaData(thrift, entry);
    return true;
  });
  return entry;
}

/// The chunk of a column; `end` is that of what may hold pages.
StatusOr<Chunk> ChunkOf(const ChunkEntry& entry, const ColumnSchema& column, uint64_t end) {
  if (entry.encrypted)
    return Error(Reason::kUnsupported, "column \"{}\" is encrypted: write the file without that",
                 column.name);
  if (!entry.file_path.empty())
    return Error(Reason::kUnsupported, "column \"{}\" lies in another file, \"{}\"", column.name,
                 entry.file_path);
  if (!entry.has_metadata || entry.path_parts != 1 || entry.path != column.name)
    return Damaged(fmt::format("expected a chunk of column \"{}\", got one of \"{}\"", column.name,
                               entry.path));
  if (entry.type != static_cast<int64_t>(column.physical))
    return Damaged(fmt::format("column \"{}\": expected type {}, got {}", column.name,
                               static_cast<int>(column.physical), entry.type));
  if (entry.codec < 0 || entry.codec > static_cast<int64_t>(Codec::kLz4))
    return Error(Reason::kUnsupported, "column \"{}\": compression {} is not known", column.name,
                 entry.codec);
  const int64_t begin = entry.dictionary_page > 0 ? std::min(entry.dictionary_page, entry.data_page)
                                                  : entry.data_page;
  if (entry.size == 0) return Chunk{};
  const auto first = static_cast<uint64_t>(begin), size = static_cast<uint64_t>(entry.size);
  if (begin < static_cast<int64_t>(kMagic.size()) || entry.size < 0 || first > end ||
      size > end - first)
    return Damaged(fmt::format(
        "column \"{}\": expected pages between bytes {} and {}, got {} bytes from {} on",
        column.name, kMagic.size(), end, entry.size, begin));
  return Chunk{first, size, static_cast<Codec>(entry.codec)};
}

/// Reads what is of use in FileMetaData.
class FooterReader {
 public:
  /// @param end  of the bytes that may hold pages.
  FooterReader(std::string_view bytes, uint64_t end) : thrift_(bytes), end_(end) {}

  StatusOr<Footer> Read() {
    thrift_.Struct([&](const Field& field) {
      if (!wrong_.ok()) return false;
      switch (field.id) {
        case 2:
          ReadColumns(field);
          return true;
        case 3:
          said_rows_ = thrift_.Int(field);
          return true;
        case 4:
          thrift_.List(field, Type::kStruct, [&] { ReadRowGroup(); });
          return true;
        default:
          return false;
      }
    });
    RETURN_IF_ERROR(wrong_);
    if (!thrift_.ok()) return Damaged(thrift_.cut() ? "it is cut off" : "it is no Thrift");
    if (all_columns_.empty()) return Error(Reason::kBadRequest, "there are no columns");
    if (said_rows_ != static_cast<int64_t>(footer_.rows))
      return Damaged(
          fmt::format("expected {} rows in its row groups, got {}", said_rows_, footer_.rows));
    RETURN_IF_ERROR(CheckOverlaps());
    return std::move(footer_);
  }

 private:
  void ReadColumns(const Field& field) {
    auto columns = ReadSchema(thrift_, field);
    if (!columns.ok()) {
      wrong_ = columns.status();
      return;
    }
    all_columns_ = *std::move(columns);
    footer_.columns.clear();
    for (const ColumnSchema& column : all_columns_)
      if (!IsIndex(column)) footer_.columns.push_back(column);
  }

  static bool IsIndex(const ColumnSchema& column) {
    constexpr std::string_view kBegin = "__index_level_", kEnd = "__";
    std::string_view name = column.name;
    if (!name.starts_with(kBegin) || !name.ends_with(kEnd)) return false;
    name.remove_prefix(kBegin.size());
    return name.find_first_not_of("0123456789") == name.size() - kEnd.size();
  }

  void ReadRowGroup() {
    RowGroup group;
    std::vector<int64_t> values;  // as the chunks say
    int64_t rows = -1;
    size_t place = 0;
    const auto chunk = [&]() -> Status {
      const ChunkEntry entry = ReadChunk(thrift_);
      if (!thrift_.ok() || place >= all_columns_.size()) {
        ++place;
        return OkStatus();
      }
      const ColumnSchema& column = all_columns_[place++];
      if (IsIndex(column)) return OkStatus();
      ASSIGN_OR_RETURN(const Chunk read, ChunkOf(entry, column, end_));
      group.chunks.push_back(read);
      values.push_back(entry.values);
      return OkStatus();
    };
    thrift_.Struct([&](const Field& field) {
      if (field.id == 1) {
        thrift_.List(field, Type::kStruct, [&] {
          if (Status status = chunk(); wrong_.ok()) wrong_ = InGroup(std::move(status));
        });
        return true;
      }
      if (field.id != 3) return false;
      rows = thrift_.Int(field);
      return true;
    });
    if (!wrong_.ok() || !thrift_.ok()) return;
    wrong_ = InGroup(Add(std::move(group), place, rows, values));
  }

  Status InGroup(Status status) const {
    if (status.ok()) return status;
    return Annotate(status, fmt::format("row group {}", footer_.groups.size()));
  }

  Status Add(RowGroup group, size_t chunks, int64_t rows, const std::vector<int64_t>& values) {
    if (chunks != all_columns_.size())
      return Damaged(fmt::format("expected {} columns, got {}", all_columns_.size(), chunks));
    if (rows < 0 || static_cast<uint64_t>(rows) > kMaxRows - footer_.rows)
      return Damaged(fmt::format("expected up to 2^48 rows, got {}", rows));
    for (size_t i = 0; i < values.size(); ++i)
      if (values[i] != rows)
        return Damaged(fmt::format("column \"{}\": expected {} values, got {}",
                                   footer_.columns[i].name, rows, values[i]));
    group.rows = static_cast<uint64_t>(rows);
    footer_.rows += group.rows;
    footer_.groups.push_back(std::move(group));
    return OkStatus();
  }

  Status CheckOverlaps() const {
    struct Range {
      uint64_t begin, end;
      size_t column;
      bool operator<(const Range& other) const { return begin < other.begin; }
    };
    std::vector<Range> ranges;
    for (const RowGroup& group : footer_.groups)
      for (size_t i = 0; i < group.chunks.size(); ++i)
        if (group.chunks[i].size > 0)
          ranges.push_back(
              {group.chunks[i].begin, group.chunks[i].begin + group.chunks[i].size, i});
    std::sort(ranges.begin(), ranges.end());
    for (size_t i = 1; i < ranges.size(); ++i)
      if (ranges[i].begin < ranges[i - 1].end)
        return Damaged(fmt::format("the pages of columns \"{}\" and \"{}\" overlap at byte {}",
                                   footer_.columns[ranges[i - 1].column].name,
                                   footer_.columns[ranges[i].column].name, ranges[i].begin));
    return OkStatus();
  }

  static constexpr uint64_t kMaxRows = uint64_t{1} << 48;

  ThriftReader thrift_;
  uint64_t end_;
  Status wrong_ = OkStatus();  // the first that is
  std::vector<ColumnSchema> all_columns_;
  int64_t said_rows_ = -1;
  Footer footer_;
};

}  // namespace

StatusOr<bool> IsParquet(const io::File& file) {
  constexpr std::string_view kFirstPage = "PAR1\x15";  // with the first byte of its header
  ASSIGN_OR_RETURN(const std::string start, ReadBytes(file, 0, kFirstPage.size()));
  if (start.starts_with(kEncryptedMagic) || start == kFirstPage) return true;
  if (!start.starts_with(kMagic)) return false;
  ASSIGN_OR_RETURN(const std::string tail, ReadTail(file));
  return tail.ends_with(kMagic);
}

StatusOr<Footer> ReadFooter(const io::File& file) {
  ASSIGN_OR_RETURN(const std::string tail, ReadTail(file));
  if (tail.ends_with(kEncryptedMagic))
    return Error(Reason::kUnsupported,
                 "the Parquet footer is encrypted: write the file without that");
  const uint64_t size = file.size_bytes();
  if (!tail.ends_with(kMagic) || size < kMagic.size() + kTailBytes)
    return Error(Reason::kBadRequest, "the Parquet file is cut off: expected PAR1 at its end");
  uint32_t length;
  std::memcpy(&length, tail.data(), sizeof(length));
  const uint64_t most = size - kTailBytes - kMagic.size();
  if (length > most)
    return Damaged(fmt::format("expected up to {} bytes of it, got {}", most, length));
  if (length > kMaxFooterBytes)
    return Error(Reason::kTooLarge, "the Parquet footer has {} MB: expected up to {}", length >> 20,
                 kMaxFooterBytes >> 20);
  const uint64_t begin = size - kTailBytes - length;
  ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(file, begin, length));
  if (bytes.size() < length) return Error(Reason::kIo, "the file changed while it was read");
  return FooterReader(bytes, begin).Read();
}

}  // namespace slipway::data::parquet
