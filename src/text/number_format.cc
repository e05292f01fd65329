#include "text/number_format.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace slipway {
namespace {

template <typename Float>
char* FormatFloat(Float value, char* to) {
  if (!std::isfinite(value)) return nullptr;
  char* end = std::to_chars(to, to + kMaxNumberText, value).ptr;
  for (const char* at = to; at != end; ++at)
    if (*at == '.' || *at == 'e') return end;
  std::memcpy(end, ".0", 2);
  return end + 2;
}

}  // namespace

char* FormatNumber(float value, char* to) { return FormatFloat(value, to); }
char* FormatNumber(double value, char* to) { return FormatFloat(value, to); }

char* FormatNumber(int64_t value, char* to) {
  return std::to_chars(to, to + kMaxNumberText, value).ptr;
}

char* FormatNumber(uint64_t value, char* to) {
  return std::to_chars(to, to + kMaxNumberText, value).ptr;
}

}  // namespace slipway
