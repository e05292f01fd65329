#pragma once
// Cuts the bytes of a call into messages.

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "transport/grpc/framing.h"
#include "transport/http/body_buffer.h"

namespace slipway::grpc {

/// Memory follows what has arrived, and is charged to the budget until nobody holds the message.
/// Threads: one; messages may be let go on any.
class MessageReader {
 public:
  struct Options {
    size_t max_message_bytes = 0;  // before and after decompression
    size_t max_buffered_bytes = 0;
    std::string encoding;  // of compressed messages: the call's grpc-encoding
  };
  /// `budget` outlives all messages.
  MessageReader(std::shared_ptr<http::Budget> budget, http::BlockPool& pool, Options options);
  ~MessageReader();

  /// Takes bytes up to the end of the first message in `bytes`, and drops them from it.
  /// @return the message when it is whole, else null; kBadRequest, kTooLarge, kOverloaded,
  ///   kUnsupportedCoding: nothing of the call can be read any more.
  StatusOr<std::shared_ptr<const std::string>> Next(std::string_view& bytes);

  /// True between messages.
  bool at_boundary() const { return prefix_size_ == 0; }
  /// How many messages have begun.
  uint64_t begun() const { return begun_; }

 private:
  Status OpenMessage();
  Status Charge(size_t bytes);
  StatusOr<std::shared_ptr<const std::string>> Finish();
  Status Inflate();

  const std::shared_ptr<http::Budget> budget_;
  http::BlockPool& pool_;
  const Options options_;
  std::array<std::byte, kPrefixBytes> prefix_bytes_;
  size_t prefix_size_ = 0;
  Prefix prefix_;
  std::string message_;
  size_t charged_ = 0;
  uint64_t begun_ = 0;
};

/// The one compressed message in `in`, decompressed to the end of `out`.
/// @return kUnsupportedCoding for one that is not known; kBadRequest; kTooLarge; kOverloaded.
Status InflateMessage(std::string_view encoding, std::span<const std::byte> in, size_t max_bytes,
                      http::BodyBuffer& out);

}  // namespace slipway::grpc
