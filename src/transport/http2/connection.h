#pragma once
// One HTTP/2 connection: frames by libnghttp2, streams as exchanges, one buffer of output.
//
// What a turn of the loop reads is handled at once; the answers that are ready by then go out
// together.
//
// Threads: the loop's own.

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <vector>

#include "transport/http/forwarded.h"
#include "transport/http/linger.h"
#include "transport/http/loop.h"
#include "transport/http/socket.h"
#include "transport/http2/flood_guard.h"
#include "transport/http2/stream.h"

namespace slipway::http2 {

/// What a client that speaks HTTP/2 sends first (RFC 9113 §3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Connection final : public http::LoopConnection,
                         public std::enable_shared_from_this<Connection>,
                         private http::Poller::Watcher {
 public:
  Connection(std::shared_ptr<http::Loop> loop, http::Socket socket, http::Peer peer,
             std::shared_ptr<const http::ListenerPolicy> policy);
  ~Connection() override;

  /// @param received  what was read from the socket already.
  void Start(std::string_view received);
  void Sweep(TimePoint now) override;
  void Cut() override { Close(); }

  // For its streams.
  http::Loop& io() { return io_; }
  const std::shared_ptr<http::Loop>& loop_owner() const { return loop_owner_; }
  const http::Peer& peer() const { return peer_; }
  const http::ListenerPolicy& policy() const { return *policy_; }
  TimePoint now() const { return now_; }
  /// Stream::Handle follows once all that was received with this is looked at: what its client took
  /// back by then is never computed.
  void HandleSoon(Stream& stream) { to_handle_.push_back(&stream); }
  /// More is at hand to be handled, here or on the loop's other connections.
  bool MoreFollow() const { return handled_ < to_handle_.size() || io_.poller().has_ready(); }
  void SubmitContinue(const Stream& stream);
  /// Sends the answer's head. @param lines  "Name: value\r\n" each; a status line before them and
  /// an empty line at the end do not count. The body, if there is one, follows piece by piece.
  void SubmitHead(Stream& stream, int status, std::string& lines, bool has_body);
  /// There is more of the body, or its end, after there was none.
  void Resume(const Stream& stream);
  /// The client may send that many bytes more.
  void Consumed(const Stream& stream, size_t bytes);
  /// Ends a gRPC call without a message.
  void SubmitGrpcStatus(const Stream& stream, int code, const Status& why);
  /// An answer is ready that did not come from within this connection's turn.
  void FlushSoon();
  /// `stream` is closed and nobody computes for it any more.
  void Retire(Stream& stream);

 private:
  struct Callbacks;  // what nghttp2 calls
  static constexpr size_t kOutputAtOnce = 256u
                                          << 10;  // then it is written before more is put together

  void OnReady(http::Readiness ready) override;
  void Read();
  bool Feed(std::string_view bytes);
  void HandleReceived();
  void Flush();
  bool Write();
  void StartLingering();
  void DropRest();

  // libnghttp2's side (connection_frames.cc).
  bool OpenSession();
  void OnFrame(const nghttp2_frame& frame);
  void OnResetSent(uint32_t error);
  void Charge();

  Stream& NewStream();
  void FinishEnded();
  void End(Stream& stream, bool sent);

  void SweepIdle(TimePoint now);
  void Close();
  void RemoveWhenIdle();

  const std::shared_ptr<http::Loop> loop_owner_;  // first: what follows returns memory to it
  http::Loop& io_;
  http::Socket socket_;
  const http::Peer peer_;
  const std::shared_ptr<const http::ListenerPolicy> policy_;
  nghttp2_session* session_ = nullptr;
  FloodGuard guard_;

  std::vector<std::shared_ptr<Stream>> streams_;  // open, or still computed for
  std::vector<std::shared_ptr<Stream>> spare_;    // to be used again, or in somebody's hands yet
  std::shared_ptr<Stream> retired_;               // the last one that is not used again
  struct Ended {
    Stream* stream;
    bool sent;
  };
  std::vector<Ended> ended_;  // closed, their last bytes perhaps still in output_

  std::string output_;
  size_t written_ = 0;              // of output_
  std::vector<nghttp2_nv> fields_;  // of the head that is being submitted
  int32_t last_opened_ = -1;        // the highest number of a stream so far
  bool skipped_numbers_ = false;    // some below it were left out
  bool paused_ = false;             // output_ is long enough for now
  bool blocked_ = false;            // the peer has to take output first
  bool may_read_ = false;
  bool hung_up_ = false;
  bool in_turn_ = false;     // Flush follows
  bool flush_soon_ = false;  // asked for
  bool last_named_ = false;  // draining: later streams are not answered
  bool lingering_ = false;
  bool closed_ = false;
  bool removed_ = false;
  std::vector<Stream*> to_handle_;  // of what is being received
  size_t handled_ = 0;              // of them
  size_t turn_bytes_ = 0;           // received since the loop called
  size_t turn_frames_ = 0;          // in them
  size_t window_bytes_ = 0;         // taken by the peer since the deadline was set
  TimePoint write_deadline_{};      // while blocked
  TimePoint now_{};                 // of the last event
  TimePoint idle_since_{};
  TimePoint drain_seen_{};
  http::Linger linger_;
};

}  // namespace slipway::http2
