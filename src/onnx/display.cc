#include "onnx/display.h"

#include "base/utf8.h"

namespace slipway::onnx {
namespace {
constexpr size_t kMaxBytes = 100;
}

std::string Shown(std::string_view name) {
  if (!IsValidUtf8(name)) return "(not UTF-8)";
  if (name.size() <= kMaxBytes) return std::string(name);
  size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return std::string(name.substr(0, end)) + "…";
}

}  // namespace slipway::onnx
