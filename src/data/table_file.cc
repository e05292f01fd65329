#include "data/table_file.h"

#include <algorithm>

#include "data/csv_rows.h"
#include "data/table_builder.h"
#include "io/byte_source.h"
#include "io/file.h"

namespace slipway::data {
namespace {

/// One way through a file.
class Pass {
 public:
  static StatusOr<Pass> Open(const std::string& path, const TableOptions& options,
                             io::Sha256* digest) {
    ASSIGN_OR_RETURN(io::File file, io::File::Open(path));
    Pass pass;
    pass.file_ = file.facts();
    ASSIGN_OR_RETURN(pass.source_, io::OpenSource(std::move(file), digest));
    pass.bad_ = std::make_unique<BadRows>(options.skip_bad_rows);
    ASSIGN_OR_RETURN(pass.reader_, CsvRows::Open(*pass.source_, options.delimiter, *pass.bad_));
    return pass;
  }

  Status AddAll(TableBuilder& builder) {
    for (RowBatch batch;;) {
      ASSIGN_OR_RETURN(const bool more, reader_->Next(batch));
      if (!more) return OkStatus();
      RETURN_IF_ERROR(builder.Add(reader_->names(), batch, *bad_));
    }
  }

  const io::FileFacts& file() const { return file_; }
  const BadRows& bad() const { return *bad_; }

 private:
  io::FileFacts file_;
  std::unique_ptr<io::ByteSource> source_;
  std::unique_ptr<BadRows> bad_;
  std::unique_ptr<RowReader> reader_;
};

StatusOr<TableFile> Read(const std::string& path, const TableOptions& options) {
  io::Sha256 digest;
  TableBuilder builder(options);
  ASSIGN_OR_RETURN(Pass pass, Pass::Open(path, options, &digest));
  RETURN_IF_ERROR(pass.AddAll(builder));
  TableFile read;
  read.facts = {.path = path,
                .sha256 = digest.HexDigest(),
                .size_bytes = pass.file().size_bytes,
                .rows = builder.rows(),
                .skipped = pass.bad().count(),
                .first_skipped = pass.bad().first()};
  if (builder.rows() == 0)
    return Error(Reason::kBadRequest, "there are no rows{}",
                 read.facts.skipped == 0 ? " after the names of the columns"
                                         : fmt::format(" but bad ones: {}", pass.bad().first()));
  if (builder.NeedsSecondPass()) {
    builder.BeginSecondPass();
    ASSIGN_OR_RETURN(Pass again, Pass::Open(path, options, nullptr));
    RETURN_IF_ERROR(again.AddAll(builder));
    if (!(again.file() == pass.file()))
      return Error(Reason::kIo, "the file changed while it was read");
  }
  ASSIGN_OR_RETURN(read.table, builder.Finish());
  return read;
}

}  // namespace

StatusOr<TableFile> ReadTable(const std::string& path, const TableOptions& options) {
  StatusOr<TableFile> read = Read(path, options);
  if (read.ok()) return read;
  const bool named = MessageOf(read.status()).find(path) != std::string_view::npos;
  return named ? read : Annotate(read.status(), path);
}

}  // namespace slipway::data
