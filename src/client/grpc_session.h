#pragma once
// The client's side of unary gRPC calls over one HTTP/2 connection, without a socket.
// Source: grpc/doc/PROTOCOL-HTTP2.md

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "client/endpoint.h"

struct nghttp2_session;

namespace slipway::client {

struct GrpcAnswer {
  uint64_t call = 0;
  int code = 0;         // gRPC's; 2 (UNKNOWN) when the server gave none
  Status status;        // OK, or the reason that the code stands for with the server's own message
  std::string message;  // when OK
};

/// Many calls at once. An answer is hostile: its head, its message and what the connection asks for
/// are bounded. Threads: one at a time. Stays where it is.
class GrpcSession {
 public:
  static constexpr size_t kMaxMessageBytes = size_t{1} << 30;

  explicit GrpcSession(const Endpoint& endpoint, size_t max_message_bytes = kMaxMessageBytes);
  ~GrpcSession();
  GrpcSession(const GrpcSession&) = delete;
  GrpcSession& operator=(const GrpcSession&) = delete;

  /// The server has not said goodbye. Calls beyond its limit of streams wait here.
  bool CanBegin() const { return !goodbye_; }
  /// @param call    a number not in use by another call in progress
  /// @param framed  the request message as Frame makes it; borrowed until the call has ended
  Status Begin(uint64_t call, std::string_view path, std::string_view framed);
  /// Resets a call; it gets no answer.
  void Cancel(uint64_t call);

  /// What to send next; "" when there is nothing. kIo when the server has broken HTTP/2's rules.
  StatusOr<std::string_view> Output();
  void Consume(size_t bytes) { sent_ += bytes; }

  /// @return kIo saying what is wrong with the bytes.
  Status Receive(std::string_view bytes);
  /// Of calls that have ended since the last time.
  std::vector<GrpcAnswer> TakeAnswers() { return std::move(answers_); }
  /// The server has said goodbye and every call has ended.
  bool finished() const { return goodbye_ && calls_.empty(); }

 private:
  struct Call;
  struct Callbacks;

  void End(int32_t stream, uint32_t error);

  const std::string authority_;
  const bool tls_;
  const size_t max_message_bytes_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::unique_ptr<Call>> calls_;  // by stream
  std::vector<GrpcAnswer> answers_;
  std::string output_;
  size_t sent_ = 0;        // of output_
  bool received_ = false;  // anything
  bool goodbye_ = false;
};

/// `message` with gRPC's prefix. @param message  under 4 GiB
std::string Frame(std::string_view message);

}  // namespace slipway::client
