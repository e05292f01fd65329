#pragma once
// What the server itself needs to know of a request's head, whichever version of HTTP it came in.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "transport/http/message.h"

namespace slipway::http {

/// What the server itself needs of a head, found while parsing so that nobody searches again.
struct HeadFacts {
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  std::optional<std::string_view> expect;
  std::string_view host;  // of the target when it is absolute, else of the Host field
  bool has_origin = false, has_forwarded_for = false;
  std::string_view origin, request_id, accept_encoding, content_encoding;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// kOther for a method that no route has.
Method MethodOf(std::string_view name);

/// May `text` be a host with an optional port (RFC 3986, without user information)?
bool IsAuthority(std::string_view text);

/// Splits request.target into path and query; an absolute target also names the host.
/// @return kBadRequest.
Status ParseTarget(Request& request, HeadFacts& facts);

/// Notes one field, unless it is about the connection. @return kBadRequest.
Status NoteField(const Header& header, HeadFacts& facts);

}  // namespace slipway::http
