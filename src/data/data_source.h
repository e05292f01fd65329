#pragma once
// The bytes of a file of data, decompressed, and what kind of file they say it is.

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "io/byte_source.h"

namespace slipway::data {

enum class FileKind : uint8_t { kCsv, kJsonLines, kNpy, kNpz, kParquet };

/// Bytes decide, never the name: .npy, .npz, Parquet and compression by their magic numbers, JSON
/// lines by a brace at the beginning, all else is CSV.
class DataSource final : public io::ByteSource {
 public:
  /// What compression may make of a file: more than this and so many times its size is refused.
  static constexpr uint64_t kFreeBytes = uint64_t{4} << 30;
  static constexpr uint64_t kMaxRatio = 1000;

  /// @param digest  as io::OpenSource; of Parquet it is taken at once.
  /// @return kNotFound; kIo; kUnsupported for formats that are known and not read.
  static StatusOr<std::unique_ptr<DataSource>> Open(const std::string& path, io::Sha256* digest);

  FileKind kind() const { return kind_; }
  bool compressed() const { return compressed_; }
  const io::FileFacts& file() const { return file_; }
  /// Of kind kParquet, which is read at offsets and not through Read.
  const io::File& offsets() const { return *parquet_; }

  /// @return kBadRequest for damaged compression; kTooLarge for a bomb; kIo.
  StatusOr<size_t> Read(std::span<std::byte> out) override;

 private:
  DataSource() = default;
  /// Reads what its kind is told by.
  Status Recognise();

  std::unique_ptr<io::ByteSource> bytes_;
  std::optional<io::File> parquet_;
  io::FileFacts file_;
  bool compressed_ = false;
  FileKind kind_ = FileKind::kCsv;
  std::array<std::byte, 64> start_;
  size_t start_size_ = 0, start_taken_ = 0;  // of start_: what it holds, what Read has given
  uint64_t read_bytes_ = 0;
};

}  // namespace slipway::data
