#include "transport/http/parser.h"

#include <cstring>

#include "transport/http/ascii.h"
#include "transport/http/message.h"

namespace slipway::http {
namespace {

constexpr size_t kMaxMethodBytes = 32;
// "METHOD SP target SP HTTP/1.1 CRLF" around the target.
constexpr size_t kRequestLineRest = kMaxMethodBytes + 13;

Status ParseRequestLine(std::string_view line, Request& request, HeadFacts& facts) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return BadMessage("request line: expected METHOD TARGET HTTP/1.1");
  const std::string_view method = line.substr(0, first);
  if (method.empty() || method.size() > kMaxMethodBytes || !kToken.HasAll(method))
    return BadMessage("request line: the method is not a token");
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/1.") || !IsDigit(version[7]))
    return BadMessage("request line: expected HTTP/1.1 or HTTP/1.0");
  request.method = MethodOf(method);
  request.minor_version = version[7] == '0' ? 0 : 1;
  request.target = line.substr(first + 1, last - first - 1);
  return ParseTarget(request, facts);
}

void ParseConnection(std::string_view list, HeadFacts& facts, bool& asked_keep_alive) {
  while (!list.empty()) {
    const std::string_view option = NextItem(list);
    if (EqualsIgnoreCase(option, "close"))
      facts.keep_alive = false;
    else if (EqualsIgnoreCase(option, "keep-alive"))
      asked_keep_alive = true;
  }
}

// Fields seen in one head that must not repeat, and what HTTP/1.0 asked for.
struct Seen {
  bool host = false;
  bool transfer_encoding = false;
  bool asked_keep_alive = false;
  std::string_view host_value;
};

Status ParseHost(std::string_view value, Seen& seen) {
  if (seen.host) return BadMessage("Host is given twice");
  seen.host = true;
  if (!IsAuthority(value))
    return BadMessage("Host: expected a name or address, with an optional port");
  seen.host_value = value;
  return OkStatus();
}

Status ParseTransferEncoding(std::string_view value, Seen& seen, HeadFacts& facts) {
  if (seen.transfer_encoding || !EqualsIgnoreCase(value, "chunked"))
    return BadMessage("Transfer-Encoding: expected \"chunked\" once and nothing else");
  seen.transfer_encoding = true;
  facts.chunked = true;
  return OkStatus();
}

// Notes the fields that the server itself acts on.
Status Note(const Header& header, Seen& seen, HeadFacts& facts) {
  const auto is = [&](std::string_view name) { return EqualsIgnoreCase(header.name, name); };
  switch (header.name.size()) {
    case 4:
      if (is("host")) return ParseHost(header.value, seen);
      break;
    case 10:
      if (is("connection")) {
        ParseConnection(header.value, facts, seen.asked_keep_alive);
        return OkStatus();
      }
      break;
    case 17:
      if (is("transfer-encoding")) return ParseTransferEncoding(header.value, seen, facts);
      break;
    default:
      break;
  }
  return NoteField(header, facts);
}

Status ParseField(std::string_view line, Header& header) {
  if (line.front() == ' ' || line.front() == '\t')
    return BadMessage("header: a line begins with white space (folding is obsolete)");
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return BadMessage("header: a line has no colon");
  header.name = line.substr(0, colon);
  if (header.name.empty() || !kToken.HasAll(header.name))
    return BadMessage("header: a name is not a token (no space may stand before the colon)");
  header.value = Trim(line.substr(colon + 1));
  if (!kFieldValue.HasAll(header.value))
    return Error(Reason::kBadRequest, "header \"{}\": a control character in the value",
                 header.name);
  return OkStatus();
}

Status CheckFraming(const Request& request, const Seen& seen, HeadFacts& facts) {
  if (facts.chunked && facts.content_length)
    return BadMessage("Transfer-Encoding and Content-Length exclude each other");
  if (facts.chunked && request.minor_version == 0)
    return BadMessage("Transfer-Encoding needs HTTP/1.1");
  if (!seen.host && request.minor_version > 0) return BadMessage("Host is missing");
  if (facts.host.empty()) facts.host = seen.host_value;
  if (request.minor_version == 0 && !seen.asked_keep_alive) facts.keep_alive = false;
  return OkStatus();
}

}  // namespace

