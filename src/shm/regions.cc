#include "shm/regions.h"

#include <algorithm>
#include <utility>

namespace slipway::shm {

Status Regions::Register(RegionSpec spec) {
  ASSIGN_OR_RETURN(auto region, Region::Open(std::move(spec), options_.rules));
  const std::string& name = region->spec().name;
  return regions_.With([&](Map& regions) {
    if (regions.contains(name))
      return Error(Reason::kAlreadyExists, "shared memory region \"{}\": already registered", name);
    if (regions.size() >= options_.max_regions)
      return Error(Reason::kOverloaded, "expected at most {} shared memory regions",
                   options_.max_regions);
    regions.emplace(name, region);
    return OkStatus();
  });
}

void Regions::Unregister(std::string_view name) {
  // Closed after the lock is given back.
  const auto region = regions_.With([&](Map& regions) -> std::shared_ptr<const Region> {
    const auto found = regions.find(name);
    if (found == regions.end()) return nullptr;
    auto taken = std::move(found->second);
    regions.erase(found);
    return taken;
  });
}

void Regions::UnregisterAll() {
  const Map all = regions_.With([](Map& regions) { return std::exchange(regions, {}); });
}

StatusOr<std::vector<RegionSpec>> Regions::List(std::string_view name) const {
  if (!name.empty()) {
    ASSIGN_OR_RETURN(const auto region, Get(name));
    return std::vector{region->spec()};
  }
  auto all = regions_.With([](const Map& regions) {
    std::vector<RegionSpec> specs;
    for (const auto& [key, region] : regions) specs.push_back(region->spec());
    return specs;
  });
  std::ranges::sort(all, {}, &RegionSpec::name);
  return all;
}

StatusOr<Window> Regions::Find(std::string_view name, uint64_t offset, uint64_t byte_size) const {
  ASSIGN_OR_RETURN(auto region, Get(name));
  return Window::Of(std::move(region), offset, byte_size);
}

StatusOr<std::shared_ptr<const Region>> Regions::Get(std::string_view name) const {
  auto region = regions_.With([&](const Map& regions) -> std::shared_ptr<const Region> {
    const auto found = regions.find(name);
    return found == regions.end() ? nullptr : found->second;
  });
  if (region == nullptr)
    return Error(Reason::kNotFound, "shared memory region \"{}\": not registered",
                 name.substr(0, 60));
  return region;
}

}  // namespace slipway::shm
