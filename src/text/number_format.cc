#include "text/number_format.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace slipway {

char* FormatNanToken(double value, char* to) {
  const std::string_view token = std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  return std::copy(token.begin(), token.end(), to);
}

char* FormatNumber(double value, char* to) {
  if (!std::isfinite(value)) return nullptr;
  char* const end = std::to_chars(to, to + kMaxNumberText, value).ptr;
  for (const char* at = to; at != end; ++at)
    if (*at == '.' || *at == 'e') return end;
  std::memcpy(end, ".0", 2);
  return end + 2;
}

char* FormatNumber(int64_t value, char* to) {
  return std::to_chars(to, to + kMaxNumberText, value).ptr;
}

char* FormatNumber(uint64_t value, char* to) {
  return std::to_chars(to, to + kMaxNumberText, value).ptr;
}

}  // namespace slipway
