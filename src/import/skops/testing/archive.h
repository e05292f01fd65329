#pragma once
// Zip archives for tests, of which everything may lie.

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::skops::testing {

struct Member {
  std::string name, content;
  uint16_t method = 0, flags = 0;
  std::string packed = content;
  size_t unpacked_bytes = content.size();
};

template <typename T>
std::string Little(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

/// `content` deflated, without a header.
inline std::string Deflated(std::string_view content) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<unsigned>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<unsigned>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline std::string Archive(const std::vector<Member>& members) {
  std::string file, directory;
  for (const Member& member : members) {
    const auto checksum =
        static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(member.content.data()),
                                    static_cast<unsigned>(member.content.size())));
    const std::string common =
        Little<uint16_t>(member.flags) + Little(member.method) + Little<uint32_t>(0) +
        Little(checksum) + Little(static_cast<uint32_t>(member.packed.size())) +
        Little(static_cast<uint32_t>(member.unpacked_bytes)) +
        Little(static_cast<uint16_t>(member.name.size())) + Little<uint16_t>(0);
    directory += "PK\x01\x02" + Little<uint16_t>(20) + Little<uint16_t>(20) + common +
                 std::string(10, '\0') + Little(static_cast<uint32_t>(file.size())) + member.name;
    file += "PK\x03\x04" + Little<uint16_t>(20) + common + member.name + member.packed;
  }
  const auto count = Little(static_cast<uint16_t>(members.size()));
  return file + directory + "PK\x05\x06" + std::string(4, '\0') + count + count +
         Little(static_cast<uint32_t>(directory.size())) +
         Little(static_cast<uint32_t>(file.size())) + std::string(2, '\0');
}

/// An .npy file of version 1.
inline std::string Npy(std::string_view header, std::string_view data) {
  return "\x93NUMPY\x01" + std::string(1, '\0') + Little(static_cast<uint16_t>(header.size())) +
         std::string(header) + std::string(data);
}

}  // namespace slipway::skops::testing
