#include "transport/http/chunked.h"

#include <algorithm>

namespace slipway::http {
namespace {

struct Decoded {
  std::string data;
  size_t read = 0;
  bool done = false;
  bool failed = false;
};

// Feeds `in` in pieces of `step` bytes.
Decoded Decode(std::string_view in, size_t step = std::string_view::npos) {
  ChunkedDecoder decoder;
  Decoded out;
  while (out.read < in.size() && !decoder.done()) {
    std::string_view piece = in.substr(out.read, step), data;
    while (!piece.empty() && !decoder.done()) {
      const auto n = decoder.Next(piece, data);
      if (!n.ok()) {
        out.failed = true;
        return out;
      }
      out.data += data;
      out.read += *n;
      piece.remove_prefix(*n);
    }
  }
  out.done = decoder.done();
  return out;
}

TEST(ChunkedDecoderTest, JoinsChunksAndStopsAtTheEnd) {
  const std::string_view body =
      "5\r\nhello\r\n6;x=\"y\"\r\n world\r\n000\r\nTrailer: x\r\n\r\nGET /";
  for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, std::string_view::npos}) {
    const Decoded decoded = Decode(body, step);
    EXPECT_TRUE(decoded.done) << step;
    EXPECT_EQ(decoded.data, "hello world") << step;
    EXPECT_EQ(body.substr(decoded.read), "GET /") << step;
  }
}

TEST(ChunkedDecoderTest, RefusesMalformedFraming) {
  for (const std::string_view bad :
       {"\r\n", "g\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n",
        "1\na\n0\n\n", "1\r\nab\r\n", "1\r\na\n", "1\r\na\r\r", "1;\x01\r\n", "1;a\nb\r\n",
        "0\r\nA: \x01\r\n\r\n", "10000000000000000\r\n", "ffffffffffffffff\r\n", "0\r\n\rX"})
    EXPECT_TRUE(Decode(bad).failed) << bad;
}

TEST(ChunkedDecoderTest, RefusesMoreFramingThanData) {
  std::string tiny;
  for (int i = 0; i < 1'000'000; ++i) tiny += "1\r\nx\r\n";
  const Decoded ones = Decode(tiny);
  EXPECT_TRUE(ones.failed);
  EXPECT_LT(ones.read, 128u << 10);
  EXPECT_TRUE(Decode("1;" + std::string(70'000, 'e') + "\r\nx\r\n").failed);
  EXPECT_TRUE(Decode("0\r\nT: " + std::string(70'000, 'e') + "\r\n\r\n").failed);
}

TEST(ChunkedDecoderTest, TakesSmallButFairChunks) {
  std::string body;
  for (int i = 0; i < 4096; ++i) body += "200\r\n" + std::string(512, 'x') + "\r\n";
  const Decoded decoded = Decode(body + "0\r\n\r\n", 1000);
  EXPECT_TRUE(decoded.done);
  EXPECT_EQ(decoded.data.size(), 4096u * 512);
}

}  // namespace
}  // namespace slipway::http
