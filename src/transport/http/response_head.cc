#include "transport/http/response_head.h"

#include <charconv>

namespace slipway::http {
namespace {

std::string_view PhraseOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 424:
      return "Failed Dependency";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

void AppendNumber(std::string& out, uint64_t number) {
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

void AppendStatusLine(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  AppendNumber(out, static_cast<uint64_t>(status));
  out.append(" ").append(PhraseOf(status)).append("\r\n");
}

void AppendCors(std::string& out, const HeadContext& context) {
  out.append("Access-Control-Allow-Origin: ")
      .append(context.cors_origin)
      .append("\r\nVary: Origin\r\n");
  if (context.preflight)
    out.append(
        "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n"
        "Access-Control-Allow-Headers: *, Authorization\r\n"
        "Access-Control-Max-Age: 600\r\n");
}

}  // namespace

std::string_view DateLine::Get(std::time_t now) {
  if (now != at_) {
    at_ = now;
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    // The names are fixed by RFC 9110, whatever the locale.
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto end =
        fmt::format_to_n(line_, sizeof(line_), "Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\n",
                         kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900,
                         utc.tm_hour, utc.tm_min, utc.tm_sec);
    size_ = end.size;
  }
  return {line_, size_};
}

void AppendResponseHead(const Response& response, size_t body_bytes, const HeadContext& context,
                        std::string& out) {
  AppendStatusLine(out, response.status);
  out.append(context.date_line);
  if (StatusHasBody(response.status)) {
    if (!response.content_type.empty())
      out.append("Content-Type: ").append(response.content_type).append("\r\n");
    out.append("Content-Length: ");
    AppendNumber(out, body_bytes);
    out.append("\r\n");
  }
  if (!context.request_id.empty())
    out.append("X-Request-Id: ").append(context.request_id).append("\r\n");
  if (!context.keep_alive)
    out.append("Connection: close\r\n");
  else if (context.minor_version == 0)
    out.append("Connection: keep-alive\r\n");
  if (!context.cors_origin.empty()) AppendCors(out, context);
  out.append(response.headers).append("\r\n");
}

}  // namespace slipway::http
