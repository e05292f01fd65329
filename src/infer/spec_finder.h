#pragma once
#include <absl/container/flat_hash_map.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/string_map.h"
#include "tensor/signature.h"

namespace slipway {

/// Finds inputs or outputs by names that usually come in the signature's own order. However a
/// client orders them, a request costs no more than linear time.
class SpecFinder {
 public:
  /// @param specs  borrowed.
  explicit SpecFinder(const std::vector<TensorSpec>& specs) : specs_(specs) {}

  /// Index of the one called `name`; nullopt when there is none.
  std::optional<size_t> Find(std::string_view name) {
    if (next_ == specs_.size()) next_ = 0;
    if (next_ < specs_.size() && specs_[next_].name == name) return next_++;
    const auto found = specs_.size() <= kFewSpecs ? IndexOf(specs_, name) : FindAmongMany(name);
    if (found) next_ = *found + 1;
    return found;
  }

 private:
  static constexpr size_t kFewSpecs = 16;

  std::optional<size_t> FindAmongMany(std::string_view name) {
    if (by_name_.empty())
      for (size_t i = 0; i < specs_.size(); ++i) by_name_.emplace(specs_[i].name, i);
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? std::nullopt : std::optional(it->second);
  }

  const std::vector<TensorSpec>& specs_;
  size_t next_ = 0;
  absl::flat_hash_map<std::string_view, size_t, StringHash, StringEqual> by_name_;
};

}  // namespace slipway
