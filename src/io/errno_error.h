#pragma once
#include <string_view>

#include "base/status.h"

namespace slipway::io {

/// What `error` (an errno value) means for the file called `what`: ENOENT and ENOTDIR are
/// kNotFound, ENOSPC and EDQUOT kDiskFull, a path that leaves its folder (EXDEV) or a ring of links
/// (ELOOP) kBadModel, all else kIo. The message: `"weights.bin": cannot be opened: Permission
/// denied`.
Status ErrnoError(int error, std::string_view what, std::string_view verb);

}  // namespace slipway::io
