#include <cstdint>

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"

namespace slipway::protobuf {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

struct Walked {
  std::vector<Field> fields;
  Status status;
};

Walked Walk(std::string_view message, std::span<const std::string_view> names = {}) {
  MessageReader reader(message, names);
  Walked walked;
  for (Field field; reader.Next(&field);) walked.fields.push_back(field);
  walked.status = reader.status();
  return walked;
}

TEST(MessageReaderTest, WalksFieldsOfEveryWireType) {
  const std::string message = "\x08\x96\x01"s + "\x11\x01\0\0\0\0\0\0\x80"s + "\x1a\x02hi"s +
                              "\x25\x02\0\0\x80"s + "\x1a\0"s;
  const Walked walked = Walk(message);
  ASSERT_TRUE(walked.status.ok()) << walked.status;
  ASSERT_EQ(walked.fields.size(), 5u);
  EXPECT_EQ(walked.fields[0].tag, VarintTag(1));
  EXPECT_EQ(walked.fields[0].value, 150u);
  EXPECT_EQ(walked.fields[1].tag, Tag(2, WireType::kFixed64));
  EXPECT_EQ(walked.fields[1].value, 0x8000000000000001u);
  EXPECT_EQ(walked.fields[2].tag, BytesTag(3));
  EXPECT_EQ(walked.fields[2].bytes, "hi");
  EXPECT_EQ(walked.fields[2].bytes.data(), message.data() + 14);
  EXPECT_EQ(walked.fields[3].tag, Tag(4, WireType::kFixed32));
  EXPECT_EQ(walked.fields[3].value, 0x80000002u);
  EXPECT_EQ(walked.fields[4].bytes, "");
}

TEST(MessageReaderTest, AnEmptyMessageHasNoFields) {
  const Walked walked = Walk({});
  EXPECT_TRUE(walked.status.ok());
  EXPECT_TRUE(walked.fields.empty());
}

TEST(MessageReaderTest, RefusesWhatIsNoFieldAndNamesIt) {
  constexpr std::string_view kNames[] = {"", "id", "", "data"};
  struct Case {
    std::string_view message;
    std::string_view error;
  };
  const Case cases[] = {
      {"\x1a\x05hi"sv, "field \"data\": expected 5 bytes, 2 are left"},
      {"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
       "field \"data\": expected 18446744073709551615 bytes, 0 are left"},
      {"\x1a\x85\x80\x80\x80\x10hello"sv, "field \"data\": expected 4294967301 bytes, 5 are left"},
      {"\x1a\xff"sv, "field \"data\": its length is truncated"},
      {"\x1a"sv, "field \"data\": its length is truncated"},
      {"\x08"sv, "field \"id\": its number is truncated"},
      {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
       "field \"id\": its number is truncated"},
      {"\x11\x01\x02\x03"sv, "field 2: its number is truncated"},
      {"\x25\x01\x02"sv, "field 4: its number is truncated"},
      {"\x4b\x4c"sv, "field 9: groups are not supported"},
      {"\x4c"sv, "field 9: groups are not supported"},
      {"\x4e\x01"sv, "field 9: groups are not supported"},
      {"\x02\x01x"sv, "field 0: its tag is malformed"},
      {"\x80"sv, "field 0: its tag is malformed"},
      {"\x88\x80\x80\x80\x10\x01"sv, "field 0: its tag is malformed"},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "field 0: its tag is malformed"},
  };
  for (const Case& each : cases) {
    const Walked walked = Walk(each.message, kNames);
    ASSERT_FALSE(walked.status.ok()) << each.error;
    EXPECT_EQ(ReasonOf(walked.status), Reason::kBadRequest);
    EXPECT_EQ(MessageOf(walked.status), each.error);
  }
}

TEST(MessageReaderTest, ReadsPackedNumbers) {
  std::vector<uint64_t> numbers;
  const auto take = [&](uint64_t value) { numbers.push_back(value); };
  EXPECT_TRUE(ReadPackedVarints("\x01\x96\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, take));
  EXPECT_EQ(numbers, (std::vector<uint64_t>{1, 150, UINT64_MAX}));
  EXPECT_TRUE(ReadPackedVarints("", take));
  EXPECT_FALSE(ReadPackedVarints("\x01\x80"sv, take));
}

TEST(MessageWriterTest, WritesWhatTheReaderReads) {
  std::string out = "before";
  MessageWriter writer(out);
  writer.Varint(1, UINT64_MAX);
  writer.Bytes(20, "text");
  const size_t outer = writer.Begin(3);
  writer.Varint(1, 7);
  const size_t inner = writer.Begin(2);
  out.append(300, 'x');
  writer.End(inner);
  writer.End(outer);
  writer.BytesHeader(4, 3);
  out += "abc";

  const Walked walked = Walk(std::string_view(out).substr(6));
  ASSERT_TRUE(walked.status.ok()) << walked.status;
  ASSERT_EQ(walked.fields.size(), 4u);
  EXPECT_EQ(walked.fields[0].value, UINT64_MAX);
  EXPECT_EQ(walked.fields[1].number(), 20u);
  EXPECT_EQ(walked.fields[1].bytes, "text");
  EXPECT_EQ(walked.fields[3].bytes, "abc");
  const Walked inside = Walk(walked.fields[2].bytes);
  ASSERT_TRUE(inside.status.ok()) << inside.status;
  ASSERT_EQ(inside.fields.size(), 2u);
  EXPECT_EQ(inside.fields[0].value, 7u);
  EXPECT_EQ(inside.fields[1].bytes, std::string(300, 'x'));
}

}  // namespace
}  // namespace slipway::protobuf
