#pragma once
// One 512-byte header of a tar. Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax
// Extended Header"; GNU tar manual, "Basic Tar Format".

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace slipway::io {

inline constexpr size_t kTarBlockBytes = 512;
using TarBlock = std::array<char, kTarBlockBytes>;

struct TarHeader {
  enum class Kind : char {
    kFile = '0',
    kHardLink = '1',
    kSymbolicLink = '2',
    kCharacterDevice = '3',
    kBlockDevice = '4',
    kFolder = '5',
    kFifo = '6',
    kPax = 'x',
    kPaxGlobal = 'g',
    kGnuLongName = 'L',
    kGnuLongLink = 'K',
    kGnuSparse = 'S',
    kOther = '?',
  };
  std::string name;
  Kind kind = Kind::kFile;
  uint64_t size_bytes = 0;
};

/// True for the block of zeros that ends an archive.
bool IsEndBlock(const TarBlock& block);

/// @return kBadModel naming the field: checksum, size.
StatusOr<TarHeader> ParseTarHeader(const TarBlock& block);

/// The blocks that start an entry: a pax header with what ustar cannot say, then the ustar header.
std::string RenderTarHeader(std::string_view name, uint64_t size_bytes);

/// The records "length key=value\n" of a pax header's content.
StatusOr<std::vector<std::pair<std::string, std::string>>> ParsePaxRecords(
    std::string_view content);

}  // namespace slipway::io
