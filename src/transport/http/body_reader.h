#pragma once
// Reads one request body off a connection: framing (length or chunks) and content coding undone,
// limits kept, the result in a BodyBuffer.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "transport/http/body_buffer.h"
#include "transport/http/chunked.h"
#include "transport/http/coding.h"
#include "transport/http/parser.h"

namespace slipway::http {

class BodyReader {
 public:
  BodyReader(BlockPool& pool, Budget& budget) : buffer_(pool, budget) {}

  struct Options {
    size_t max_body_bytes = 0;      // before and after decompression
    size_t max_buffered_bytes = 0;  // of the budget
    size_t aligned_offset = 0;      // byte of the body that lies on 64 bytes
  };
  /// @return kTooLarge by the declared length; kUnsupportedCoding.
  Status Start(const HeadFacts& facts, const Options& options);

  /// Where the next bytes may be received without a copy; empty when they must go through Feed.
  StatusOr<std::span<char>> Room();
  void Commit(size_t received);

  /// @return how many bytes of `in` belonged to the body: all until done().
  ///         kBadRequest, kTooLarge, kOverloaded: the body cannot be had, nor what follows it.
  StatusOr<size_t> Feed(std::string_view in);

  bool done() const { return done_; }
  std::span<const std::byte> body() const { return buffer_.bytes(); }
  /// The loop's thread only.
  void Release();

 private:
  Status Take(std::string_view data);
  StatusOr<size_t> FeedChunked(std::string_view in);
  Status Finish();

  Options options_;
  BodyBuffer buffer_;
  bool chunked_ = false;
  bool done_ = true;
  uint64_t left_ = 0;      // of a body with a length
  uint64_t received_ = 0;  // before decompression
  ChunkedDecoder chunks_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace slipway::http
