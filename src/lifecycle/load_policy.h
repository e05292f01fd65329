#pragma once
// What to do next for one model, as a function of what is wanted and what is there.

#include <cstdint>
#include <optional>
#include <span>

#include "base/ids.h"

namespace slipway::lifecycle {

struct VersionView {
  VersionNumber number;
  std::optional<uint64_t>
      wanted;  // stamp of the content that should be served; nullopt = should go
  std::optional<uint64_t> loaded;  // stamp of the content that is served
  std::optional<uint64_t> failed;  // stamp of the content that was tried and refused
  bool dismissed = false;          // not wanted because a client said so
};

enum class Action : uint8_t { kNone, kLoad, kUnload };

struct Decision {
  Action action = Action::kNone;
  VersionNumber number;
  bool operator==(const Decision&) const = default;
};

/// One action at a time, newest first:
/// - load a wanted version whose content is neither served nor already refused;
/// - then unload what is not wanted, but only once everything wanted is served: a version that
/// fails
///   to load never costs the one that works; what a client dismissed waits for no other;
/// - when nothing is wanted at all, unload everything.
/// @param versions  ascending by number. Pure.
Decision NextAction(std::span<const VersionView> versions);

}  // namespace slipway::lifecycle
