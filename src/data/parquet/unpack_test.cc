#include "data/parquet/unpack.h"

#include <string>

namespace slipway::data::parquet {
namespace {

using testing::HasSubstr;

/// What a block unpacks to, or what is wrong with it.
std::string Unpacked(Codec codec, std::string_view packed, size_t size) {
  std::string out(size + Unpacker::kSlack, '#');
  Unpacker unpacker;
  const Status status = unpacker.Unpack(codec, packed, std::span(out).first(size));
  return status.ok() ? out.substr(0, size) : std::string(MessageOf(status));
}

std::string Snappy(std::string_view packed, size_t size) {
  return Unpacked(Codec::kSnappy, packed, size);
}

TEST(UnpackTest, CopiesWhatCameBefore) {
  using namespace std::string_view_literals;
  EXPECT_EQ(Snappy("\x05\x10hello"sv, 5), "hello");
  EXPECT_EQ(Snappy("\x09\x04xy\x0D\x02"sv, 9), "xyxyxyxyx");           // offset of one byte
  EXPECT_EQ(Snappy("\x06\x04xy\x0E\x02\x00"sv, 6), "xyxyxy");          // of two
  EXPECT_EQ(Snappy("\x06\x04xy\x0F\x02\x00\x00\x00"sv, 6), "xyxyxy");  // of four
  const std::string literal(100, 'q');
  EXPECT_EQ(Snappy("\x64\xF0\x63" + literal, 100), literal);  // length of its own
  EXPECT_EQ(Snappy("\xC8\x01\xF0\x63" + literal + "\xFE\x64\x00"sv.data() + std::string("\x00", 1) +
                       "\x8E\x64" + std::string("\x00", 1),
                   200),
            literal + literal);
}

TEST(UnpackTest, RefusesDamagedBlocks) {
  using namespace std::string_view_literals;
  for (const std::string_view packed :
       {""sv, "\x05"sv, "\x06\x10hello"sv, "\x05\x10hell"sv, "\x05\x14hello!"sv, "\x05\x01\x01"sv,
        "\x06\x04xy\x0D\x03"sv, "\x06\x04xy\x0D\x00"sv, "\x06\x04xy\x0E\x02"sv, "\x05\xFC\xFF"sv,
        "\x05\xFC\xFF\xFF\xFF\xFF"sv, "\xFF\xFF\xFF\xFF\xFF\xFF"sv, "\x05\x10hello\x00z"sv})
    EXPECT_THAT(Snappy(packed, 5), HasSubstr("compression snappy: damaged, or not 5 bytes"));
  for (const Codec codec : {Codec::kGzip, Codec::kZstd, Codec::kLz4, Codec::kPlain})
    EXPECT_THAT(Unpacked(codec, "nonsense", 5), HasSubstr("damaged, or not 5 bytes unpacked"));
}

TEST(UnpackTest, NamesCodecsThatAreNotRead) {
  EXPECT_THAT(Unpacked(Codec::kOldLz4, "", 5), HasSubstr("compression lz4 is not read: write"));
  EXPECT_THAT(Unpacked(Codec::kLzo, "", 5), HasSubstr("compression lzo is not read"));
}

}  // namespace
}  // namespace slipway::data::parquet
