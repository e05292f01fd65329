#include "transport/http/message.h"

#include <array>
#include <charconv>

#include "base/log.h"
#include "transport/http/ascii.h"
#include "transport/http/streaming.h"

namespace slipway::http {
namespace {

constexpr std::string_view kErrorOpen = "{\"error\":\"";
constexpr std::string_view kErrorClose = "\"}";
constexpr std::string_view kCut = "...";

// The JSON escape of one byte. Bytes of a UTF-8 sequence pass; other non-ASCII must not get here.
std::string_view Escape(char c, std::array<char, 6>& buffer) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (byte >= 0x20 && byte != 0x7f) {
    buffer[0] = c;
    return {buffer.data(), 1};
  }
  constexpr char kHex[] = "0123456789abcdef";
  buffer = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
  return {buffer.data(), 6};
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string_view NameOf(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kPatch:
      return "PATCH";
    case Method::kOther:
      return "OTHER";
  }
  return "OTHER";
}

void Request::Clear() {
  method = Method::kGet;
  target = path = query = host = peer = {};
  minor_version = 1;
  headers.clear();
  body = {};
  received = {};
  deadline.reset();
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const Header& header : headers)
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  return std::nullopt;
}

void Response::AddHeader(std::string_view name, std::string_view value) {
  headers.append(name).append(": ");
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') headers.push_back(c);
  headers.append("\r\n");
}

void Response::Clear() {
  status = 200;
  content_type = "application/json";
  headers.clear();
  body.clear();
  parts.clear();
  if (!failure.ok()) failure = OkStatus();
}

size_t StreamMessage::size() const {
  size_t bytes = body.size();
  for (const BodyPart& part : parts) bytes += part.bytes.size();
  return bytes;
}

void AppendCutText(std::string_view text, size_t limit, std::string& out) {
  const std::string valid = ValidUtf8(text);
  std::array<char, 6> buffer;
  size_t whole =
      out.size();  // the last character boundary after which the mark of a cut still fits
  for (const char c : valid) {
    const std::string_view escaped = Escape(c, buffer);
    if (!IsContinuation(c) && out.size() + kCut.size() <= limit) whole = out.size();
    if (out.size() + escaped.size() > limit) {
      out.resize(whole);
      out.append(kCut);
      return;
    }
    out.append(escaped);
  }
}

void WriteErrorBody(std::string_view message, std::string& body) {
  body.assign(kErrorOpen);
  AppendCutText(message, kMaxErrorBody - kErrorClose.size(), body);
  body.append(kErrorClose);
}

Status ToldToClient(const Status& error, std::string_view request_id) {
  const Reason reason = ReasonOf(error);
  if (reason != Reason::kInternal && reason != Reason::kIo) return error;
  log::Error(
      "request failed",
      {{"request_id", request_id}, {"reason", InfoOf(reason).label}, {"detail", MessageOf(error)}});
  return Error(reason, "the server failed; its log has the detail under request id {}", request_id);
}

void RespondWithError(const Status& error, std::string_view request_id, Response& response) {
  const ReasonInfo& info = InfoOf(ReasonOf(error));
  response.Clear();
  response.status = info.http_status;
  if (info.retry) response.AddHeader("Retry-After", "1");
  response.failure = ToldToClient(error, request_id);
  WriteErrorBody(MessageOf(response.failure), response.body);
}

}  // namespace slipway::http
