#pragma once
// The files that make up one model, wherever they lie.

#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "io/beneath.h"
#include "io/digest_memory.h"
#include "io/file.h"

namespace slipway::bundle {

/// One file, read whole, and its SHA-256 in hex.
struct Piece {
  std::shared_ptr<const io::Bytes> bytes;
  std::string sha256;
};

/// Reads files by their names in the bundle. Threads: const methods from any thread.
class Content {
 public:
  virtual ~Content() = default;

  /// Files of a folder that `digests` (may be null; outlives this) knows are not hashed again;
  /// those in an archive are.
  virtual void Remember(io::DigestMemory*) {}

  /// @return kNotFound naming the file; kBadModel; kTooLarge above `max_bytes`; kIo.
  virtual StatusOr<Piece> Read(const std::string& name, uint64_t max_bytes) const = 0;

  /// Size without reading.
  virtual StatusOr<uint64_t> SizeOf(const std::string& name) const = 0;
};

/// Files beneath a folder. A plain model's own file, `model_file` beneath the folder or anywhere,
/// goes by the name "model.onnx".
class FolderContent final : public Content {
 public:
  explicit FolderContent(io::Folder folder) : folder_(std::move(folder)) {}
  FolderContent(io::Folder folder, io::File model_file)
      : folder_(std::move(folder)), model_file_(std::move(model_file)) {}

  void Remember(io::DigestMemory* digests) override { digests_ = digests; }
  StatusOr<Piece> Read(const std::string& name, uint64_t max_bytes) const override;
  StatusOr<uint64_t> SizeOf(const std::string& name) const override;
  const io::Folder& folder() const { return folder_; }

 private:
  StatusOr<Piece> ReadWhole(const io::File& file, uint64_t max_bytes) const;

  io::DigestMemory* digests_ = nullptr;
  io::Folder folder_;
  std::optional<io::File> model_file_;
};

/// Everything in a tar, in memory.
class TarContent final : public Content {
 public:
  /// @param max_total_bytes  of the files in it, together.
  static StatusOr<std::unique_ptr<TarContent>> Read(io::File tar, uint64_t max_total_bytes);

  StatusOr<Piece> Read(const std::string& name, uint64_t max_bytes) const override;
  StatusOr<uint64_t> SizeOf(const std::string& name) const override;
  const std::map<std::string, Piece>& pieces() const { return pieces_; }

 private:
  StatusOr<const Piece*> Find(const std::string& name) const;
  std::map<std::string, Piece> pieces_;
};

}  // namespace slipway::bundle
