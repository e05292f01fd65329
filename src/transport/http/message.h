#pragma once
// An HTTP request as handlers see it, and the response they fill.

#include <absl/container/inlined_vector.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace slipway::http {

enum class Method : uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kPatch, kOther };
std::string_view NameOf(Method method);

struct Header {
  std::string_view name;   // as sent; compare case-insensitively
  std::string_view value;  // without surrounding white space
};

/// Views into the connection's buffers: valid until the response has been sent.
struct Request {
  Method method = Method::kGet;
  std::string_view target;  // as sent
  std::string_view path;    // as sent, before '?'
  std::string_view query;   // after '?', undecoded
  std::string_view host;    // by which the client reached the server, with its port: of an absolute
                            // target, :authority or Host; "" when it gave none
  int minor_version = 1;    // HTTP/1.x
  absl::InlinedVector<Header, 24> headers;
  std::span<const std::byte> body;  // dechunked and decompressed
  std::string_view peer;   // the client's address; from X-Forwarded-For only behind a trusted peer
  bool is_secure = false;  // came over TLS
  std::string_view client_certificate;  // its subject, when one was shown and accepted; else ""
  TimePoint received{};                 // the read that completed the request returned
  std::optional<TimePoint> deadline;    // of a gRPC call whose head says grpc-timeout

  /// The first header of that name, case-insensitive.
  std::optional<std::string_view> header(std::string_view name) const;
  std::string_view body_text() const {
    return {reinterpret_cast<const char*>(body.data()), body.size()};
  }
  /// As default-constructed, in place.
  void Clear();
};

/// Bytes written after `Response::body`, without a copy.
struct BodyPart {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void>
      owner;  // kept until written; null when the bytes outlive the exchange
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // static storage
  std::string headers;                                 // further lines, each ending in "\r\n"
  std::string body;
  std::vector<BodyPart> parts;
  Status failure;  // why there is an error body, for who says that in another way (gRPC)

  /// Appends "name: value\r\n"; CR, LF and NUL in `value` are dropped.
  void AddHeader(std::string_view name, std::string_view value);
  /// Ready for the next exchange; keeps capacity.
  void Clear();
};

/// Of a request that breaks HTTP's own rules.
inline Status BadMessage(std::string_view rule) { return MakeError(Reason::kBadRequest, rule); }

/// Fills `response` from an error: status by its Reason, body {"error": "..."} (≤ 1 KiB),
/// Retry-After where the reason says so, and `failure`. kInternal and kIo: the client gets a
/// sentence and `request_id`; the detail is logged here under that id.
void RespondWithError(const Status& error, std::string_view request_id, Response& response);

/// `error`, or what the client gets instead of it.
Status ToldToClient(const Status& error, std::string_view request_id);

inline constexpr size_t kMaxErrorBody = 1024;

/// Appends `text` as it stands between the quotes of JSON: escaped, valid UTF-8, cut with "..."
/// where `out` would pass `limit` bytes.
void AppendCutText(std::string_view text, size_t limit, std::string& out);

/// Sets `body` to {"error":"<message>"}, escaped, valid UTF-8, cut with "..." at 1 KiB.
void WriteErrorBody(std::string_view message, std::string& body);

}  // namespace slipway::http
