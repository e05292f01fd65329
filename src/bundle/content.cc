#include "bundle/content.h"

#include <utility>

#include "bundle/manifest.h"
#include "io/digest.h"
#include "io/tar.h"

namespace slipway::bundle {

StatusOr<Piece> FolderContent::ReadWhole(const io::File& file, uint64_t max_bytes) const {
  if (digests_ != nullptr) {
    ASSIGN_OR_RETURN(io::DigestedBytes read, digests_->Read(file, max_bytes));
    return Piece{std::make_shared<io::Bytes>(std::move(read.bytes)), std::move(read.sha256)};
  }
  io::Sha256 digest;
  ASSIGN_OR_RETURN(io::Bytes bytes, file.ReadAll(max_bytes, &digest));
  return Piece{std::make_shared<io::Bytes>(std::move(bytes)), digest.HexDigest()};
}

StatusOr<Piece> FolderContent::Read(const std::string& name, uint64_t max_bytes) const {
  if (model_file_ && name == kModelName) return ReadWhole(*model_file_, max_bytes);
  RETURN_IF_ERROR(io::CheckRelativeName(name));
  ASSIGN_OR_RETURN(const io::File file, folder_.OpenFile(name));
  return ReadWhole(file, max_bytes);
}

StatusOr<uint64_t> FolderContent::SizeOf(const std::string& name) const {
  if (model_file_ && name == kModelName) return model_file_->size_bytes();
  RETURN_IF_ERROR(io::CheckRelativeName(name));
  ASSIGN_OR_RETURN(const io::File file, folder_.OpenFile(name));
  return file.size_bytes();
}

StatusOr<std::unique_ptr<TarContent>> TarContent::Read(io::File tar, uint64_t max_total_bytes) {
  auto content = std::make_unique<TarContent>();
  io::TarLimits limits;
  limits.max_total_bytes = max_total_bytes;
  ASSIGN_OR_RETURN(io::TarReader reader, io::TarReader::Open(std::move(tar), limits));
  while (true) {
    ASSIGN_OR_RETURN(auto entry, reader.Next());
    if (!entry) return content;
    io::Sha256 digest;
    ASSIGN_OR_RETURN(io::Bytes bytes, reader.ReadContent(&digest));
    content->pieces_[entry->name] = {std::make_shared<io::Bytes>(std::move(bytes)),
                                     digest.HexDigest()};
  }
}

StatusOr<const Piece*> TarContent::Find(const std::string& name) const {
  const auto found = pieces_.find(name);
  if (found != pieces_.end()) return &found->second;
  return Error(Reason::kNotFound, "\"{}\" is not in the archive", name);
}

StatusOr<Piece> TarContent::Read(const std::string& name, uint64_t max_bytes) const {
  ASSIGN_OR_RETURN(const Piece* piece, Find(name));
  if (piece->bytes->size() <= max_bytes) return *piece;
  return Error(Reason::kTooLarge, "\"{}\": expected at most {} bytes, got {}", name, max_bytes,
               piece->bytes->size());
}

StatusOr<uint64_t> TarContent::SizeOf(const std::string& name) const {
  ASSIGN_OR_RETURN(const Piece* piece, Find(name));
  return piece->bytes->size();
}

}  // namespace slipway::bundle
