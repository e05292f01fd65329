#include "client/response_parser.h"

#include <algorithm>
#include <charconv>

namespace slipway::client {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMaxChunkLine = 1'024;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<uint64_t> ParseNumber(std::string_view text, int base) {
  uint64_t value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

Status Malformed(std::string_view what) {
  return Error(Reason::kIo, "the server's answer is no HTTP: {}", what);
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (EqualsIgnoringCase(key, name)) return value;
  return std::nullopt;
}

void ResponseParser::Reset(bool head_request) {
  response_.status = 0;
  response_.headers.clear();
  response_.body.clear();
  response_.keep_alive = false;
  state_ = State::kHead;
  head_request_ = head_request;
  content_length_.reset();
  transfer_coding_.reset();
  left_ = 0;
}

StatusOr<bool> ResponseParser::Feed(std::string& buffer) {
  std::string_view rest = buffer;
  while (state_ != State::kDone) {
    ASSIGN_OR_RETURN(const bool moved, Step(rest));
    if (!moved) break;
  }
  buffer.erase(0, buffer.size() - rest.size());
  return state_ == State::kDone;
}

bool ResponseParser::Finish() {
  if (state_ != State::kUntilClose) return false;
  state_ = State::kDone;
  return true;
}

StatusOr<bool> ResponseParser::Step(std::string_view& rest) {
  switch (state_) {
    case State::kHead:
      return ReadHead(rest);
    case State::kChunkSize:
      return ReadChunkSize(rest);
    case State::kTrailer:
      return ReadTrailer(rest);
    case State::kFixed:
    case State::kChunkData:
    case State::kUntilClose:
      return ReadBody(rest);
    case State::kDone:
      return false;
  }
  return false;
}

StatusOr<bool> ResponseParser::ReadHead(std::string_view& rest) {
  const size_t end = rest.find("\r\n\r\n");
  if (std::min(end, rest.size()) > limits_.max_head_bytes)
    return Error(Reason::kIo, "the server's answer has a head of more than {} bytes",
                 limits_.max_head_bytes);
  if (end == std::string_view::npos) return false;
  RETURN_IF_ERROR(ParseHead(rest.substr(0, end + kLineEnd.size())));
  rest.remove_prefix(end + 4);
  if (response_.status >= 200) {
    RETURN_IF_ERROR(ChooseBody());
  } else {
    Reset(head_request_);
  }
  return true;
}

Status ResponseParser::ParseHead(std::string_view head) {
  const size_t line_end = head.find(kLineEnd);
  const std::string_view line = head.substr(0, line_end);
  const bool http_1_1 = line.starts_with("HTTP/1.1 ");
  if (!http_1_1 && !line.starts_with("HTTP/1.0 ")) return Malformed("no HTTP/1.x status line");
  const auto status = ParseNumber(line.substr(9, 3), 10);
  const bool three_digits = status && line.size() >= 12 && (line.size() == 12 || line[12] == ' ');
  if (!three_digits || *status < 100 || *status > 599)
    return Malformed("no status of three digits");
  response_.status = static_cast<int>(*status);
  response_.keep_alive = http_1_1;
  head.remove_prefix(line_end + kLineEnd.size());
  while (!head.empty()) {
    const size_t end = head.find(kLineEnd);
    RETURN_IF_ERROR(ParseHeaderLine(head.substr(0, end)));
    head.remove_prefix(end + kLineEnd.size());
  }
  return OkStatus();
}

Status ResponseParser::ParseHeaderLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return Malformed("a header without a name");
  const std::string_view name = line.substr(0, colon), value = Trim(line.substr(colon + 1));
  if (limits_.keep_headers) response_.headers.emplace_back(name, value);
  if (EqualsIgnoringCase(name, "content-length")) {
    if (content_length_ && *content_length_ != value) return Malformed("two Content-Lengths");
    content_length_ = value;
  } else if (EqualsIgnoringCase(name, "transfer-encoding")) {
    transfer_coding_ = value;
  } else if (EqualsIgnoringCase(name, "connection")) {
    response_.keep_alive = EqualsIgnoringCase(value, "keep-alive") ||
                           (response_.keep_alive && !EqualsIgnoringCase(value, "close"));
  }
  return OkStatus();
}

Status ResponseParser::ChooseBody() {
  const bool bodiless = head_request_ || response_.status == 204 || response_.status == 304;
  if (bodiless) {
    state_ = State::kDone;
  } else if (transfer_coding_) {
    if (content_length_ || !EqualsIgnoringCase(*transfer_coding_, "chunked"))
      return Malformed("unclear body length");
    state_ = State::kChunkSize;
  } else if (content_length_) {
    const auto size = ParseNumber(*content_length_, 10);
    if (!size) return Malformed("a Content-Length that is no number");
    if (*size > limits_.max_body_bytes)
      return Error(Reason::kIo, "the server's answer has {} bytes, the limit is {}", *size,
                   limits_.max_body_bytes);
    left_ = *size;
    response_.body.reserve(left_);
    state_ = left_ == 0 ? State::kDone : State::kFixed;
  } else {
    response_.keep_alive = false;
    state_ = State::kUntilClose;
  }
  return OkStatus();
}

StatusOr<bool> ResponseParser::ReadChunkSize(std::string_view& rest) {
  const size_t end = rest.find(kLineEnd);
  if (std::min(end, rest.size()) > kMaxChunkLine) return Malformed("a chunk line without an end");
  if (end == std::string_view::npos) return false;
  const auto size = ParseNumber(rest.substr(0, std::min(rest.find(';'), end)), 16);
  if (!size) return Malformed("a chunk size that is no number");
  if (*size > limits_.max_body_bytes - response_.body.size())
    return Error(Reason::kIo, "the server's answer has more than {} bytes", limits_.max_body_bytes);
  rest.remove_prefix(end + kLineEnd.size());
  left_ = *size == 0 ? 0 : *size + kLineEnd.size();
  state_ = *size == 0 ? State::kTrailer : State::kChunkData;
  return true;
}

StatusOr<bool> ResponseParser::ReadTrailer(std::string_view& rest) {
  const size_t end = rest.find(kLineEnd);
  if (std::min(end, rest.size()) > limits_.max_head_bytes) return Malformed("an endless trailer");
  if (end == std::string_view::npos) return false;
  rest.remove_prefix(end + kLineEnd.size());
  if (end == 0) state_ = State::kDone;
  return true;
}

StatusOr<bool> ResponseParser::ReadBody(std::string_view& rest) {
  if (rest.empty()) return false;
  if (state_ == State::kUntilClose) {
    if (rest.size() > limits_.max_body_bytes - response_.body.size())
      return Error(Reason::kIo, "the server's answer has more than {} bytes",
                   limits_.max_body_bytes);
    response_.body.append(rest);
    rest = {};
    return true;
  }
  const size_t line_end = state_ == State::kChunkData ? kLineEnd.size() : 0;
  const size_t content = left_ > line_end ? std::min(rest.size(), left_ - line_end) : 0;
  response_.body.append(rest.substr(0, content));
  rest.remove_prefix(content);
  left_ -= content;
  if (line_end > 0 && left_ <= line_end) {
    if (rest.size() < line_end) return false;
    if (!rest.starts_with(kLineEnd)) return Malformed("a chunk longer than its size");
    rest.remove_prefix(line_end);
    left_ = 0;
  }
  if (left_ == 0) state_ = line_end > 0 ? State::kChunkSize : State::kDone;
  return true;
}

}  // namespace slipway::client
