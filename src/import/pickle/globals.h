#pragma once
#include <string>
#include <vector>

#include "base/string_map.h"
#include "import/pickle/reader.h"

namespace slipway::pickle {

/// The globals of one file, each checked against what is allowed when it is met.
class GlobalTable {
 public:
  explicit GlobalTable(const ReadOptions& options) : allowed_(options.allowed) {}

  /// kBadModel for a global that is not allowed, and for names that no Python has; kTooLarge for
  /// too many different ones.
  Status Use(std::string_view module, std::string_view name, size_t offset);

  /// In the order of their offsets.
  const std::vector<GlobalUse>& uses() const { return uses_; }

 private:
  const std::function<bool(std::string_view, std::string_view)> allowed_;
  std::vector<GlobalUse> uses_;
  StringMap<size_t> places_;  // by module, newline, name
};

}  // namespace slipway::pickle
