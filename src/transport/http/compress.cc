#include <zlib.h>

#include <algorithm>

#include "transport/http/ascii.h"
#include "transport/http/coding.h"
#include "transport/http/message.h"

namespace slipway::http {
namespace {

constexpr size_t kWorthIt = 1024;  // below, the answer fits into one packet anyway
constexpr int kLevel = 1;          // a served answer is read once: speed before size
constexpr int kMemoryLevel = 8;

// RFC 9110 §12.4.2: "q=" and 0 to 1 with at most three decimals, here in thousandths; −1 when
// malformed.
int ParseWeight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return -1;
  int weight = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return -1;
  int unit = 100;
  for (size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (!IsDigit(text[i])) return -1;
    weight += (text[i] - '0') * unit;
  }
  return weight <= 1000 ? weight : -1;
}

struct Weights {
  int gzip = -1, deflate = -1, identity = -1, any = -1;
};

Weights ParseAcceptEncoding(std::string_view list) {
  Weights weights;
  while (!list.empty()) {
    std::string_view item = NextItem(list);
    const std::string_view name = NextItem(item, ';');
    int weight = 1000;
    while (!item.empty()) {
      const std::string_view parameter = NextItem(item, ';');
      if (parameter.size() > 2 && ToLower(parameter[0]) == 'q' && parameter[1] == '=')
        weight = std::max(0, ParseWeight(parameter.substr(2)));
    }
    if (EqualsIgnoreCase(name, "gzip") || EqualsIgnoreCase(name, "x-gzip"))
      weights.gzip = weight;
    else if (EqualsIgnoreCase(name, "deflate"))
      weights.deflate = weight;
    else if (EqualsIgnoreCase(name, "identity"))
      weights.identity = weight;
    else if (name == "*")
      weights.any = weight;
  }
  return weights;
}

bool IsCompressible(std::string_view content_type) {
  // Pages are for browsers, where the length of a compressed answer may tell secrets (BREACH).
  if (content_type.starts_with("text/html")) return false;
  return content_type.starts_with("text/") || content_type.find("json") != std::string_view::npos;
}

bool Deflate(z_stream& stream, std::string_view in, int flush, std::string& out, size_t limit) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  do {
    const size_t used = stream.total_out;
    if (used >= limit) return false;  // it does not get smaller
    out.resize(std::min(limit, std::max<size_t>(used + 1024, used * 2)));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const int result = deflate(&stream, flush);
    if (result == Z_STREAM_END) return true;
    if (result != Z_OK && result != Z_BUF_ERROR) return false;
  } while (stream.avail_in > 0 || stream.avail_out == 0);
  return flush == Z_NO_FLUSH;
}

size_t SizeOf(std::string_view body, const std::vector<BodyPart>& parts) {
  size_t size = body.size();
  for (const BodyPart& part : parts) size += part.bytes.size();
  return size;
}

}  // namespace

Coding NegotiateCoding(std::string_view accept_encoding) {
  const Weights weights = ParseAcceptEncoding(accept_encoding);
  const auto or_any = [&](int weight) { return weight >= 0 ? weight : std::max(0, weights.any); };
  const int gzip = or_any(weights.gzip), deflate = or_any(weights.deflate);
  const int best = std::max(gzip, deflate);
  if (best == 0 || best < weights.identity) return Coding::kIdentity;
  return gzip >= deflate ? Coding::kGzip : Coding::kDeflate;
}

bool CompressBody(Coding coding, int level, std::string& body, std::vector<BodyPart>& parts) {
  if (coding == Coding::kIdentity) return false;
  const size_t size = SizeOf(body, parts);
  if (size < kWorthIt || size > UINT32_MAX) return false;
  z_stream stream{};
  const int window = coding == Coding::kGzip ? 15 + 16 : 15;
  if (deflateInit2(&stream, level, Z_DEFLATED, window, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return false;
  std::string out;
  bool smaller = Deflate(stream, body, Z_NO_FLUSH, out, size);
  for (const BodyPart& part : parts) {
    const std::string_view bytes{reinterpret_cast<const char*>(part.bytes.data()),
                                 part.bytes.size()};
    smaller = smaller && Deflate(stream, bytes, Z_NO_FLUSH, out, size);
  }
  smaller = smaller && Deflate(stream, {}, Z_FINISH, out, size);
  out.resize(smaller ? stream.total_out : 0);
  deflateEnd(&stream);
  if (!smaller) return false;
  body = std::move(out);
  parts.clear();
  return true;
}

void CompressResponse(std::string_view accept_encoding, Response& response) {
  if (SizeOf(response.body, response.parts) < kWorthIt) return;
  if (response.headers.find("no-transform") != std::string::npos) return;
  const bool binary = !IsCompressible(response.content_type);
  if (binary && accept_encoding.find(',') != std::string_view::npos) return;
  const Coding coding = NegotiateCoding(accept_encoding);
  if (!CompressBody(coding, kLevel, response.body, response.parts)) return;
  response.AddHeader("Content-Encoding", NameOf(coding));
  response.AddHeader("Vary", "Accept-Encoding");
}

}  // namespace slipway::http
