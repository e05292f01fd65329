#pragma once
// Finding a model's files from its path: the first half of Open, shared with packing.

#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "bundle/content.h"
#include "bundle/folder_model.h"
#include "bundle/manifest.h"

namespace slipway::bundle {

struct Located {
  enum class Kind { kPlain, kFolder, kTar } kind = Kind::kPlain;
  std::unique_ptr<Content> content;
  std::string file_name = {};  // kPlain: of the model's file, which decides where bytes do not
  /// kPlain: what a file beside it says of the model, and that file.
  std::optional<FolderModel> said = {};
  ManifestFile saying = {};
};

/// What lies at `path`, which must resolve beneath `root` ("" = no root); `root`
/// itself holds no link.
/// @return kNotFound; kBadModel; kTooLarge; kIo.
StatusOr<Located> Locate(const std::string& path, const std::string& root,
                         uint64_t max_total_bytes);

}  // namespace slipway::bundle
