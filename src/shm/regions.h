#pragma once
// The regions that clients have registered, by name.

#include <memory>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "base/string_map.h"
#include "shm/region.h"

namespace slipway::shm {

struct RegionsOptions {
  Rules rules;
  size_t max_regions = 1024;  // each holds a descriptor
};

/// What is registered outlives its registration for as long as a Window of it is held.
/// Threads: any.
class Regions {
 public:
  explicit Regions(RegionsOptions options) : options_(std::move(options)) {}

  /// @return as Region::Open; kAlreadyExists for a name that is taken, which then keeps its region;
  ///   kOverloaded when there are max_regions.
  Status Register(RegionSpec spec);

  /// A name that is not registered changes nothing.
  void Unregister(std::string_view name);
  void UnregisterAll();

  /// By name. @param name  "" = all.
  /// @return kNotFound for a name that is not registered.
  StatusOr<std::vector<RegionSpec>> List(std::string_view name) const;

  /// `byte_size` bytes of the region `name`, from `offset`.
  /// @return kNotFound; kBadRequest when they do not lie within it.
  StatusOr<Window> Find(std::string_view name, uint64_t offset, uint64_t byte_size) const;

 private:
  using Map = StringMap<std::shared_ptr<const Region>>;

  StatusOr<std::shared_ptr<const Region>> Get(std::string_view name) const;

  const RegionsOptions options_;
  Guarded<Map> regions_;
};

}  // namespace slipway::shm
