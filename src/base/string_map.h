#pragma once
// Flat map from owned strings that is searched with std::string_view (Debian's Abseil has its own
// string_view, so its transparent hash does not accept ours).

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <string>
#include <string_view>

namespace slipway {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
struct StringEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

template <typename V>
using StringMap = absl::flat_hash_map<std::string, V, StringHash, StringEqual>;

}  // namespace slipway
