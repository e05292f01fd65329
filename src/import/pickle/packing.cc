#include "import/pickle/packing.h"

#include <algorithm>
#include <array>

#include "import/pickle/decoder.h"

namespace slipway::pickle {
namespace {

using namespace std::string_view_literals;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// RFC 1950: method deflate with a 32 KiB window, and a header that divides by 31.
bool IsZlib(std::string_view text) {
  return text.size() > 1 && text[0] == '\x78' &&
         (static_cast<uint8_t>(text[0]) * 256 + static_cast<uint8_t>(text[1])) % 31 == 0;
}

// 'B' is also an opcode of protocol 3, so the block's own mark is asked for too.
bool IsBz2(std::string_view text) {
  const std::string_view block = text.substr(std::min<size_t>(4, text.size()));
  return text.starts_with("BZh") &&
         (block.starts_with("1AY&SY") || block.starts_with("\x17\x72\x45\x38\x50\x90"));
}

Status Annotated(const Status& status, Packing packing) {
  return Annotate(status, PackingName(packing));
}

/// Twice the bytes it had, of which at most one is over the limit.
size_t Grown(size_t size, size_t max_bytes) {
  constexpr size_t kFirst = size_t{64} << 10;
  return std::min(std::max(kFirst, 2 * size), max_bytes + 1);
}

Status CheckSize(size_t unpacked, size_t packed, const UnpackLimits& limits) {
  if (unpacked > limits.max_bytes)
    return Error(Reason::kTooLarge, "expected at most {} bytes unpacked, got more",
                 limits.max_bytes);
  if (unpacked > limits.harmless_bytes && unpacked / limits.max_ratio > packed)
    return Error(Reason::kTooLarge, "expected at most {} bytes out of one packed byte, got more",
                 limits.max_ratio);
  return OkStatus();
}

}  // namespace

std::string_view PackingName(Packing packing) {
  constexpr std::array kNames = {""sv,   "zlib"sv, "gzip"sv, "bz2"sv,
                                 "xz"sv, "lzma"sv, "lz4"sv,  "deflate"sv};
  return kNames[static_cast<size_t>(packing)];
}

Packing RecognisePacking(std::span<const std::byte> bytes) {
  const std::string_view text = TextOf(bytes);
  if (IsZlib(text)) return Packing::kZlib;
  if (text.starts_with("\x1f\x8b"sv)) return Packing::kGzip;
  if (IsBz2(text)) return Packing::kBz2;
  if (text.starts_with("\xfd\x37\x7a\x58\x5a\x00"sv)) return Packing::kXz;
  if (text.starts_with("\x5d\x00"sv)) return Packing::kLzma;
  if (text.starts_with("\x04\x22\x4d\x18"sv)) return Packing::kLz4;
  return Packing::kNone;
}

StatusOr<std::vector<std::byte>> Unpack(Packing packing, std::span<const std::byte> packed,
                                        const UnpackLimits& limits) {
  ASSIGN_OR_RETURN(const auto decoder, MakeDecoder(packing));
  std::vector<std::byte> unpacked;
  size_t size = 0;
  std::span<const std::byte> in = packed;
  for (bool ended = false; !ended;) {
    if (size == unpacked.size()) unpacked.resize(Grown(size, limits.max_bytes));
    std::span<std::byte> out = std::span(unpacked).subspan(size);
    const size_t had_in = in.size(), had_out = out.size();
    const StatusOr<bool> result = decoder->Decode(in, out);
    if (!result.ok()) return Annotated(result.status(), packing);
    ended = *result;
    size += had_out - out.size();
    if (Status status = CheckSize(size, packed.size() - in.size(), limits); !status.ok())
      return Annotated(status, packing);
    if (!ended && in.size() == had_in && out.size() == had_out)
      return Error(Reason::kBadModel, "{}: the packed bytes are cut off", PackingName(packing));
  }
  if (!in.empty())
    return Error(Reason::kBadModel, "{}: expected the end of the file, got {} bytes more",
                 PackingName(packing), in.size());
  unpacked.resize(size);
  return unpacked;
}

}  // namespace slipway::pickle
