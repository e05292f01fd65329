#pragma once
// Compressed pages → their bytes.

#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "data/parquet/footer.h"

struct ZSTD_DCtx_s;

namespace slipway::data::parquet {

/// Threads: one at a time.
class Unpacker {
 public:
  Unpacker();
  ~Unpacker();

  /// Fills `out`, after which kSlack bytes may be written too.
  /// @return kBadRequest where `packed` is damaged or unpacks to another size; kUnsupported naming
  ///   the codec.
  Status Unpack(Codec codec, std::string_view packed, std::span<char> out);

  static constexpr size_t kSlack = 16;

 private:
  bool UnpackZstd(std::string_view packed, std::span<char> out);

  ZSTD_DCtx_s* zstd_ = nullptr;
};

}  // namespace slipway::data::parquet
