#pragma once
// TorchServe's model archives: a zip that holds MAR-INF/MANIFEST.json, the model's file and what
// its handler needs. docs/formats/model-archive.md

#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "bundle/content.h"
#include "io/file.h"

namespace slipway::bundle {

inline constexpr std::string_view kArchiveEnding = ".mar";
inline constexpr std::string_view kArchiveManifest = "MAR-INF/MANIFEST.json";

/// What the archive's manifest says, as far as it counts here.
struct ArchiveManifest {
  std::string serialized_file;  // a member of the archive
};

/// @return kBadModel naming the byte or field; kUnsupported naming a serialized file that is no
///   .onnx, or that there is none.
/// Source: pytorch/serve, model-archiver, manifest_components
StatusOr<ArchiveManifest> ParseArchiveManifest(std::string_view json);

/// An archive whose serialized file is an ONNX model: that file goes by the name "model.onnx", its
/// external data by the names of members. Names are keys: no path is opened.
class MarContent final : public Content {
 public:
  /// Reads the archive whole; members are unpacked when they are read, within `max_total_bytes` for
  /// all and the archive, and within what its size allows (Limits::AllowanceFor).
  /// @return as ParseArchiveManifest; kBadModel for what is no zip; kTooLarge; kIo.
  static StatusOr<std::unique_ptr<MarContent>> Read(const io::File& archive,
                                                    uint64_t max_total_bytes);
  ~MarContent() override;

  StatusOr<Piece> Read(const std::string& name, uint64_t max_bytes) const override;
  StatusOr<uint64_t> SizeOf(const std::string& name) const override;

 private:
  MarContent();
  struct Archive;
  std::unique_ptr<Archive> archive_;
};

}  // namespace slipway::bundle
