#include "io/without_folder.h"

#include <cctype>
#include <string_view>

namespace slipway::io {
namespace {

/// Else a path that is relative would be found in other words too: "m/" in "Gemm/x".
bool BeginsPath(std::string_view message, size_t at) {
  if (at == 0) return true;
  const auto before = static_cast<unsigned char>(message[at - 1]);
  return before < 0x80 && std::isalnum(before) == 0 &&
         std::string_view("/._-").find(message[at - 1]) == std::string_view::npos;
}

}  // namespace

std::string WithoutFolder(std::string message, std::string folder) {
  if (!folder.ends_with('/')) folder += '/';
  if (folder == "/" || folder == "./") return message;
  for (size_t at = 0; (at = message.find(folder, at)) != std::string::npos;) {
    if (BeginsPath(message, at))
      message.erase(at, folder.size());
    else
      ++at;
  }
  return message;
}

}  // namespace slipway::io
