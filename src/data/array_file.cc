#include "data/array_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "data/cell_values.h"
#include "data/column_builder.h"
#include "data/npy_header.h"
#include "data/table_builder.h"
#include "data/zip_stream.h"
#include "tensor/half.h"

namespace slipway::data {
namespace {

constexpr size_t kBlockBytes = size_t{128} << 10;
constexpr size_t kBatchRows = 4096;

template <typename T>
double LoadAs(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return static_cast<double>(value);
}

double LoadFp16(const char* at) {
  uint16_t bits;
  std::memcpy(&bits, at, sizeof(bits));
  return Fp16ToFloat(bits);
}

using Load = double (*)(const char*);

Load LoadOf(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kUint8:
      return LoadAs<uint8_t>;
    case DType::kUint16:
      return LoadAs<uint16_t>;
    case DType::kUint32:
      return LoadAs<uint32_t>;
    case DType::kUint64:
      return LoadAs<uint64_t>;
    case DType::kInt8:
      return LoadAs<int8_t>;
    case DType::kInt16:
      return LoadAs<int16_t>;
    case DType::kInt32:
      return LoadAs<int32_t>;
    case DType::kInt64:
      return LoadAs<int64_t>;
    case DType::kFp16:
      return LoadFp16;
    case DType::kFp32:
      return LoadAs<float>;
    default:
      return LoadAs<double>;
  }
}

/// The type of a column of numbers of `dtype`.
ColumnType TypeOf(DType dtype, const std::vector<double>& numbers) {
  if (dtype == DType::kBool) return ColumnType::kBoolean;
  if (dtype == DType::kFp16 || dtype == DType::kFp32 || dtype == DType::kFp64)
    return ColumnType::kNumber;
  const bool exact = std::all_of(numbers.begin(), numbers.end(),
                                 [](double value) { return std::abs(value) <= kMaxWhole; });
  return exact ? ColumnType::kInteger : ColumnType::kNumber;
}

/// Numbers as the words they are written as.
void BecomeCategories(Column& column) {
  for (const double value : column.numbers)
    if (!std::isnan(value)) column.categories.push_back(fmt::format("{}", value));
  std::sort(column.categories.begin(), column.categories.end());
  column.categories.erase(std::unique(column.categories.begin(), column.categories.end()),
                          column.categories.end());
  for (const double value : column.numbers) {
    const auto at = std::lower_bound(column.categories.begin(), column.categories.end(),
                                     fmt::format("{}", value));
    column.codes.push_back(
        std::isnan(value) ? -1 : static_cast<int32_t>(at - column.categories.begin()));
  }
  column.numbers = {};
}

/// Gives a column of numbers another type; times are seconds since 1970.
/// @param numbers  of the rows, for messages.
Status Retype(ColumnType type, std::span<const uint64_t> numbers, Column& column) {
  column.type = type;
  if (type == ColumnType::kCategory) {
    BecomeCategories(column);
    return OkStatus();
  }
  for (size_t row = 0; row < column.numbers.size(); ++row) {
    const double value = column.numbers[row];
    const bool whole = value == std::trunc(value) && std::abs(value) <= kMaxWhole;
    const bool fits = type == ColumnType::kInteger   ? whole
                      : type == ColumnType::kBoolean ? value == 0 || value == 1
                                                     : type != ColumnType::kText;
    if (!fits && !std::isnan(value))
      return Error(Reason::kBadRequest, "row {}, column \"{}\": {} is not of type {}",
                   NumberOfRow(numbers, row), column.name, value, NameOf(type));
  }
  return OkStatus();
}

/// Rows of strings on their way into columns.
class StringRows {
 public:
  explicit StringRows(size_t width) { batch_.width = width; }

