#pragma once
// An HTTP/2 client that does one step at a time, with a limit on every wait, so that a test of a
// stuck server fails instead of hanging.

#include <nghttp2/nghttp2.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/http/testing/raw_client.h"

namespace slipway::http2 {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  Fields head;
  Fields trailers;
  std::string body;
  std::optional<uint32_t> closed;  // with that error code, 0 = none

  /// The first field of that name, head before trailers; "" when there is none.
  std::string field(std::string_view name) const;
  int status() const { return std::atoi(field(":status").c_str()); }
  /// Bodies of the gRPC messages.
  std::vector<std::string> messages() const;
};

class Http2Client {
 public:
  /// Says hello. @param window  of each stream and the connection, in bytes. @param max_frame  that
  /// it takes.
  explicit Http2Client(const std::string& address, int32_t window = 1 << 20,
                       uint32_t max_frame = 16 << 10);
  ~Http2Client();

  /// Opens a stream; without `ends`, Send may follow. @return its number.
  int32_t Open(std::string_view method, std::string_view path, const Fields& fields = {},
               std::string body = {}, bool ends = true);
  /// A gRPC call whose first message is `message`, unless it is nullopt.
  int32_t Call(std::string_view path, const std::optional<std::string>& message, bool ends = true,
               const Fields& fields = {});
  void Send(int32_t stream, std::string body, bool ends);
  void Reset(int32_t stream, uint32_t code = NGHTTP2_CANCEL);
  void Ping();
  /// Bytes that are no frames of the session.
  bool SendRaw(std::string_view bytes);

  /// Until the stream is closed.
  const Answer& Finish(int32_t stream);
  const Answer& answer(int32_t stream) { return answers_[stream]; }
  /// Sends and receives until `condition` holds; false when time is up or the connection ends
  /// first.
  bool PumpUntil(const std::function<bool()>& condition);
  /// Until the server has closed the connection; false when it does not.
  bool ReadsEnd();
  std::optional<uint32_t> goaway() const { return goaway_; }
  /// The longest DATA frame so far.
  size_t longest_data() const { return longest_data_; }

 private:
  struct Callbacks;
  struct Upload {
    std::string data;
    size_t sent = 0;  // of it
    bool ends = false;
  };
  bool Flush();
  bool ReadOnce(int timeout_ms);

  http::RawClient socket_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Answer> answers_;
  std::map<int32_t, Upload> uploads_;
  std::optional<uint32_t> goaway_;
  size_t longest_data_ = 0;
  bool ended_ = false;
};

/// `message` with gRPC's prefix.
std::string Framed(std::string_view message, bool compressed = false);

}  // namespace slipway::http2
