#pragma once
// The head of an HTTP/1.1 request: bytes in, a request or a refusal out. No sockets.
//
// Strict where leniency lets two parties read one stream differently (RFC 9112 §11.2): lines end in
// CRLF; no folding, no white space before a colon; at most one Content-Length, digits only, never
// beside Transfer-Encoding; "chunked" is the only transfer coding.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "transport/http/head_facts.h"

namespace slipway::http {

struct HeadLimits {
  size_t max_header_bytes = 16u << 10;  // all field lines together
  size_t max_headers = 100;
  size_t max_url_bytes = 8u << 10;

  bool operator==(const HeadLimits&) const = default;
};

class HeadParser {
 public:
  enum class State { kNeedMore, kDone, kFailed };

  explicit HeadParser(const HeadLimits& limits) : limits_(limits) {}

  /// @param bytes  everything since the request's first byte; on later calls the same bytes and
  ///   more (they may have moved). Only what is new is looked at.
  /// @param head  a copy of the head once it is complete, for request and facts are views into it.
  /// @param request, facts  what could be read when the head is refused.
  /// @return kFailed: error() says why, and nothing that follows in the stream can be trusted.
  /// Cost: O(bytes) over all calls together, however they are split; the outcome does not depend on
  /// the split.
  State Parse(std::string_view bytes, std::string& head, Request& request, HeadFacts& facts);

  /// Length of the head with its empty line, once done.
  size_t head_bytes() const { return scanned_; }
  const Status& error() const { return error_; }
  const HeadLimits& limits() const { return limits_; }

  void Reset(const HeadLimits& limits);

 private:
  Status Scan(std::string_view bytes, bool& complete);
  Status CheckSize(size_t line_begin, size_t end) const;
  Status ParseHead(std::string_view head, Request& request, HeadFacts& facts) const;

  HeadLimits limits_;
  size_t start_ = 0;         // first byte of the request line: after an empty line, if any
  size_t line_begin_ = 0;    // of the line that is not yet complete
  size_t scanned_ = 0;       // no line feed before this besides those of complete lines
  size_t fields_begin_ = 0;  // 0 until the request line is complete
  size_t lines_ = 0;
  Status error_;
};

}  // namespace slipway::http