  Status Append(std::string_view element, bool is_text) {
    if (!DecodeNpyString(element, is_text, decoded_) || !IsValidUtf8(decoded_) ||
        decoded_.find('\0') != std::string::npos)
      return Error(Reason::kBadRequest, "row {}: a string is no UTF-8 text",
                   rows_ + ends_.size() / batch_.width + 1);
    text_ += decoded_;
    ends_.push_back(text_.size());
    return OkStatus();
  }

  bool full() const {
    return ends_.size() % batch_.width == 0 &&
           (text_.size() >= kBlockBytes || ends_.size() / batch_.width >= kBatchRows);
  }

  Status Flush(std::vector<ColumnBuilder>& builders) {
    batch_.cells.clear();
    batch_.lines.clear();
    size_t begin = RowBatch::kLookBehind;
    for (const size_t end : ends_) {
      batch_.cells.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
    for (size_t row = 0; row < ends_.size() / batch_.width; ++row) batch_.lines.push_back(++rows_);
    for (size_t i = 0; i < builders.size(); ++i) {
      for (size_t row = 0; row < batch_.rows(); ++row)
        if (!builders[i].Takes(batch_.cell(row, i)))
          return Error(Reason::kBadRequest, "row {}, column \"{}\": not of the type that is given",
                       batch_.lines[row], builders[i].name());
      RETURN_IF_ERROR(builders[i].Add(batch_, i, {}, rows_));
    }
    text_.resize(RowBatch::kLookBehind);
    ends_.clear();
    return OkStatus();
  }

 private:
  RowBatch batch_;
  std::string text_ = std::string(RowBatch::kLookBehind, ' ');  // of the cells, one after the other
  std::vector<size_t> ends_;
  std::string decoded_;
  size_t rows_ = 0;
};

/// Reads the arrays of a file, one after the other.
class ArrayReader {
 public:
  explicit ArrayReader(const TableOptions& options)
      : options_(options), missing_(options.missing), budget_(options.max_memory_bytes) {}

  /// @param name     of the columns.
  /// @param is_only  the only array of the file: columns are counted also when there is one.
  Status Add(io::ByteSource& source, const std::string& name, bool is_only) {
    ASSIGN_OR_RETURN(header_, ReadHeader(source));
    RETURN_IF_ERROR(ReadShape());
    names_.clear();
    const bool counted = is_only || header_.shape.size() == 2;
    for (size_t i = 0; i < width_; ++i)
      names_.push_back(counted ? fmt::format("{}{}", name, i) : name);
    for (const std::string& column : names_)
      if (table_.Find(column) != nullptr)
        return Error(Reason::kBadRequest, "two columns are called \"{}\"", column);
    const auto dtype = NpyDTypeOf(header_.descr);
    RETURN_IF_ERROR(dtype ? AddNumbers(source, *dtype) : AddStrings(source));
    std::byte more;
    ASSIGN_OR_RETURN(const size_t got, source.Read({&more, 1}));
    if (got > 0) return MalformedNpy("bytes follow its last element");
    return OkStatus();
  }

  StatusOr<Table> Finish() {
    if (table_.columns.empty()) return Error(Reason::kBadRequest, "there are no arrays");
    for (const auto& [name, type] : options_.types) RETURN_IF_ERROR(table_.Get(name).status());
    return std::move(table_);
  }
  uint64_t rows() const { return rows_; }

 private:
  static StatusOr<NpyHeader> ReadHeader(io::ByteSource& source) {
    constexpr size_t kStart = 10;  // magic, version, and the header's length in version 1
    std::string bytes(kStart, '\0');
    const auto read = [&](size_t from, size_t size) -> Status {
      bytes.resize(from + size);
      ASSIGN_OR_RETURN(const size_t got,
                       source.Read(std::as_writable_bytes(std::span(bytes).subspan(from))));
      return got == size ? OkStatus() : MalformedNpy("it is cut off");
    };
    RETURN_IF_ERROR(read(0, kStart));
    const bool long_form = bytes[kNpyMagic.size()] != 1;
    if (long_form) RETURN_IF_ERROR(read(kStart, 2));
    uint32_t length = 0;
    std::memcpy(&length, bytes.data() + kNpyMagic.size() + 2, long_form ? 4 : 2);
    if (length > kMaxNpyHeaderBytes) return MalformedNpy("its header is too long");
    RETURN_IF_ERROR(read(bytes.size(), length));
    std::string_view rest = bytes;
    return TakeNpyHeader(rest);
  }

