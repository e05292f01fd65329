#include "transport/http2/fields.h"

#include <charconv>

#include "transport/grpc/status.h"
#include "transport/http/ascii.h"

namespace slipway::http2 {

nghttp2_nv Field(std::string_view name, std::string_view value, uint8_t flags) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

void AddLines(std::string& lines, std::vector<nghttp2_nv>& out) {
  size_t begin = lines.starts_with("HTTP/") ? lines.find('\n') + 1 : 0;
  while (begin < lines.size() && lines[begin] != '\r') {
    const size_t colon = lines.find(':', begin), end = lines.find('\r', begin);
    for (size_t i = begin; i < colon; ++i) lines[i] = http::ToLower(lines[i]);
    const std::string_view name(lines.data() + begin, colon - begin);
    const std::string_view value(lines.data() + colon + 2, end - colon - 2);
    // An index would be spent on what never comes again.
    const bool once = name == "x-request-id" || name == "content-length" || name == "traceparent";
    if (name != "connection")
      out.push_back(Field(name, value, once ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE));
    begin = end + 2;
  }
}

GrpcEnd::GrpcEnd(int code, const Status& why)
    : digits_end_(std::to_chars(digits_, digits_ + sizeof(digits_), code).ptr), why_(why) {
  if (why.ok()) return;
  const std::string told = grpc::ToldMessage(MessageOf(why));
  message_ = grpc::EncodeMessage(told);
  details_ = grpc::EncodeDetails(code, told, ReasonOf(why));
}

void GrpcEnd::AddTo(std::vector<nghttp2_nv>& out) const {
  out.push_back(Field("grpc-status", {digits_, digits_end_}));
  if (why_.ok()) return;
  const bool retry = InfoOf(ReasonOf(why_)).retry;
  // A server with too much to do says the same again and again: an index is shorter, and quicker
  // than coding the text.
  const uint8_t flags = retry ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX;
  out.push_back(Field("grpc-message", message_, flags));
  out.push_back(Field("grpc-status-details-bin", details_, flags));
  if (ReasonOf(why_) == Reason::kUnsupportedCoding)
    out.push_back(Field("grpc-accept-encoding", "identity,gzip,deflate"));
  if (retry) out.push_back(Field("grpc-retry-pushback-ms", "1000"));
}

}  // namespace slipway::http2
