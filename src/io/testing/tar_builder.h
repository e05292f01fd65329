#pragma once
// Builds tars that no honest packer writes.

#include <string>
#include <string_view>

#include "io/tar_header.h"

namespace slipway::io {

/// A header of any kind, with a right checksum. `name` at most 100 bytes.
inline std::string RawTarHeader(std::string_view name, char kind, uint64_t size_bytes) {
  std::string block = RenderTarHeader("x", size_bytes);
  block.replace(0, 1, 1, '\0');
  block.replace(0, name.size(), name);
  block[156] = kind;
  block.replace(148, 8, 8, ' ');
  uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 7, fmt::format("{:06o}{}", sum, '\0'));
  return block;
}

class TarBuilder {
 public:
  TarBuilder& File(std::string_view name, std::string_view content) {
    return Entry(name, '0', content);
  }
  TarBuilder& Entry(std::string_view name, char kind, std::string_view content = "") {
    tar_ += RawTarHeader(name, kind, content.size());
    tar_ += content;
    tar_.resize((tar_.size() + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes);
    return *this;
  }
  std::string Finish() { return tar_ + std::string(2 * kTarBlockBytes, '\0'); }

 private:
  std::string tar_;
};

}  // namespace slipway::io
