#pragma once
#include <cstddef>
#include <memory>
#include <span>

#include "base/status.h"
#include "import/pickle/packing.h"

namespace slipway::pickle {

/// Unpacks one stream, piece by piece.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Takes from the front of `in` and fills the front of `out`; both are moved past what was used.
  /// @return whether the stream has ended; kBadModel when it is damaged.
  virtual StatusOr<bool> Decode(std::span<const std::byte>& in, std::span<std::byte>& out) = 0;
};

/// @param packing  not kNone.
StatusOr<std::unique_ptr<Decoder>> MakeDecoder(Packing packing);

}  // namespace slipway::pickle
