#pragma once
#include <string>
#include <vector>

#include "base/status.h"

namespace slipway::server {

/// Where `path` leads, links followed, must lie beneath one of `roots`; no roots allow every path.
/// What lies inside a repository is held beneath it by the repository itself.
/// @return kForbidden naming the path; kNotFound when nothing is there.
Status CheckBeneathRoots(const std::string& path, const std::vector<std::string>& roots);

}  // namespace slipway::server
