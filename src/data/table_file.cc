#include "data/table_file.h"

#include <algorithm>
#include <numeric>

#include "data/array_file.h"
#include "data/csv_rows.h"
#include "data/data_source.h"
#include "data/json_rows.h"
#include "data/parquet/parquet_rows.h"
#include "data/table_builder.h"

namespace slipway::data {
namespace {

/// One way through a file of rows.
class Pass {
 public:
  explicit Pass(bool skip_bad_rows) : bad_(skip_bad_rows) {}

  /// @param source  of kind kCsv, kJsonLines or kParquet.
  static StatusOr<std::unique_ptr<Pass>> Begin(std::unique_ptr<DataSource> source,
                                               const TableOptions& options) {
    auto pass = std::make_unique<Pass>(options.skip_bad_rows);
    pass->source_ = std::move(source);
    if (pass->source_->kind() == FileKind::kParquet) {
      ASSIGN_OR_RETURN(pass->reader_,
                       parquet::ParquetRows::Open(pass->source_->offsets(), options.types));
    } else if (pass->source_->kind() == FileKind::kJsonLines) {
      pass->reader_ = std::make_unique<JsonRows>(*pass->source_, pass->bad_);
    } else {
      ASSIGN_OR_RETURN(pass->reader_, CsvRows::Open(*pass->source_, options.delimiter, pass->bad_));
    }
    return pass;
  }

  Status AddAll(TableBuilder& builder) {
    for (RowBatch batch;;) {
      ASSIGN_OR_RETURN(const bool more, reader_->Next(batch));
      if (!more) return OkStatus();
      if (builder.rows() == 0) ExpectRows(batch, builder);
      const Status added = builder.Add(reader_->names(), batch, bad_);
      if (!added.ok() && ReasonOf(added) == Reason::kTooLarge) return Annotate(added, SizeOfAll());
      RETURN_IF_ERROR(added);
    }
  }

  RowReader& reader() { return *reader_; }
  BadRows& bad() { return bad_; }
  const io::FileFacts& file() const { return source_->file(); }

 private:
  /// For who is told that it is too much.
  std::string SizeOfAll() const {
    const size_t columns = reader_->names().size();
    std::string text = fmt::format("a file of {} MB", file().size_bytes >> 20);
    if (expected_rows_ > 0)
      text += fmt::format(", about {} rows of {} columns, {} MB as numbers", expected_rows_,
                          columns, expected_rows_ * columns * sizeof(double) >> 20);
    return text;
  }

  void ExpectRows(const RowBatch& batch, TableBuilder& builder) {
    expected_rows_ = RowsLike(batch);
    if (expected_rows_ > 0) builder.ExpectRows(expected_rows_);
  }

  /// As many as there are when all are as long as those of the first batch, and some more; 0 where
  /// nobody can tell.
  size_t RowsLike(const RowBatch& batch) const {
    if (reader_->expected_rows() > 0) return reader_->expected_rows();
    const std::string_view first = batch.cell(0, 0);
    const std::string_view last = batch.cell(batch.rows() - 1, batch.width - 1);
    const auto bytes = last.data() + last.size() - first.data();
    if (source_->compressed() || source_->kind() != FileKind::kCsv || bytes <= 0) return 0;
    constexpr double kMargin = 1.02;
    const double rows = kMargin * static_cast<double>(batch.rows()) / static_cast<double>(bytes) *
                        static_cast<double>(file().size_bytes);
    return static_cast<size_t>(rows) + 1;
  }

  std::unique_ptr<DataSource> source_;
  BadRows bad_;
  std::unique_ptr<RowReader> reader_;
  size_t expected_rows_ = 0;
};

/// A pass over what must be the same file still.
StatusOr<std::unique_ptr<Pass>> BeginAgain(const std::string& path, const io::FileFacts& file,
                                           const TableOptions& options) {
  ASSIGN_OR_RETURN(auto source, DataSource::Open(path, nullptr));
  if (!(source->file() == file)) return Error(Reason::kIo, "the file changed while it was read");
  return Pass::Begin(std::move(source), options);
}

/// Shows `builder` all rows, as often as it wants.
/// @param digest  of `source`.
/// @param file    receives what BeginAgain wants.
StatusOr<TableFacts> ReadRows(const std::string& path, const TableOptions& options,
                              std::unique_ptr<DataSource> source, io::Sha256& digest,
                              TableBuilder& builder, io::FileFacts* file) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Pass> pass, Pass::Begin(std::move(source), options));
  RETURN_IF_ERROR(pass->AddAll(builder));
  *file = pass->file();
  TableFacts facts = {.path = path,
                      .sha256 = digest.HexDigest(),
                      .size_bytes = file->size_bytes,
                      .rows = builder.rows(),
                      .skipped = pass->bad().count(),
                      .first_skipped = pass->bad().first()};
  if (facts.rows == 0)
    return Error(Reason::kBadRequest, "there are no rows{}",
                 facts.skipped == 0 ? " after the names of the columns"
                                    : fmt::format(" but bad ones: {}", facts.first_skipped));
  if (builder.NeedsSecondPass()) {
    builder.BeginSecondPass();
    ASSIGN_OR_RETURN(const std::unique_ptr<Pass> again, BeginAgain(path, *file, options));
    RETURN_IF_ERROR(again->AddAll(builder));
  }
  RETURN_IF_ERROR(builder.Decide());
  return facts;
}

