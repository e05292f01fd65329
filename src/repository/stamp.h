#pragma once
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "io/beneath.h"

namespace slipway::repository {

/// A number that depends on the names of files and what the file system says of them.
class Stamp {
 public:
  void Add(std::string_view name, const io::FileFacts& facts);
  uint64_t value() const { return value_; }

 private:
  void Mix(uint64_t word);
  uint64_t value_ = 0xcbf29ce484222325;  // FNV-1a
};

/// Of all files beneath `folder`, links followed, at most 10,000 of them 16 levels deep. Names that
/// begin with a dot are left out: they are other writers' temporaries, and the inside of Kubernetes
/// volumes.
/// @return kTooLarge; kIo.
StatusOr<uint64_t> StampOfFolder(io::Folder folder);

/// Of the file `name` and its neighbours whose names begin with the same stem ("wine.onnx",
/// "wine.onnx.data", "wine.bin"), among which its external data most likely is.
/// @param names  all names in `folder`, sorted.
StatusOr<uint64_t> StampOfFile(const io::Folder& folder, const std::string& name,
                               const std::vector<std::string>& names);

}  // namespace slipway::repository
