#include "transport/http/head_facts.h"

#include <algorithm>

#include "transport/http/ascii.h"
#include "transport/http/message.h"

namespace slipway::http {
namespace {

// uri-host [":" port] without userinfo.
constexpr CharSet kAuthority{[](unsigned char c) {
  return IsTokenByte(c) ? c != '^' && c != '`' && c != '|' && c != '#'
                        : c == ':' || c == '[' || c == ']' || c == '(' || c == ')' || c == ',' ||
                              c == ';' || c == '=';
}};

Status ParseContentLength(std::string_view value, HeadFacts& facts) {
  if (facts.content_length) return BadMessage("Content-Length is given twice");
  uint64_t length = 0;
  if (value.empty()) return BadMessage("Content-Length: expected digits, got nothing");
  for (const char c : value) {
    if (!IsDigit(c)) return BadMessage("Content-Length: expected digits only");
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (length > (UINT64_MAX - digit) / 10)
      return BadMessage("Content-Length: the number is too large");
    length = length * 10 + digit;
  }
  facts.content_length = length;
  return OkStatus();
}

}  // namespace

Method MethodOf(std::string_view name) {
  for (const Method method : {Method::kPost, Method::kGet, Method::kHead, Method::kPut,
                              Method::kDelete, Method::kOptions, Method::kPatch})
    if (name == NameOf(method)) return method;
  return Method::kOther;
}

bool IsAuthority(std::string_view text) { return kAuthority.HasAll(text); }

Status ParseTarget(Request& request, HeadFacts& facts) {
  std::string_view rest = request.target;
  if (!kVisible.HasAll(rest) || rest.find('#') != std::string_view::npos)
    return BadMessage("request target: expected printable ASCII without spaces or \"#\"");
  if (rest.starts_with("http://") || rest.starts_with("https://")) {
    rest.remove_prefix(rest.find("//") + 2);
    const size_t end = std::min(rest.find_first_of("/?"), rest.size());
    facts.host = rest.substr(0, end);
    if (facts.host.empty() || !IsAuthority(facts.host))
      return BadMessage("request target: the host of the absolute URL is malformed");
    rest.remove_prefix(end);
  } else if (!rest.starts_with('/') && !(rest == "*" && request.method == Method::kOptions)) {
    return BadMessage("request target: expected a path that begins with \"/\"");
  }
  const size_t question = rest.find('?');
  request.path = question == 0 || rest.empty() ? "/" : rest.substr(0, question);
  request.query =
      question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  return OkStatus();
}

Status NoteField(const Header& header, HeadFacts& facts) {
  const auto is = [&](std::string_view name) { return EqualsIgnoreCase(header.name, name); };
  switch (header.name.size()) {
    case 6:
      if (is("expect"))
        facts.expect = header.value;
      else if (is("origin")) {
        if (facts.has_origin) return BadMessage("Origin is given twice");
        facts.has_origin = true;
        facts.origin = header.value;
      }
      break;
    case 12:
      if (is("x-request-id")) facts.request_id = header.value;
      break;
    case 14:
      if (is("content-length")) return ParseContentLength(header.value, facts);
      break;
    case 15:
      if (is("accept-encoding"))
        facts.accept_encoding = header.value;
      else if (is("x-forwarded-for"))
        facts.has_forwarded_for = true;
      break;
    case 16:
      if (is("content-encoding")) {
        if (!facts.content_encoding.empty()) return BadMessage("Content-Encoding is given twice");
        facts.content_encoding = header.value;
      }
      break;
    default:
      break;
  }
  return OkStatus();
}

}  // namespace slipway::http
