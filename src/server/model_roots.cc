#include "server/model_roots.h"

#include <algorithm>
#include <filesystem>

namespace slipway::server {

Status CheckBeneathRoots(const std::string& path, const std::vector<std::string>& roots) {
  if (roots.empty()) return OkStatus();
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  if (error) return Error(Reason::kNotFound, "\"{}\": {}", path, error.message());
  for (const std::string& root : roots) {
    const auto base = std::filesystem::canonical(root, error);
    if (error) continue;
    if (std::ranges::mismatch(base, target).in1 == base.end()) return OkStatus();
  }
  return Error(Reason::kForbidden, "\"{}\" leads to \"{}\", beneath none of models.roots", path,
               target.string());
}

}  // namespace slipway::server
