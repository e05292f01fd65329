// Parquet files, and the same bytes as pages alone: what is compressed or has a footer is reached
// by few mutations.
#include <string>

#include "data/parquet/runs.h"
#include "data/parquet/unpack.h"
#include "data_table.h"

using namespace slipway;
using namespace slipway::data::parquet;

namespace {

void Decode(std::string_view bytes) {
  constexpr size_t kMost = 1 << 12;
  std::string padded(bytes);
  padded.resize(bytes.size() + kDecodeSlack);
  const std::string_view text = std::string_view(padded).substr(0, bytes.size());
  uint32_t indices[64];
  RunDecoder runs(text, static_cast<uint8_t>(text.empty() ? 0 : text.back()) % 33);
  for (size_t i = 0; i < kMost && runs.Decode(std::size(indices), indices);) i += 64;
  int64_t numbers[64];
  DeltaDecoder deltas;
  std::string_view behind;
  if (!deltas.Begin(text)) return;
  if (deltas.FindEnd(&behind) && behind.data() + behind.size() != text.data() + text.size())
    __builtin_trap();
  for (size_t i = 0; i < kMost && deltas.Decode(std::size(numbers), numbers);) i += 64;
}

void Unpack(std::string_view bytes) {
  constexpr size_t kSizes[] = {1, 100, 4096};
  std::string out(kSizes[2] + Unpacker::kSlack, 0);
  Unpacker unpacker;
  for (const size_t size : kSizes)
    for (const Codec codec : {Codec::kSnappy, Codec::kGzip, Codec::kZstd, Codec::kLz4})
      (void)unpacker.Unpack(codec, bytes, std::span(out).first(size)).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Decode(bytes);
  Unpack(bytes);
  fuzz::ReadTables(bytes);
  return 0;
}
