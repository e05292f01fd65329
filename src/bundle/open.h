#pragma once
// Finding a model's files from its path: the first half of Open, shared with packing.

#include <memory>
#include <string>

#include "base/status.h"
#include "bundle/content.h"

namespace slipway::bundle {

struct Located {
  enum class Kind { kPlain, kFolder, kTar } kind = Kind::kPlain;
  std::unique_ptr<Content> content;
  std::string file_name = {};  // kPlain: of the model's file
};

/// What lies at `path`, which must resolve beneath `root` ("" = no root); `root`
/// itself holds no link.
/// @return kNotFound; kBadModel; kTooLarge; kIo.
StatusOr<Located> Locate(const std::string& path, const std::string& root,
                         uint64_t max_total_bytes);

}  // namespace slipway::bundle