  Status ReadShape() {
    const Shape& shape = header_.shape;
    if (shape.empty() || shape.size() > 2)
      return Error(Reason::kBadRequest, "expected an array of one or two dimensions, got {}",
                   shape.size());
    const auto rows = static_cast<uint64_t>(shape[0]);
    width_ = shape.size() == 2 ? static_cast<size_t>(shape[1]) : 1;
    if (rows == 0 || width_ == 0) return Error(Reason::kBadRequest, "there are no rows");
    if (rows >= kNoPlace || width_ > RowReader::kMaxColumns)
      return Error(Reason::kTooLarge, "{} rows of {} columns are too many", rows, width_);
    if (rows_ != 0 && rows_ != rows)
      return Error(Reason::kBadRequest, "expected {} rows, as the arrays before it have, got {}",
                   rows_, rows);
    if (rows_ == 0) ChooseRows(rows);
    const uint64_t bytes = table_.rows * width_ * sizeof(double);
    if (NpyDTypeOf(header_.descr) && bytes > options_.max_memory_bytes)
      return Error(Reason::kTooLarge,
                   "{} rows of {} columns take {} MB of memory, expected at most {} MB: read a "
                   "sample of its rows (--sample)",
                   table_.rows, width_, bytes >> 20, options_.max_memory_bytes >> 20);
    return OkStatus();
  }

  /// The rows of the sample, ascending.
  void ChooseRows(uint64_t rows) {
    rows_ = rows;
    table_.rows = static_cast<size_t>(std::min<uint64_t>(rows, options_.max_rows));
    if (table_.rows == rows) return;
    Reservoir reservoir(options_.max_rows, options_.seed);
    for (uint64_t row = 0; row < rows; ++row) reservoir.Next(row + 1);
    table_.numbers = reservoir.numbers();
    std::sort(table_.numbers.begin(), table_.numbers.end());
    for (const uint64_t number : table_.numbers) sample_.push_back(number - 1);
  }

  bool sampled() const { return !sample_.empty(); }

  /// Calls take(column, element) for each element of a row that is wanted, row by row within each
  /// column and, unless in Fortran order, column by column within each row.
  template <typename Take>
  Status ReadElements(io::ByteSource& source, size_t element_bytes, Take take) {
    std::vector<char> block(std::max<size_t>(1, kBlockBytes / element_bytes) * element_bytes);
    uint64_t left = rows_ * width_;
    size_t column = 0, next = 0;  // in sample_
    for (uint64_t row = 0; left > 0;) {
      const auto elements = std::min<uint64_t>(left, block.size() / element_bytes);
      const auto part = std::span(block).first(static_cast<size_t>(elements) * element_bytes);
      ASSIGN_OR_RETURN(const size_t got, source.Read(std::as_writable_bytes(part)));
      if (got < part.size()) return MalformedNpy("it is cut off");
      left -= elements;
      for (const char* at = part.data(); at != part.data() + part.size(); at += element_bytes) {
        const bool wanted = !sampled() || (next < sample_.size() && sample_[next] == row);
        if (wanted) RETURN_IF_ERROR(take(column, at));
        const bool row_ends = header_.fortran_order || ++column == width_;
        if (!row_ends) continue;
        next += wanted;
        if (!header_.fortran_order) column = 0;
        if (++row < rows_) continue;
        row = next = 0;
        ++column;
      }
    }
    return OkStatus();
  }

