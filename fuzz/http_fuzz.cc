// The HTTP/1.1 request head and the chunked coding: however the bytes are cut, the outcome is the
// same, and what a head promises to its readers holds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "transport/http/chunked.h"
#include "transport/http/parser.h"

namespace {

using namespace slipway::http;

void Require(bool holds) {
  if (!holds) std::abort();
}

struct Head {
  HeadParser::State state = HeadParser::State::kNeedMore;
  std::string bytes;
  Request request;
  HeadFacts facts;
  std::string error;
};

// The first bytes are shown first, from another place in memory.
void ParseInTwo(std::string_view in, size_t first, Head& head) {
  HeadParser parser({.max_header_bytes = 512, .max_headers = 8, .max_url_bytes = 128});
  const std::string piece(in.substr(0, first));
  head.state = parser.Parse(piece, head.bytes, head.request, head.facts);
  if (head.state == HeadParser::State::kNeedMore)
    head.state = parser.Parse(in, head.bytes, head.request, head.facts);
  head.error = slipway::MessageOf(parser.error());
  Require(head.state != HeadParser::State::kDone ||
          head.bytes == in.substr(0, parser.head_bytes()));
}

void CheckHead(std::string_view in, size_t first) {
  Head one, two;
  ParseInTwo(in, in.size(), one);
  ParseInTwo(in, first, two);
  Require(one.state == two.state && one.error == two.error);
  if (one.state != HeadParser::State::kDone) return;
  Require(one.bytes == two.bytes && one.request.target == two.request.target);
  Require(one.request.headers.size() == two.request.headers.size());
  Require(one.request.headers.size() <= 8 && one.request.target.size() <= 128);
  Require(!(one.facts.chunked && one.facts.content_length));
  Require(one.request.path.starts_with('/') || one.request.path == "*");
  for (const Header& header : one.request.headers) {
    Require(!header.name.empty() && header.name.find(' ') == std::string_view::npos);
    Require(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

struct Body {
  std::string data;
  size_t read = 0;
  bool done = false, failed = false;
};

Body DecodeInTwo(std::string_view in, size_t first) {
  ChunkedDecoder decoder;
  Body body;
  for (const size_t end : {first, in.size()}) {
    while (body.read < end && !decoder.done()) {
      std::string_view data;
      const auto n = decoder.Next(in.substr(body.read, end - body.read), data);
      if (!n.ok()) {
        body.failed = true;
        return body;
      }
      Require(*n <= end - body.read && *n > 0);
      body.read += *n;
      body.data += data;
    }
  }
  body.done = decoder.done();
  return body;
}

void CheckChunked(std::string_view in, size_t first) {
  const Body one = DecodeInTwo(in, in.size()), two = DecodeInTwo(in, first);
  Require(one.failed == two.failed && one.done == two.done && one.data == two.data);
  Require(one.failed || one.read == two.read);
  Require(one.data.size() <= in.size());
}

}  // namespace

/// The first byte chooses what is parsed and where it is cut.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view in(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t first = in.empty() ? 0 : (data[0] >> 1) * in.size() / 128;
  if (data[0] & 1)
    CheckChunked(in, first);
  else
    CheckHead(in, first);
  return 0;
}
