#pragma once
// One response on its way into a socket.

#include <string>
#include <string_view>

#include "transport/http/message.h"
#include "transport/http/pieces.h"
#include "transport/http/socket.h"

namespace slipway::http {

class Output {
 public:
  enum class State { kDone, kBlocked, kFailed };

  /// Sends the byte that every response begins with before the response is known; the next one is
  /// sent without it. Once a response. False when the peer is known to have gone.
  bool SendAhead(Socket& socket);

  /// @param head  a small answer is put together here; else copied only when the first write does
  ///   not take all of it.
  /// @param response  its body and parts are written when `with_body`, large ones from where they
  ///   lie.
  void Start(std::string& head, const Response& response, bool with_body);

  /// Writes until done or until the socket is full.
  State Write(Socket& socket);

  /// Of the response started last.
  size_t bytes_written() const { return written_; }

 private:
  Sent Send(Socket& socket) const;
  void KeepHead();

  Pieces rest_;
  std::string held_head_;
  size_t written_ = 0;
  size_t ahead_ = 0;  // bytes of the next response that are already sent
};

}  // namespace slipway::http
