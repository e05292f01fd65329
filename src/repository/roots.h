#pragma once
#include <string>
#include <vector>

#include "base/status.h"

namespace slipway::repository {

/// Where `path` leads now, links followed; it must lie beneath one of `roots`. Without roots every
/// path is allowed. What is returned holds no link, and is to be opened so (io::Folder's
/// OpenResolved): then what was asked here holds for what is opened.
/// @return kForbidden naming the path; kNotFound when nothing is there.
StatusOr<std::string> ResolveBeneath(const std::string& path,
                                     const std::vector<std::string>& roots);

}  // namespace slipway::repository
