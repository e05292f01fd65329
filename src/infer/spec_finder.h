#pragma once
#include <absl/container/flat_hash_map.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/string_map.h"
#include "tensor/signature.h"

namespace slipway {

/// Finds items by names that usually come in the items' own order. However a client orders them, a
/// request costs no more than linear time.
/// @tparam Item  has a `name`, or is one.
template <typename Item>
class NameFinder {
 public:
  /// @param items  borrowed.
  explicit NameFinder(std::span<const Item> items) : items_(items) {}

  /// Index of the first one called `name`; nullopt when there is none.
  std::optional<size_t> Find(std::string_view name) {
    if (next_ == items_.size()) next_ = 0;
    if (next_ < items_.size() && NameOf(items_[next_]) == name) return next_++;
    const auto found = items_.size() <= kFew ? FindAmongFew(name) : FindAmongMany(name);
    if (found) next_ = *found + 1;
    return found;
  }

 private:
  static constexpr size_t kFew = 16;

  static std::string_view NameOf(const std::string& name) { return name; }
  static std::string_view NameOf(const auto& item) { return item.name; }

  std::optional<size_t> FindAmongFew(std::string_view name) const {
    for (size_t i = 0; i < items_.size(); ++i)
      if (NameOf(items_[i]) == name) return i;
    return std::nullopt;
  }

  std::optional<size_t> FindAmongMany(std::string_view name) {
    if (by_name_.empty())
      for (size_t i = 0; i < items_.size(); ++i) by_name_.emplace(NameOf(items_[i]), i);
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? std::nullopt : std::optional(it->second);
  }

  std::span<const Item> items_;
  size_t next_ = 0;
  absl::flat_hash_map<std::string_view, size_t, StringHash, StringEqual> by_name_;
};

/// Of inputs or outputs, and of declared columns.
using SpecFinder = NameFinder<TensorSpec>;
using ColumnFinder = NameFinder<ColumnSpec>;

}  // namespace slipway
