#pragma once
// The messages of one streaming call: what came and waits to be read, what waits to be sent.

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/grpc/message_reader.h"
#include "transport/http/streaming.h"

namespace slipway::http2 {

/// Threads: the loop's own.
class StreamingCall {
 public:
  StreamingCall(std::unique_ptr<http::StreamReader> reader, std::shared_ptr<http::Budget> budget,
                http::BlockPool& pool, grpc::MessageReader::Options options);
  ~StreamingCall();

  // From the client.
  /// Hands on what is whole. @return how many bytes were taken now, of these and of earlier ones:
  ///   the client may send as many more. Errors as grpc::MessageReader.
  StatusOr<size_t> OnData(std::string_view data);
  StatusOr<size_t> OnHalfClose();
  /// The reader wants more again: Deliver follows.
  void ReadMore() { reading_ = true; }
  /// Hands on what waited. Not from within the reader's calls.
  StatusOr<size_t> Deliver();
  /// Something waited and need not wait any more.
  bool can_deliver() const { return WantsMessages() && !held().empty(); }
  /// The message that the client has begun and not ended, by its number; 0: none, or it is not the
  /// client who keeps it waiting.
  uint64_t open_message() const {
    return messages_.at_boundary() || !held().empty() ? 0 : messages_.begun() + 1;
  }
  void OnEnd() { reader_->OnEnd(); }
  bool Idle() const { return reader_->Idle() && to_send_.empty(); }

  // To the client.
  void Write(http::StreamMessage message);
  void Finish(const Status& status);
  bool finished() const { return final_.has_value(); }
  const Status& final_status() const { return *final_; }

  size_t bytes_left() const { return left_; }
  void Take(size_t bytes, std::string& out);

 private:
  struct Outgoing {
    std::array<char, grpc::kPrefixBytes> prefix;
    http::StreamMessage message;
    std::string_view Piece(size_t index) const;
    size_t pieces() const { return 2 + message.parts.size(); }
  };
  bool WantsMessages() const { return reading_ && !finished() && left_ < kMaxUnsent; }
  std::string_view held() const { return std::string_view(held_).substr(held_begin_); }
  Status Hand(std::string_view& data);
  Status Hold(std::string_view data);
  Status TellHalfClose();

  static constexpr size_t kMaxUnsent = 1u << 20;  // then a client that reads nothing is not read

  const std::unique_ptr<http::StreamReader> reader_;
  const std::shared_ptr<http::Budget> budget_;
  const size_t max_buffered_bytes_;
  grpc::MessageReader messages_;
  std::string held_;  // received while no message was wanted; charged to budget_
  size_t held_begin_ = 0;
  bool reading_ = true;
  bool half_closed_ = false;
  bool told_half_close_ = false;

  std::deque<Outgoing> to_send_;
  size_t piece_ = 0, offset_ = 0;  // in the first one
  size_t left_ = 0;
  std::optional<Status> final_;
};

}  // namespace slipway::http2