  Status AddNumbers(io::ByteSource& source, DType dtype) {
    const Load load = LoadOf(dtype);
    std::vector<std::vector<double>> columns(width_);
    RETURN_IF_ERROR(ReadElements(source, ElementSize(dtype), [&](size_t column, const char* at) {
      std::vector<double>& numbers = columns[column];
      if (numbers.size() == numbers.capacity())
        RETURN_IF_ERROR(budget_.Reserve(numbers, numbers.size() + 1));
      numbers.push_back(load(at));
      return OkStatus();
    }));
    for (size_t i = 0; i < width_; ++i) {
      Column column{.name = names_[i], .numbers = std::move(columns[i])};
      column.type = TypeOf(dtype, column.numbers);
      const auto given = options_.types.find(column.name);
      if (given != options_.types.end())
        RETURN_IF_ERROR(Retype(given->second, table_.numbers, column));
      table_.columns.push_back(std::move(column));
    }
    return OkStatus();
  }

  Status AddStrings(io::ByteSource& source) {
    ASSIGN_OR_RETURN(const size_t width, NpyStringWidth(header_.descr));
    if (width == 0 || (header_.fortran_order && width_ > 1))
      return Error(Reason::kBadRequest, "strings in Fortran order, or of no bytes, are not taken");
    std::vector<ColumnBuilder> builders;
    for (const std::string& name : names_) {
      const auto given = options_.types.find(name);
      builders.emplace_back(
          name, given == options_.types.end() ? std::nullopt : std::optional(given->second),
          missing_, budget_);
      builders.back().ExpectWords();
    }
    StringRows rows(width_);
    RETURN_IF_ERROR(ReadElements(source, width, [&](size_t, const char* at) -> Status {
      RETURN_IF_ERROR(rows.Append({at, width}, header_.descr[1] == 'U'));
      return rows.full() ? rows.Flush(builders) : OkStatus();
    }));
    RETURN_IF_ERROR(rows.Flush(builders));
    for (ColumnBuilder& builder : builders) {
      RETURN_IF_ERROR(builder.Decide());
      table_.columns.push_back(builder.Take());
    }
    return OkStatus();
  }

  const TableOptions& options_;
  MissingWords missing_;
  MemoryBudget budget_;
  Table table_;
  uint64_t rows_ = 0;             // of the file
  std::vector<uint64_t> sample_;  // rows of the file that are wanted; empty: all
  NpyHeader header_;
  size_t width_ = 0;
  std::vector<std::string> names_;
};

/// Reads what is left, so that the digest is of all bytes.
Status ReadToEnd(io::ByteSource& source) {
  std::vector<std::byte> block(kBlockBytes);
  for (;;) {
    ASSIGN_OR_RETURN(const size_t got, source.Read(block));
    if (got < block.size()) return OkStatus();
  }
}

Status ReadArchive(io::ByteSource& source, ArrayReader& arrays) {
  constexpr std::string_view kSuffix = ".npy";
  ZipStream archive(source);
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, archive.Next());
    if (!more) return OkStatus();
    std::string name = archive.name();
    if (!name.ends_with(kSuffix) || name.size() == kSuffix.size())
      return Error(Reason::kUnsupported,
                   "a zip archive with \"{}\" in it: expected arrays of numpy.savez alone", name);
    name.resize(name.size() - kSuffix.size());
    if (const Status added = arrays.Add(archive.member(), name, false); !added.ok())
      return Annotate(added, fmt::format("array \"{}\"", name));
  }
}

}  // namespace

StatusOr<Table> ReadArrays(DataSource& source, const TableOptions& options, uint64_t* rows) {
  ArrayReader arrays(options);
  RETURN_IF_ERROR(source.kind() == FileKind::kNpz ? ReadArchive(source, arrays)
                                                  : arrays.Add(source, "x", true));
  RETURN_IF_ERROR(ReadToEnd(source));
  *rows = arrays.rows();
  return arrays.Finish();
}

}  // namespace slipway::data
