#include "io/tar_header.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace slipway::io {
namespace {

struct Field {
  size_t offset;
  size_t size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12},
    kTime{136, 12}, kChecksum{148, 8}, kKind{156, 1}, kMagic{257, 6}, kPrefix{345, 155};

// "ustar" and the version "00"; GNU's own dialect has two spaces instead, and no prefix field.
constexpr std::string_view kUstarMagic("ustar\0", 6);
constexpr uint64_t kMaxOctalSize = 077777777777;

std::string_view Raw(const TarBlock& block, Field field) {
  return {block.data() + field.offset, field.size};
}

std::string_view Text(const TarBlock& block, Field field) {
  const std::string_view raw = Raw(block, field);
  return raw.substr(0, std::min(raw.find('\0'), raw.size()));
}

uint64_t ChecksumOf(const TarBlock& block) {
  uint64_t sum = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    const bool in_checksum = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    sum += in_checksum ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

// Octal digits between optional spaces and a space or NUL; or, with the first bit set, big-endian
// binary.
std::optional<uint64_t> ParseNumber(std::string_view raw) {
  if (static_cast<unsigned char>(raw[0]) == 0x80) {
    uint64_t value = 0;
    for (const char c : raw.substr(1)) {
      if (value >> 56) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  const size_t start = std::min(raw.find_first_not_of(' '), raw.size());
  const size_t end = std::min(raw.find_first_of(std::string_view(" \0", 2), start), raw.size());
  uint64_t value = 0;
  const auto [stop, error] = std::from_chars(raw.data() + start, raw.data() + end, value, 8);
  if (error != std::errc() || stop != raw.data() + end) return std::nullopt;
  return value;
}

TarHeader::Kind KindOf(char flag) {
  using Kind = TarHeader::Kind;
  if (flag == '\0') return Kind::kFile;  // before POSIX
  return std::string_view("0123456xgLKS").find(flag) == std::string_view::npos
             ? Kind::kOther
             : static_cast<Kind>(flag);
}

void Put(TarBlock& block, Field field, std::string_view text) {
  std::memcpy(block.data() + field.offset, text.data(), std::min(text.size(), field.size));
}

void PutOctal(TarBlock& block, Field field, uint64_t value) {
  Put(block, field, fmt::format("{:0{}o}", value, field.size - 1));
}

// Where a long name is cut into prefix and name, if it can be.
std::optional<size_t> SplitAt(std::string_view name) {
  if (name.size() <= kName.size) return 0;
  const size_t slash = name.find('/', name.size() - kName.size - 1);
  if (slash == name.npos || slash > kPrefix.size) return std::nullopt;
  return slash;
}

std::string RenderBlock(std::string_view name, uint64_t size_bytes, TarHeader::Kind kind) {
  TarBlock block = {};
  const size_t split = SplitAt(name).value_or(0);
  Put(block, kPrefix, name.substr(0, split));
  Put(block, kName, split ? name.substr(split + 1) : name);
  PutOctal(block, kMode, 0644);
  PutOctal(block, kUser, 0);
  PutOctal(block, kGroup, 0);
  PutOctal(block, kSize, std::min(size_bytes, kMaxOctalSize));
  PutOctal(block, kTime, 0);
  block[kKind.offset] = static_cast<char>(kind);
  Put(block, kMagic, kUstarMagic);
  Put(block, {kMagic.offset + kMagic.size, 2}, "00");
  Put(block, kChecksum, fmt::format("{:06o}{} ", ChecksumOf(block), '\0'));
  return {block.data(), block.size()};
}

// A record begins with its own length, the length's digits included.
std::string PaxRecord(std::string_view key, std::string_view value) {
  const std::string rest = fmt::format(" {}={}\n", key, value);
  size_t size = rest.size();
  while (fmt::formatted_size("{}", size) + rest.size() != size) {
    size = fmt::formatted_size("{}", size) + rest.size();
  }
  return std::to_string(size) + rest;
}

}  // namespace

bool IsEndBlock(const TarBlock& block) {
  return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

StatusOr<TarHeader> ParseTarHeader(const TarBlock& block) {
  if (ParseNumber(Raw(block, kChecksum)) != ChecksumOf(block)) {
    return Error(Reason::kBadModel, "tar: a header's checksum is wrong");
  }
  const auto size = ParseNumber(Raw(block, kSize));
  TarHeader header;
  header.name = Text(block, kName);
  if (Raw(block, kMagic) == kUstarMagic && block[kPrefix.offset] != '\0') {
    header.name = fmt::format("{}/{}", Text(block, kPrefix), header.name);
  }
  if (!size) return Error(Reason::kBadModel, "tar: a header's size is no number");
  header.kind = KindOf(block[kKind.offset]);
  header.size_bytes = *size;
  return header;
}

std::string RenderTarHeader(std::string_view name, uint64_t size_bytes) {
  std::string pax;
  if (!SplitAt(name)) pax += PaxRecord("path", name);
  if (size_bytes > kMaxOctalSize) pax += PaxRecord("size", std::to_string(size_bytes));
  if (pax.empty()) return RenderBlock(name, size_bytes, TarHeader::Kind::kFile);
  std::string blocks = RenderBlock("pax", pax.size(), TarHeader::Kind::kPax);
  pax.resize((pax.size() + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes);
  blocks += pax;
  // Readers that know no pax see the end of the name.
  const std::string_view tail = name.substr(name.size() - std::min(name.size(), kName.size));
  return blocks + RenderBlock(tail, size_bytes, TarHeader::Kind::kFile);
}

StatusOr<std::vector<std::pair<std::string, std::string>>> ParsePaxRecords(
    std::string_view content) {
  const Status damaged = Error(Reason::kBadModel, "tar: a pax header is damaged");
  std::vector<std::pair<std::string, std::string>> records;
  while (!content.empty()) {
    size_t size = 0;
    const auto [stop, error] =
        std::from_chars(content.data(), content.data() + content.size(), size);
    const size_t digits = static_cast<size_t>(stop - content.data());
    if (error != std::errc() || size > content.size() || size < digits + 3 || *stop != ' ') {
      return damaged;
    }
    const std::string_view record = content.substr(digits + 1, size - digits - 1);
    const size_t equals = record.find('=');
    if (equals == record.npos || record.back() != '\n') return damaged;
    records.emplace_back(record.substr(0, equals),
                         record.substr(equals + 1, record.size() - equals - 2));
    content.remove_prefix(size);
  }
  return records;
}

}  // namespace slipway::io