void HeadParser::Reset(const HeadLimits& limits) {
  limits_ = limits;
  start_ = line_begin_ = scanned_ = fields_begin_ = lines_ = 0;
  if (!error_.ok()) error_ = OkStatus();
}

Status HeadParser::CheckSize(size_t line_begin, size_t end) const {
  if (fields_begin_ == 0) {
    if (end - line_begin > limits_.max_url_bytes + kRequestLineRest)
      return Error(Reason::kUrlTooLong, "URL: at most {} bytes are accepted",
                   limits_.max_url_bytes);
  } else if (end - fields_begin_ > limits_.max_header_bytes) {
    return Error(Reason::kHeadersTooLarge, "headers: at most {} bytes are accepted",
                 limits_.max_header_bytes);
  } else if (lines_ > limits_.max_headers + 1) {
    return Error(Reason::kHeadersTooLarge, "headers: at most {} are accepted", limits_.max_headers);
  }
  return OkStatus();
}

// Finds line ends only, so that a head in many pieces costs no more than in one and content errors
// come out the same way.
Status HeadParser::Scan(std::string_view bytes, bool& complete) {
  while (scanned_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
    if (found == nullptr) break;
    const size_t feed = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
    RETURN_IF_ERROR(CheckSize(line_begin_, feed + 1));
    if (feed == line_begin_ || bytes[feed - 1] != '\r')
      return BadMessage("a line ends in LF alone, expected CRLF");
    const bool empty = feed == line_begin_ + 1;
    line_begin_ = scanned_ = feed + 1;
    if (fields_begin_ == 0) {
      if (!empty)
        fields_begin_ = line_begin_;
      else if (start_ == 0)
        start_ = line_begin_;  // RFC 9112 §2.2: one empty line is forgiven
      else
        return BadMessage("request line: expected METHOD TARGET HTTP/1.1");
      lines_ = 1;
      continue;
    }
    if (empty) {
      complete = true;
      return OkStatus();
    }
    ++lines_;
    RETURN_IF_ERROR(CheckSize(line_begin_, line_begin_));
  }
  if (!complete) {
    scanned_ = bytes.size();
    RETURN_IF_ERROR(CheckSize(line_begin_, bytes.size()));
  }
  return OkStatus();
}

Status HeadParser::ParseHead(std::string_view head, Request& request, HeadFacts& facts) const {
  RETURN_IF_ERROR(
      ParseRequestLine(head.substr(start_, fields_begin_ - 2 - start_), request, facts));
  if (request.target.size() > limits_.max_url_bytes)
    return Error(Reason::kUrlTooLong, "URL: at most {} bytes are accepted, got {}",
                 limits_.max_url_bytes, request.target.size());
  Seen seen;
  size_t begin = fields_begin_;
  while (true) {
    const size_t end = head.find('\r', begin);
    if (end == begin) break;
    if (head[end + 1] != '\n') return BadMessage("header: a control character (CR) in a line");
    Header header;
    RETURN_IF_ERROR(ParseField(head.substr(begin, end - begin), header));
    RETURN_IF_ERROR(Note(header, seen, facts));
    request.headers.push_back(header);
    begin = end + 2;
  }
  if (begin + 2 != head.size()) return BadMessage("header: a control character (CR) in a line");
  return CheckFraming(request, seen, facts);
}

HeadParser::State HeadParser::Parse(std::string_view bytes, std::string& head, Request& request,
                                    HeadFacts& facts) {
  bool complete = false;
  error_ = Scan(bytes, complete);
  if (error_.ok() && !complete) return State::kNeedMore;
  request.Clear();
  facts = HeadFacts();
  if (error_.ok()) {
    head.assign(bytes.substr(0, scanned_));
    error_ = ParseHead(head, request, facts);
  }
  return error_.ok() ? State::kDone : State::kFailed;
}

}  // namespace slipway::http
