// The TLS handshake, before the first request.

#include "base/log.h"
#include "transport/http/connection.h"
#include "transport/tls/session.h"

namespace slipway::http {
namespace {

constexpr std::string_view kSpeakTls =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 60\r\n"
    "Connection: close\r\n\r\n"
    "this port speaks TLS: send the request to https:// instead.\n";

}  // namespace

Socket Connection::MakeSocket(int fd, const ListenerPolicy& policy) {
  return policy.tls ? Socket(fd, tls::Session::Accept(*policy.tls->Get(), fd)) : Socket(fd);
}

void Connection::StartHandshake() {
  phase_ = Phase::kHandshake;
  deadline_ = now_ + io_.limits().header_timeout;
}

bool Connection::StepHandshake() {
  tls::Session* const tls = socket_.tls();
  if (tls == nullptr) {  // out of memory
    Close();
    return false;
  }
  switch (tls->Handshake()) {
    case tls::Session::Progress::kWaiting:
      return false;
    case tls::Session::Progress::kDone:
      EndHandshake(tls::Outcome::kCompleted, {});
      peer_.is_secure = true;
      peer_.certificate = tls->peer_subject();
      now_ = std::chrono::steady_clock::now();
      may_read_ = true;  // what came with the handshake's last bytes
      AwaitHead();
      return true;
    case tls::Session::Progress::kFailed:
      EndHandshake(tls->failure(), tls->failure_detail());
      if (tls->failure() == tls::Outcome::kPlainHttp) return AnswerPlainHttp();
      Close();
      return false;
  }
  return false;
}

void Connection::EndHandshake(tls::Outcome outcome, std::string_view detail) {
  phase_ = Phase::kHead;
  io_.CountHandshake(outcome);
  if (outcome != tls::Outcome::kCompleted)
    log::Debug("no TLS connection",
               {{"peer", peer_.name}, {"result", tls::NameOf(outcome)}, {"detail", detail}});
}

bool Connection::AnswerPlainHttp() {
  socket_.DropTls();
  socket_.Send(kSpeakTls);
  return StartLingering();
}

void Connection::SweepHandshake(TimePoint now) {
  if (!SweepIdle(now)) return;
  EndHandshake(tls::Outcome::kTimeout, "the handshake did not end in time");
  Close();
}

}  // namespace slipway::http
