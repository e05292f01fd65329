#pragma once
// One client connection: reads a request, has it handled, writes the answer, again.
//
//  (kHandshake) TLS first, where the listener speaks it
//     │
//     ▼
//   kHead ──► kBody ──► kHandler ──► kAnswered ──► kWriting ──┬─► kHead        keep-alive
//     │         │                                     ▲       └─► kLingering ──► kClosed
//     └─────────┴── refused, or answered elsewhere ───┘
//
// kAnswered: the handler has answered; the answer goes out together with those of a few others.
// kLingering: the answer is out and our side is shut (linger.h).
//
// Threads: everything on the loop's thread, except Send, Defer and cancelled as Exchange says.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "transport/http/body_reader.h"
#include "transport/http/forwarded.h"
#include "transport/http/input.h"
#include "transport/http/linger.h"
#include "transport/http/loop_exchange.h"
#include "transport/http/output.h"
#include "transport/http/parser.h"
#include "transport/http/socket.h"

namespace slipway::http {

class Connection final : public LoopExchange,
                         public LoopConnection,
                         public std::enable_shared_from_this<Connection>,
                         private Poller::Watcher {
 public:
  Connection(std::shared_ptr<Loop> loop, int fd, const sockaddr_storage& peer,
             std::shared_ptr<const ListenerPolicy> policy);

  void Start();
  void Sweep(TimePoint now) override;
  void Cut() override { Close(); }

 private:
  enum class Phase : uint8_t {
    kHandshake,
    kHead,
    kBody,
    kHandler,
    kAnswered,
    kWriting,
    kLingering,
    kClosed
  };

  void AwaitHead();

  // Each step returns true when there is more to do at once.
  void Pump();
  bool StepHandshake();
  bool StepHead();
  bool SpeaksHttp2();
  bool StepBody();
  bool StepLingering();

  // TLS (connection_handshake.cc).
  static Socket MakeSocket(int fd, const ListenerPolicy& policy);
  void StartHandshake();
  void EndHandshake(tls::Outcome outcome, std::string_view detail);
  bool AnswerPlainHttp();
  void SweepHandshake(TimePoint now);

  // Opening an exchange (connection_request.cc).
  bool SameHeadAgain() const;
  void ForgetRoute();
  void ForgetHead();
  bool OpenExchange();
  Status CheckHead();
  bool AcceptExpectation();
  bool Refuse(const Status& why);
  bool RefuseWithStatus(const Status& why, int status);
  bool Handle();

  // Answering (connection_response.cc).
  std::shared_ptr<LoopExchange> Self() override { return shared_from_this(); }
  std::shared_ptr<const void> Owner() override { return nullptr; }  // itself
  bool AwaitsAnswer() const override { return phase_ == Phase::kHandler; }
  bool MoreFollow() const override { return io_.poller().has_ready(); }
  void OnAnswer() override;
  bool StartWrite();
  bool ContinueWrite();
  bool FinishExchange();
  void EndExchange(int status, size_t bytes_out);
  void EndCancelled(size_t bytes_out);
  bool StartLingering();

  // The socket.
  /// How many bytes came, perhaps none now; nullopt when no more will.
  std::optional<size_t> Receive(std::span<char> room);
  void OnReady(Readiness ready) override;
  void ReadAhead();
  void CheckClient();
  void Close();
  void SweepHead(TimePoint now);
  bool SweepIdle(TimePoint now);
  void SweepBody(TimePoint now);
  void SweepWrite(TimePoint now);

  const std::shared_ptr<Loop> loop_owner_;  // first: what follows returns memory to it
  const std::shared_ptr<const ListenerPolicy> policy_;
  Socket socket_;
  Peer peer_;

  Input input_;
  HeadParser parser_;
  // Of the open exchange, or of the one before: a client that sends the same head again, as most
  // do, gets the same reading of it.
  std::string head_;
  bool head_known_ = false;    // request_, facts_ and the route are what `head_` says
  size_t aligned_offset_ = 0;  // of its body
  BodyReader body_;
  Output output_;

  Phase phase_ = Phase::kHead;
  bool may_read_ = false;  // said to be readable, and the last read was not short
  bool hung_up_ = false;   // the client has shut its side; what it sent before may still be unread
  bool broken_ = false;    // nothing reaches the client any more
  bool may_be_http2_ = true;
  bool keep_alive_ = true;
  bool input_ended_ = false;
  bool closed_ = false;
  bool refused_ = false;       // the open exchange, before its body was read
  bool head_started_ = false;  // some bytes of the next request are here

  TimePoint now_{};          // of the last event
  TimePoint deadline_{};     // of the phase
  size_t window_bytes_ = 0;  // of the body, received since the deadline was set
  size_t taken_bytes_ = 0;   // of the answer, by the client, when the deadline was set
  size_t turn_bytes_ = 0;    // received since the loop called
  Linger linger_;
  TimePoint drain_seen_{};
};

}  // namespace slipway::http
