#pragma once
#include <string>

#include "base/status.h"

namespace slipway::lifecycle {

/// Remembers which digests passed the probe, for this runtime on this CPU, so that a known model
/// starts without one. One small file each in the data folder; losing them costs time only.
/// Threads: any.
class VerifiedStore {
 public:
  /// @param folder   made when missing; "" = nothing is remembered.
  /// @param runtime  name and version of what loads models; a change of it asks for a new probe.
  VerifiedStore(std::string folder, std::string runtime);

  bool Contains(const std::string& digest) const;
  /// kIo or kDiskFull; the caller logs it and goes on.
  Status Add(const std::string& digest) const;

 private:
  std::string PathOf(const std::string& digest) const;

  std::string folder_;
  std::string runtime_;
};

}  // namespace slipway::lifecycle