bool HoldsArrays(const DataSource& source) {
  return source.kind() == FileKind::kNpy || source.kind() == FileKind::kNpz;
}

StatusOr<TableFile> ReadArrayFile(const std::string& path, const TableOptions& options,
                                  DataSource& source, io::Sha256& digest) {
  TableFile read;
  ASSIGN_OR_RETURN(read.table, ReadArrays(source, options, &read.facts.rows));
  read.facts.path = path;
  read.facts.sha256 = digest.HexDigest();
  read.facts.size_bytes = source.file().size_bytes;
  return read;
}

StatusOr<TableFile> Read(const std::string& path, const TableOptions& options) {
  io::Sha256 digest;
  ASSIGN_OR_RETURN(auto source, DataSource::Open(path, &digest));
  if (HoldsArrays(*source)) return ReadArrayFile(path, options, *source, digest);
  TableBuilder builder(options, TableBuilder::Keep::kValues);
  io::FileFacts file;
  TableFile read;
  ASSIGN_OR_RETURN(read.facts, ReadRows(path, options, std::move(source), digest, builder, &file));
  read.table = builder.Take();
  return read;
}

/// A file whose types are known.
class RowStream final : public TableStream {
 public:
  RowStream(std::string path, const TableOptions& options)
      : path_(std::move(path)), options_(options), builder_(options_, TableBuilder::Keep::kTypes) {}

  Status Start(std::unique_ptr<DataSource> source, io::Sha256& digest) {
    ASSIGN_OR_RETURN(facts_,
                     ReadRows(path_, options_, std::move(source), digest, builder_, &file_));
    ASSIGN_OR_RETURN(pass_, BeginAgain(path_, file_, options_));
    return OkStatus();
  }

  Status Rewind() override {
    auto pass = BeginAgain(path_, file_, options_);
    if (!pass.ok()) return Annotate(pass.status(), path_);
    pass_ = *std::move(pass);
    batch_ = {};
    taken_ = 0;
    builder_.Restart();
    return OkStatus();
  }

  StatusOr<Table> Next(size_t rows) override {
    const Status added = Gather(rows);
    if (!added.ok()) return Annotate(added, path_);
    return builder_.Take();
  }

  const TableFacts& facts() const override { return facts_; }

 private:
  Status Gather(size_t rows) {
    for (RowBatch part; builder_.rows() < rows;) {
      if (taken_ == batch_.rows()) {
        taken_ = 0;
        ASSIGN_OR_RETURN(const bool more, pass_->reader().Next(batch_));
        if (!more) break;
      }
      const size_t size = std::min<size_t>(rows - builder_.rows(), batch_.rows() - taken_);
      part.CopyRows(batch_, taken_, taken_ + size);
      taken_ += size;
      RETURN_IF_ERROR(builder_.Add(pass_->reader().names(), part, pass_->bad()));
    }
    return OkStatus();
  }

  std::string path_;
  TableOptions options_;
  TableBuilder builder_;
  TableFacts facts_;
  io::FileFacts file_;
  std::unique_ptr<Pass> pass_;
  RowBatch batch_;
  size_t taken_ = 0;  // rows of batch_
};

/// A table that is in memory: a sample, or arrays.
class MemoryStream final : public TableStream {
 public:
  explicit MemoryStream(TableFile file) : file_(std::move(file)) {}

  StatusOr<Table> Next(size_t rows) override {
    std::vector<uint32_t> part(std::min(rows, file_.table.rows - taken_));
    std::iota(part.begin(), part.end(), static_cast<uint32_t>(taken_));
    taken_ += part.size();
    return file_.table.Select(part);
  }
  Status Rewind() override {
    taken_ = 0;
    return OkStatus();
  }
  const TableFacts& facts() const override { return file_.facts; }

 private:
  TableFile file_;
  size_t taken_ = 0;
};

StatusOr<std::unique_ptr<TableStream>> OpenStream(const std::string& path,
                                                  const TableOptions& options) {
  if (options.max_rows != SIZE_MAX) {
    ASSIGN_OR_RETURN(TableFile file, Read(path, options));
    return std::make_unique<MemoryStream>(std::move(file));
  }
  io::Sha256 digest;
  ASSIGN_OR_RETURN(auto source, DataSource::Open(path, &digest));
  if (HoldsArrays(*source)) {
    ASSIGN_OR_RETURN(TableFile file, ReadArrayFile(path, options, *source, digest));
    return std::make_unique<MemoryStream>(std::move(file));
  }
  auto stream = std::make_unique<RowStream>(path, options);
  RETURN_IF_ERROR(stream->Start(std::move(source), digest));
  return stream;
}

/// With the path in front, unless the message begins with it: those of opening do.
template <typename T>
StatusOr<T> Named(const std::string& path, StatusOr<T> result) {
  if (result.ok() || MessageOf(result.status()).starts_with(fmt::format("\"{}\"", path)))
    return result;
  return Annotate(result.status(), path);
}

}  // namespace

StatusOr<TableFile> ReadTable(const std::string& path, const TableOptions& options) {
  return Named(path, Read(path, options));
}

StatusOr<std::unique_ptr<TableStream>> OpenTable(const std::string& path,
                                                 const TableOptions& options) {
  return Named(path, OpenStream(path, options));
}

}  // namespace slipway::data
