#include "base/ids.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace slipway {

StatusOr<ModelName> ModelName::Parse(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return Error(Reason::kBadRequest, "model name: {}", why);
  };
  if (text.empty()) return refuse("expected 1 to 255 bytes, got none");
  if (text.size() > 255) return refuse(fmt::format("expected 1 to 255 bytes, got {}", text.size()));
  if (text == "." || text == "..") return refuse("\".\" and \"..\" are folders, not names");
  if (text.find('/') != text.npos) return refuse("\"/\" is not allowed");
  if (text.front() == ' ' || text.back() == ' ') return refuse("leading or trailing space");
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), control)) return refuse("control character");
  if (!IsValidUtf8(text)) return refuse("not UTF-8");
  return ModelName(std::string(text));
}

std::optional<VersionNumber> VersionNumber::Parse(std::string_view text) {
  if (text.empty() || text.front() == '0') return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(text.begin(), text.end(), digit)) return std::nullopt;
  VersionNumber version;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version.value);
  if (error != std::errc()) return std::nullopt;
  return version;
}

bool IsAlias(std::string_view text) {
  if (text.empty() || text.size() > 63 || text[0] < 'a' || text[0] > 'z') return false;
  return std::all_of(text.begin() + 1, text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace slipway
