#include "data/data_source.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "data/cell_values.h"
#include "data/npy_header.h"
#include "data/parquet/footer.h"

namespace slipway::data {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kZipMagic = "PK\x03\x04";
constexpr size_t kDigestBlockBytes = size_t{128} << 10;

struct Foreign {
  std::string_view magic, what, advice;
};
constexpr Foreign kForeign[] = {
    {"PAR1\x15", "a Parquet file that is compressed as a whole", "gzip -d or zstd -d"},
    {"ARROW1\0\0"sv, "an Arrow file",
     "python -c \"import pandas; pandas.read_feather('in.arrow')"
     ".to_csv('out.csv', index=False)\""},
    {"\x89HDF\r\n", "an HDF5 file",
     "python -c \"import pandas; pandas.read_hdf('in.h5')"
     ".to_csv('out.csv', index=False)\""},
    {"SQLite format 3\0"sv, "an SQLite database", "sqlite3 -header -csv in.db 'select * from t'"},
    {"BZh91AY&SY", "a bzip2 file", "bzip2 -dc in.bz2 | zstd -o out.zst"},
    {"\xFD"
     "7zXZ\0"sv,
     "an xz file", "xz -dc in.xz | zstd -o out.zst"},
};

Status DigestAll(const io::File& file, io::Sha256& digest) {
  std::vector<std::byte> block(kDigestBlockBytes);
  for (uint64_t at = 0;;) {
    ASSIGN_OR_RETURN(const size_t got, file.ReadAt(at, block));
    digest.Update(std::span(block).first(got));
    at += got;
    if (got < block.size()) return OkStatus();
  }
}

}  // namespace

StatusOr<std::unique_ptr<DataSource>> DataSource::Open(const std::string& path,
                                                       io::Sha256* digest) {
  auto source = std::unique_ptr<DataSource>(new DataSource);
  ASSIGN_OR_RETURN(io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Compression compression, io::CompressionOf(file));
  source->compressed_ = compression != io::Compression::kNone;
  source->file_ = file.facts();
  ASSIGN_OR_RETURN(const bool is_parquet, parquet::IsParquet(file));
  if (is_parquet) {
    source->kind_ = FileKind::kParquet;
    source->parquet_ = std::move(file);
    if (digest != nullptr) RETURN_IF_ERROR(DigestAll(*source->parquet_, *digest));
    return source;
  }
  ASSIGN_OR_RETURN(source->bytes_, io::OpenSource(std::move(file), digest));
  RETURN_IF_ERROR(source->Recognise());
  return source;
}

Status DataSource::Recognise() {
  ASSIGN_OR_RETURN(start_size_, Read(start_));
  std::string_view text(reinterpret_cast<const char*>(start_.data()), start_size_);
  for (const Foreign& foreign : kForeign)
    if (text.starts_with(foreign.magic))
      return Error(Reason::kUnsupported, "{} is not read: convert it, as with {}", foreign.what,
                   foreign.advice);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  if (text.starts_with('['))
    return Error(Reason::kUnsupported,
                 "a JSON array is not read: write one object a line, as with jq -c '.[]'");
  kind_ = text.starts_with(kNpyMagic)   ? FileKind::kNpy
          : text.starts_with(kZipMagic) ? FileKind::kNpz
          : text.starts_with('{')       ? FileKind::kJsonLines
                                        : FileKind::kCsv;
  return OkStatus();
}

StatusOr<size_t> DataSource::Read(std::span<std::byte> out) {
  const size_t ahead = std::min(start_size_ - start_taken_, out.size());
  std::copy_n(start_.begin() + static_cast<ptrdiff_t>(start_taken_), ahead, out.begin());
  start_taken_ += ahead;
  const StatusOr<size_t> got = bytes_->Read(out.subspan(ahead));
  if (!got.ok() && ReasonOf(got.status()) == Reason::kBadModel)
    return MakeError(Reason::kBadRequest, MessageOf(got.status()));
  RETURN_IF_ERROR(got.status());
  read_bytes_ += *got;
  if (read_bytes_ > kFreeBytes && read_bytes_ / kMaxRatio > file_.size_bytes)
    return Error(Reason::kTooLarge,
                 "unpacks to more than {} times its size: no data is that repetitive", kMaxRatio);
  return ahead + *got;
}

}  // namespace slipway::data
