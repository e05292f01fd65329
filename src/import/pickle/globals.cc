#include "import/pickle/globals.h"
#include "import/pickle/text.h"

#include <algorithm>

#include "base/utf8.h"

namespace slipway::pickle {
namespace {

constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxGlobals = 10'000;  // large models name dozens

}  // namespace

Status GlobalTable::Use(std::string_view module, std::string_view name, size_t offset) {
  if (module.size() > kMaxNameBytes || name.size() > kMaxNameBytes)
    return Error(Reason::kBadModel, "expected a global's name of at most {} bytes, got {}",
                 kMaxNameBytes, std::max(module.size(), name.size()));
  if (!IsValidUtf8(module) || !IsValidUtf8(name))
    return Error(Reason::kBadModel, "expected a global's name in UTF-8");
  const auto [place, is_new] =
      places_.try_emplace(fmt::format("{}\n{}", module, name), uses_.size());
  if (!is_new) {
    ++uses_[place->second].uses;
    return OkStatus();
  }
  if (allowed_ && !allowed_(module, name))
    return Error(Reason::kBadModel, "{}.{} is not allowed in a model", Printable(module),
                 Printable(name));
  if (uses_.size() == kMaxGlobals)
    return Error(Reason::kTooLarge, "expected at most {} different globals", kMaxGlobals);
  uses_.push_back({std::string(module), std::string(name), offset, 1});
  return OkStatus();
}

}  // namespace slipway::pickle
