#pragma once
#include <string>

namespace slipway::io {

/// `message` with the paths beneath `folder` as they are seen from there: clients are told what a
/// file is called, not where this machine keeps it.
std::string WithoutFolder(std::string message, std::string folder);

}  // namespace slipway::io
