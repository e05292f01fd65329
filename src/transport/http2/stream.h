#pragma once
// One stream of an HTTP/2 connection: a request and its answer, plain or as a gRPC call.
//
//   kIdle ──► kHead ──► kBody ──► kWhole ──► kHandler ──► kAnswering ──► kIdle
//               ├── refused ───────────────────────────────────▲           ▲
//               └── streaming method ──► kCall ────────────────────────────┘
//
// A stream is used again for a later request once nothing of the one before is left.
//
// Threads: as http::LoopExchange says.

#include <nghttp2/nghttp2.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "transport/grpc/framing.h"
#include "transport/http/body_buffer.h"
#include "transport/http/coding.h"
#include "transport/http/loop_exchange.h"
#include "transport/http2/streaming_call.h"

namespace slipway::http2 {

class Connection;

class Stream final : public http::LoopExchange, public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(Connection& connection);
  ~Stream() override { DropFields(); }

  // Events of the connection, in their order.
  void Open(int32_t id, TimePoint now);
  void OnHeader(nghttp2_rcbuf* name, nghttp2_rcbuf* value);
  void OnHeadEnd(bool has_body, TimePoint now);
  /// @return how many bytes the client may send again for these and earlier ones.
  size_t OnData(std::span<const char> data);
  void OnRequestEnd(TimePoint now);
  /// The request, or the messages that have come. Connection::HandleSoon asks for it.
  void Handle();
  /// The peer has reset the stream, or all is said. False when somebody still computes the answer:
  /// OnAnswer follows.
  bool OnClosed();

  /// A server that ends: a streaming call without work is over.
  void EndIdleCall();

  enum class Verdict : uint8_t {
    kGoOn,
    kAnswered,  // refused: its answer is submitted
    kReset,     // its client does not take the answer
    kCut,       // its head does not come, nor can anything else
  };
  /// Looks at the time limits.
  Verdict Sweep(TimePoint now);

  int32_t id() const { return id_; }

  /// Of what is to be sent now, framing included, how many bytes are not yet taken.
  size_t body_left() const { return call_ ? call_->bytes_left() : rest_.left(); }
  /// More may come after that.
  bool body_goes_on() const { return call_ != nullptr && !call_->finished(); }
  /// With what a gRPC call ends.
  Status final_status() const { return call_ ? call_->final_status() : OkStatus(); }
  /// Appends the next `bytes` ≤ body_left() of it.
  /// @return how many messages of a streaming call end with them.
  size_t TakeBody(size_t bytes, std::string& out);
  /// All of the answer was handed on.
  bool all_taken() const {
    return body_left() == 0 && (phase_ == Phase::kAnswering || (call_ && call_->finished()));
  }

  /// Counts the exchange and makes the stream ready for the next. @param sent  was it all?
  void Finish(bool sent);

  /// Its place in the connection's list.
  size_t slot = 0;

 private:
  enum class Phase : uint8_t { kIdle, kHead, kBody, kWhole, kHandler, kAnswering, kCall };
  class Writer;

  std::shared_ptr<LoopExchange> Self() override { return shared_from_this(); }
  std::shared_ptr<const void> Owner() override;
  bool AwaitsAnswer() const override { return phase_ == Phase::kHandler; }
  bool MoreFollow() const override;
  void OnAnswer() override;
  void Compress() override;

  http::Coding AnswerCoding() const;
  Status NoteHeader(const http::Header& header);
  Status NotePseudoHeader(const http::Header& header);
  Status NoteHost(std::string_view host);
  Status CheckHead();
  Status TakeData(std::span<const char> data);
  Status NotePrefix(std::span<const std::byte> bytes);
  Status FinishBody();
  Status OpenMessage();
  void Refuse(const Status& why, std::optional<int> http_status = std::nullopt);
  void Answer();
  void AnswerCall();
  void SubmitCallHead();
  void DropFields();
  void Clear();

  // Streaming calls (stream_call.cc).
  void OpenCall();
  size_t OnCallData(std::string_view data);
  void DeliverSoon();
  void Deliver();
  Status NoThrow(const std::function<void()>& step);
  size_t TryCall(const std::function<StatusOr<size_t>()>& step);
  void OnSaid(std::vector<http::StreamMessage> messages, const std::optional<Status>& final);
  void OnWoken(bool read_more);
  void WakeCall();
  Verdict SweepCall(TimePoint now);
  void EndCall();

  Connection& connection_;
  Phase phase_ = Phase::kIdle;
  int32_t id_ = 0;
  bool closed_ = false;
  Status head_error_;  // the first thing wrong with the head
  size_t head_bytes_ = 0;
  absl::InlinedVector<nghttp2_rcbuf*, 40> kept_;  // what request_ and facts_ are views into
  std::string_view grpc_encoding_;

  http::BodyBuffer body_;
  http::BodyBuffer message_;  // decompressed
  std::unique_ptr<http::Inflater> inflater_;
  size_t body_bytes_ = 0;      // received, before decompression
  size_t expected_bytes_ = 0;  // as a message's prefix says

  TimePoint deadline_{};     // of the phase
  size_t window_bytes_ = 0;  // of the body, received or sent since the deadline was set

  std::unique_ptr<StreamingCall> call_;
  std::shared_ptr<Writer> writer_;  // of call_
  bool call_answered_ = false;      // its head is submitted
  bool deliver_soon_ = false;       // asked for
  size_t received_bytes_ = 0;       // of the call, since deadline_ was set
  uint64_t open_message_ = 0;       // that was not whole when deadline_ was set; 0 = none

  // Of the answer.
  http::Coding coding_ = http::Coding::kIdentity;  // of messages, where they get smaller
  bool compressed_ = false;                        // the one message of a unary call is
  std::array<char, grpc::kPrefixBytes> prefix_;
  http::Pieces rest_;  // after a plain head; of a unary call, with prefix_
  size_t bytes_out_ = 0;
};

}  // namespace slipway::http2
