#pragma once
// A client that sends exactly the bytes it is told to and reads what comes, with a time limit on
// every step, so that a test of a stuck server fails instead of hanging.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::http {

struct RawResponse {
  int status = 0;
  std::string head;  // status line and fields
  std::string body;

  /// The value of the first field of that name, "" when there is none.
  std::string header(std::string_view name) const;
};

class RawClient {
 public:
  /// "127.0.0.1:8080", "[::1]:8080", "unix:/path". connected() tells.
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  /// False when the peer does not take all of it in time.
  bool Send(std::string_view bytes);
  /// Reads one response; `head_only` for answers to HEAD. nullopt when the peer closes or time is
  /// up.
  std::optional<RawResponse> Read(bool head_only = false);
  std::optional<RawResponse> Roundtrip(std::string_view request) {
    return Send(request) ? Read() : std::nullopt;
  }
  /// Waits for the first byte of what Read gives next. False when the peer closes or time is up.
  bool Peek(char& next);
  /// True when the peer closes, in time and without sending more.
  bool ReadsEnd();
  void ShutdownWrite();
  /// Closes so that the peer sees a reset.
  void Reset();
  void Close();

  static constexpr auto kTimeout = std::chrono::seconds(10);

 private:
  bool WaitFor(short events);
  bool ReadMore();

  int fd_ = -1;
  std::string received_;
};

}  // namespace slipway::http
