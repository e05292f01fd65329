#pragma once
// The chunked transfer coding (RFC 9112 §7.1), decoded as it arrives.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace slipway::http {

class ChunkedDecoder {
 public:
  /// Chunk sizes, extensions and trailers together may take this much more than the data itself.
  static constexpr uint64_t kFramingSlack = 64u << 10;

  /// Reads from the front of `in` up to and including the next run of data.
  /// @param data  the run: a view into the part of `in` that was read; may be empty.
  /// @return how many bytes of `in` were read; all of them unless data was found or the body ended.
  ///         kBadRequest for malformed framing or too much of it.
  StatusOr<size_t> Next(std::string_view in, std::string_view& data);

  /// The last chunk and the trailers have been read; what follows is the next request.
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kTrailerLf,
    kDone
  };

  Status Step(char c);
  Status StepSize(char c);
  Status StepTrailer(char c);

  State state_ = State::kSize;
  uint64_t left_ = 0;  // of the chunk being read
  int digits_ = 0;
  size_t trailer_column_ = 0;
  uint64_t framing_bytes_ = 0;
  uint64_t data_bytes_ = 0;
};

}  // namespace slipway::http
