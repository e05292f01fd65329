#include "io/beneath.h"
#include "io/tar.h"
#include "io/tar_header.h"

namespace slipway::io {

Status TarWriter::CheckComplete() const {
  if (missing_bytes_ == 0) return OkStatus();
  return Error(Reason::kInternal, "archive entry: {} bytes short of its size", missing_bytes_);
}

Status TarWriter::PadToBlock(uint64_t size_bytes) {
  static constexpr TarBlock kZeros = {};
  const size_t used = size_bytes % kTarBlockBytes;
  if (used == 0) return OkStatus();
  return out_->Append(std::string_view(kZeros.data(), kTarBlockBytes - used));
}

Status TarWriter::BeginEntry(std::string_view name, uint64_t size_bytes) {
  RETURN_IF_ERROR(CheckRelativeName(name));
  RETURN_IF_ERROR(CheckComplete());
  RETURN_IF_ERROR(PadToBlock(entry_bytes_));
  entry_bytes_ = missing_bytes_ = size_bytes;
  return out_->Append(RenderTarHeader(name, size_bytes));
}

Status TarWriter::Append(std::span<const std::byte> bytes) {
  if (bytes.size() > missing_bytes_) {
    return Error(Reason::kInternal, "archive entry: {} bytes more than its size",
                 bytes.size() - missing_bytes_);
  }
  missing_bytes_ -= bytes.size();
  return out_->Append(bytes);
}

Status TarWriter::Finish() {
  RETURN_IF_ERROR(CheckComplete());
  RETURN_IF_ERROR(PadToBlock(entry_bytes_));
  return out_->Append(std::string(2 * kTarBlockBytes, '\0'));
}

}  // namespace slipway::io
