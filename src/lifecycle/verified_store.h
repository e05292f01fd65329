#pragma once
#include <optional>
#include <string>

#include "base/status.h"
#include "lifecycle/processor.h"

namespace slipway::lifecycle {

/// What is remembered of a digest that passed.
struct Verified {
  /// Of the runtime, for one run; nullopt: not measured for the processors there are now.
  std::optional<int> threads;
};

/// Remembers which digests passed the probe, for this runtime on this CPU, so that a known model
/// starts without one. One small file each in the data folder; losing them costs time only.
/// Threads: any.
class VerifiedStore {
 public:
  /// @param folder      made when missing; "" = nothing is remembered.
  /// @param runtime     name and version of what loads models; a change of it asks for a new probe.
  /// @param processors  that runs may use; a change of it asks for the threads to be measured
  /// again.
  /// @param processor   what kind they are; a change of it asks for a new probe.
  VerifiedStore(std::string folder, std::string runtime, int processors = 1,
                const std::string& processor = ProcessorText());

  /// nullopt when the digest has not passed.
  std::optional<Verified> Find(const std::string& digest) const;
  /// kIo or kDiskFull; the caller logs it and goes on.
  Status Add(const std::string& digest, const Verified& verified) const;

 private:
  std::string PathOf(const std::string& digest) const;

  std::string folder_;
  std::string runtime_;
  int processors_;
};

}  // namespace slipway::lifecycle
