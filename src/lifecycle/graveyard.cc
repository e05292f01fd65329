#include "lifecycle/graveyard.h"

#include "base/log.h"
#include "base/spare_memory.h"

namespace slipway::lifecycle {

VersionHandle Graveyard::Handle(std::unique_ptr<ServedVersion> version) {
  return VersionHandle(version.release(),
                       [self = shared_from_this()](const ServedVersion* v) { self->Receive(v); });
}

void Graveyard::Receive(const ServedVersion* version) {
  waiting_.With([&](auto& waiting) { waiting.emplace_back(version); });
  wake_.With([](const auto& wake) {
    if (wake) wake();
  });
}

size_t Graveyard::Bury() {
  auto dead = waiting_.With([](auto& waiting) { return std::exchange(waiting, {}); });
  if (dead.empty()) return 0;
  for (const auto& version : dead)
    log::Info("model unloaded", {{"model", version->name.str()}, {"version", version->version}});
  const size_t count = dead.size();
  dead.clear();
  ReturnSpareMemory();  // halves what stays resident after an unload
  return count;
}

void Graveyard::Close() {
  wake_.With([](auto& wake) { wake = nullptr; });
}

}  // namespace slipway::lifecycle
