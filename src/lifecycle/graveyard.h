#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "lifecycle/served_version.h"

namespace slipway::lifecycle {

/// Where versions go when their last holder lets go, so that freeing hundreds of megabytes never
/// happens on an I/O thread. Threads: any.
class Graveyard : public std::enable_shared_from_this<Graveyard> {
 public:
  /// @param wake  called after each arrival, from the thread that let go; must not block.
  explicit Graveyard(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// A handle whose last release brings the version here.
  VersionHandle Handle(std::unique_ptr<ServedVersion> version);

  /// Destroys what has arrived and gives the memory back to the system. The number destroyed.
  size_t Bury();

  /// No further wake calls.
  void Close();

 private:
  void Receive(const ServedVersion* version);

  Guarded<std::vector<std::unique_ptr<const ServedVersion>>> waiting_;
  Guarded<std::function<void()>> wake_;
};

}  // namespace slipway::lifecycle
