#pragma once
// The messages of one streaming call: what came and waits to be read, what waits to be sent.

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/grpc/message_reader.h"
#include "transport/http/pieces.h"
#include "transport/http/streaming.h"

namespace slipway::http2 {

/// Threads: the loop's own.
class StreamingCall {
 public:
  StreamingCall(std::unique_ptr<http::StreamReader> reader, std::shared_ptr<http::Budget> budget,
                http::BlockPool& pool, grpc::MessageReader::Options options);
  ~StreamingCall();

  // From the client. After each of them Deliver follows.
  /// @return how many bytes were taken now: the client may send as many more. kOverloaded.
  StatusOr<size_t> OnData(std::string_view data);
  void OnHalfClose() { half_closed_ = true; }
  /// The reader wants more again.
  void ReadMore() { reading_ = true; }

  /// Hands on what is whole, as much as the reader wants. Not from within the reader's calls.
  /// @return how many bytes were taken that had to wait until now. Errors as grpc::MessageReader.
  StatusOr<size_t> Deliver();
  /// Something waited and need not wait any more.
  bool can_deliver() const { return WantsMessages() && !(whole_.empty() && held().empty()); }
  /// Another message follows the one that the reader is being given.
  bool more_at_hand() const { return !whole_.empty(); }
  /// The message that the client has begun and not ended, by its number; 0: none, or it is not the
  /// client who keeps it waiting.
  uint64_t open_message() const {
    const bool waits = !whole_.empty() || !held().empty();
    return messages_.at_boundary() || waits ? 0 : messages_.begun() + 1;
  }
  void OnEnd() { reader_->OnEnd(); }
  bool Idle() const { return reader_->Idle() && to_send_.empty(); }

  // To the client.
  void Write(http::StreamMessage message);
  void Finish(const Status& status);
  bool finished() const { return final_.has_value(); }
  const Status& final_status() const { return *final_; }

  size_t bytes_left() const { return left_; }
  /// Appends the next `bytes` ≤ bytes_left(). @return how many messages end with them.
  size_t Take(size_t bytes, std::string& out);

 private:
  struct Outgoing {
    std::array<char, grpc::kPrefixBytes> prefix;
    http::StreamMessage message;
  };
  bool WantsMessages() const { return reading_ && !finished() && left_ < kMaxUnsent; }
  std::string_view held() const { return std::string_view(held_).substr(held_begin_); }
  void Cut(std::string_view& data);
  Status Hold(std::string_view data);
  size_t CutHeld();
  void Hand();
  Status TellHalfClose();

  static constexpr size_t kMaxUnsent = 1u << 20;  // then a client that reads nothing is not read
  static constexpr size_t kMaxWhole = 64;

  const std::unique_ptr<http::StreamReader> reader_;
  const std::shared_ptr<http::Budget> budget_;
  const size_t max_buffered_bytes_;
  grpc::MessageReader messages_;
  std::deque<std::shared_ptr<const std::string>> whole_;  // to be handed on
  Status broken_;                                         // nothing after them can be read
  std::string held_;  // received while no message was wanted; charged to budget_
  size_t held_begin_ = 0;
  bool reading_ = true;
  bool half_closed_ = false;
  bool told_half_close_ = false;

  std::deque<Outgoing> to_send_;
  http::Pieces rest_;  // of the first one, once it is being sent
  size_t left_ = 0;
  std::optional<Status> final_;
};

}  // namespace slipway::http2
