#include "repository/roots.h"

#include <algorithm>
#include <filesystem>

#include "io/errno_error.h"

namespace slipway::repository {

StatusOr<std::string> ResolveBeneath(const std::string& path,
                                     const std::vector<std::string>& roots) {
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  if (error) return io::ErrnoError(error.value(), path, "opened");
  if (roots.empty()) return target.string();
  for (const std::string& root : roots) {
    const auto base = std::filesystem::canonical(root, error);
    if (error) continue;
    if (std::ranges::mismatch(base, target).in1 == base.end()) return target.string();
  }
  return Error(Reason::kForbidden, "\"{}\" leads to \"{}\", beneath none of models.roots", path,
               target.string());
}

}  // namespace slipway::repository
