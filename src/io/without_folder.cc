#include "io/without_folder.h"

namespace slipway::io {

std::string WithoutFolder(std::string message, std::string folder) {
  if (!folder.ends_with('/')) folder += '/';
  if (folder == "/" || folder == "./") return message;
  for (size_t at; (at = message.find(folder)) != std::string::npos;)
    message.erase(at, folder.size());
  return message;
}

}  // namespace slipway::io
