#include "transport/http/coding.h"

#include <zlib.h>

#include <algorithm>

#include "transport/http/message.h"

namespace slipway::http {
namespace {

constexpr int kGzip = 15 + 16, kZlib = 15, kRaw = -15;

std::string Deflated(std::string_view in, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, in.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class InflaterTest : public testing::Test {
 protected:
  // Inflates `in` fed in pieces of `step` bytes.
  StatusOr<std::string> Inflate(Coding coding, std::string_view in, size_t limit,
                                size_t step = 1 << 16) {
    BodyBuffer out(pool_, budget_);
    out.Start(0, 1u << 30);
    ASSIGN_OR_RETURN(const auto inflater, Inflater::Create(coding));
    while (!in.empty()) {
      RETURN_IF_ERROR(inflater->Feed(in.substr(0, step), limit, out));
      in.remove_prefix(std::min(step, in.size()));
    }
    if (!inflater->done()) return Error(Reason::kBadRequest, "cut short");
    const auto bytes = out.bytes();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  BlockPool pool_;
  Budget budget_;
};

TEST_F(InflaterTest, ReadsGzipAndBothKindsOfDeflateInAnyPieces) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919);
  for (const auto& [coding, window] :
       {std::pair{Coding::kGzip, kGzip}, {Coding::kDeflate, kZlib}, {Coding::kDeflate, kRaw}}) {
    const std::string packed = Deflated(text, window);
    for (const size_t step : {size_t{1}, size_t{13}, size_t{4096}, packed.size()}) {
      const auto out = Inflate(coding, packed, 64u << 20, step);
      ASSERT_TRUE(out.ok()) << MessageOf(out.status());
      EXPECT_EQ(*out, text);
    }
  }
}

TEST_F(InflaterTest, StopsABombAtTheCap) {
  const std::string packed = Deflated(std::string(32u << 20, '\0'), kGzip);
  const auto out = Inflate(Coding::kGzip, packed, 1u << 20);
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(ReasonOf(out.status()), Reason::kTooLarge);
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(InflaterTest, TakesABodyOfExactlyTheCapAndNotOneMore) {
  const std::string text(100'000, 'x');
  EXPECT_TRUE(Inflate(Coding::kGzip, Deflated(text, kGzip), text.size()).ok());
  const auto over = Inflate(Coding::kGzip, Deflated(text, kGzip), text.size() - 1);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(ReasonOf(over.status()), Reason::kTooLarge);
}

TEST_F(InflaterTest, RefusesDamage) {
  const std::string packed = Deflated(std::string(5000, 'a') + "end", kGzip);
  std::string flipped = packed;
  flipped[packed.size() - 6] ^= 1;  // in the checksum
  const std::vector<std::string> damaged = {packed + "garbage",
                                            packed + packed,
                                            "not gzip at all",
                                            flipped,
                                            packed.substr(0, packed.size() - 1),
                                            packed.substr(0, 5)};
  for (const std::string& bytes : damaged) {
    const auto out = Inflate(Coding::kGzip, bytes, 1u << 20);
    ASSERT_FALSE(out.ok());
    EXPECT_EQ(ReasonOf(out.status()), Reason::kBadRequest);
  }
}

TEST(NegotiateCodingTest, HonoursWeights) {
  const struct {
    std::string_view accept;
    Coding expected;
  } cases[] = {{"", Coding::kIdentity},
               {"gzip", Coding::kGzip},
               {"deflate, gzip", Coding::kGzip},
               {"gzip;q=0.5, deflate;q=0.8", Coding::kDeflate},
               {"gzip;q=0", Coding::kIdentity},
               {"gzip;q=0.000, *", Coding::kDeflate},
               {"br, zstd", Coding::kIdentity},
               {"*", Coding::kGzip},
               {"identity, gzip;q=0.5", Coding::kIdentity},
               {"GZIP ; Q=1.0", Coding::kGzip},
               {"gzip;q=nonsense", Coding::kIdentity},
               {"gzip;q=2", Coding::kIdentity},
               {",,;;,q=", Coding::kIdentity}};
  for (const auto& c : cases) EXPECT_EQ(NegotiateCoding(c.accept), c.expected) << c.accept;
}

TEST(ParseContentEncodingTest, KnowsGzipAndDeflate) {
  EXPECT_EQ(*ParseContentEncoding("GZip"), Coding::kGzip);
  EXPECT_EQ(*ParseContentEncoding("deflate"), Coding::kDeflate);
  EXPECT_EQ(*ParseContentEncoding("identity"), Coding::kIdentity);
  for (const std::string_view unknown : {"br", "gzip, gzip", "zstd"})
    EXPECT_EQ(ReasonOf(ParseContentEncoding(unknown).status()), Reason::kUnsupportedCoding);
}

Response TextOf(size_t bytes) {
  Response response;
  response.body.assign(bytes, 'a');
  return response;
}

TEST(CompressResponseTest, CompressesWhatIsWorthIt) {
  Response large = TextOf(5000);
  CompressResponse("gzip, deflate", large);
  EXPECT_LT(large.body.size(), 200u);
  EXPECT_NE(large.headers.find("Content-Encoding: gzip\r\n"), std::string::npos);

  Response small = TextOf(500);
  CompressResponse("gzip", small);
  EXPECT_EQ(small.body.size(), 500u);
  EXPECT_EQ(small.headers, "");
}

TEST(CompressResponseTest, LeavesBinaryAloneUnlessOneCodingIsNamed) {
  const std::string tensor(8000, '\1');
  for (const bool asked : {false, true}) {
    Response response = TextOf(100);
    response.content_type = "application/octet-stream";
    response.parts.push_back({std::as_bytes(std::span(tensor)), nullptr});
    CompressResponse(asked ? "deflate" : "gzip, deflate", response);
    EXPECT_EQ(response.parts.empty(), asked);
    EXPECT_EQ(response.headers.find("Content-Encoding: deflate") != std::string::npos, asked);
  }
}

TEST(CompressResponseTest, LeavesAloneWhatIsNotToBeTransformed) {
  Response response;
  response.body.assign(5000, 'x');
  response.AddHeader("Cache-Control", "no-transform");
  CompressResponse("gzip", response);
  EXPECT_EQ(response.body, std::string(5000, 'x'));
  EXPECT_EQ(response.headers, "Cache-Control: no-transform\r\n");
}

TEST(CompressResponseTest, KeepsWhatDoesNotShrink) {
  Response response;
  uint32_t state = 1;
  for (int i = 0; i < 3000; ++i)
    response.body.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
  const std::string before = response.body;
  CompressResponse("gzip", response);
  EXPECT_EQ(response.body, before);
  EXPECT_EQ(response.headers, "");
}

}  // namespace
}  // namespace slipway::http
