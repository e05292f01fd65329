#include "data/parquet/footer.h"

#include <optional>

#include "data/table_file.h"
#include "io/testing/temporary_folder.h"

namespace slipway::data::parquet {
namespace {

using testing::HasSubstr;

/// Writes Thrift's compact protocol.
class Thrift {
 public:
  Thrift& Int(int id, int64_t value) {
    Head(id, 6);
    return Varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }
  Thrift& Int32(int id, int32_t value) {
    Head(id, 5);
    return Varint(static_cast<uint32_t>(value) << 1 ^ static_cast<uint32_t>(value >> 31));
  }
  Thrift& Text(int id, std::string_view text) {
    Head(id, 8);
    return Append(text);
  }
  Thrift& Struct(int id, const Thrift& inner) {
    Head(id, 12);
    bytes_ += inner.bytes_ + '\0';
    return *this;
  }
  Thrift& Structs(int id, const std::vector<Thrift>& elements) {
    Head(id, 9);
    bytes_ += static_cast<char>(0xF0 | 12);
    Varint(elements.size());
    for (const Thrift& element : elements) bytes_ += element.bytes_ + '\0';
    return *this;
  }
  Thrift& Texts(int id, const std::vector<std::string>& texts) {
    Head(id, 9);
    bytes_ += static_cast<char>(texts.size() << 4 | 8);
    for (const std::string& text : texts) Append(text);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void Head(int id, int type) {
    bytes_ += static_cast<char>((id - last_) << 4 | type);
    last_ = id;
  }
  Thrift& Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
    return *this;
  }
  Thrift& Append(std::string_view text) {
    Varint(text.size());
    bytes_ += text;
    return *this;
  }

  std::string bytes_;
  int last_ = 0;
};

/// A file of one row group with columns "a" and "b" of INT32, two rows each; what is set, is a lie.
struct Lie {
  std::optional<int64_t> rows, group_rows, values, begin, size, type, codec, page_values;
  std::optional<int32_t> packed_size, unpacked_size, encoding, children;
  std::string name = "b", path = "b";
  std::string footer_length;
  bool group_is_missing = false;
};

Thrift Column(std::string_view name, int32_t type) {
  return Thrift().Int32(1, type).Int32(3, 0).Text(4, name);
}

Thrift Chunk(const std::string& path, int32_t type, int32_t codec, int64_t values, int64_t size,
             int64_t begin) {
  return Thrift().Int(2, 0).Struct(
      3, Thrift().Int32(1, type).Texts(3, {path}).Int32(4, codec).Int(5, values).Int(7, size).Int(
             9, begin));
}

std::string PageOf(const Lie& lie) {
  const Thrift header =
      Thrift()
          .Int32(1, 0)
          .Int32(2, lie.unpacked_size.value_or(8))
          .Int32(3, lie.packed_size.value_or(8))
          .Struct(5, Thrift()
                         .Int32(1, static_cast<int32_t>(lie.page_values.value_or(2)))
                         .Int32(2, lie.encoding.value_or(0))
                         .Int32(3, 3)
                         .Int32(4, 3));
  return header.bytes() + '\0' + std::string("\x01\0\0\0\x02\0\0\0", 8);
}

std::string FileOf(const Lie& lie = {}) {
  const std::string first = PageOf({}), second = PageOf(lie);
  const auto a = static_cast<int64_t>(first.size()), b = static_cast<int64_t>(second.size());
  std::vector<Thrift> groups;
  if (!lie.group_is_missing)
    groups.push_back(
        Thrift()
            .Structs(1, {Chunk("a", 1, 0, 2, a, 4),
                         Chunk(lie.path, static_cast<int32_t>(lie.type.value_or(1)),
                               static_cast<int32_t>(lie.codec.value_or(0)), lie.values.value_or(2),
                               lie.size.value_or(b), lie.begin.value_or(4 + a))})
            .Int(2, 0)
            .Int(3, lie.group_rows.value_or(2)));
  const Thrift root = Thrift().Text(4, "root").Int32(5, lie.children.value_or(2));
  const std::string footer = Thrift()
                                 .Int32(1, 1)
                                 .Structs(2, {root, Column("a", 1), Column(lie.name, 1)})
                                 .Int(3, lie.rows.value_or(2))
                                 .Structs(4, groups)
                                 .bytes() +
                             '\0';
  std::string length = lie.footer_length;
  if (length.empty())
    for (int shift = 0; shift < 32; shift += 8) length += static_cast<char>(footer.size() >> shift);
  return "PAR1" + first + second + footer + length + "PAR1";
}

std::string Complaint(const std::string& bytes) {
  const io::TemporaryFolder folder;
  const std::string path = folder.Write("data.parquet", bytes);
  const auto read = ReadTable(path);
  return read.ok() ? "none" : std::string(MessageOf(read.status()).substr(path.size() + 2));
}

TEST(FooterTest, ReadsWhatIsTrue) {
  const io::TemporaryFolder folder;
  const auto read = ReadTable(folder.Write("data", FileOf()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->table.Find("a")->numbers, testing::ElementsAre(1, 2));
  EXPECT_THAT(read->table.Find("b")->numbers, testing::ElementsAre(1, 2));
}

TEST(FooterTest, NamesLiesOfTheFooter) {
  EXPECT_THAT(Complaint(FileOf({.rows = 3})),
              HasSubstr("expected 3 rows in its row groups, got 2"));
  EXPECT_THAT(Complaint(FileOf({.rows = 1, .group_rows = 1})),
              HasSubstr("row group 0: the Parquet footer is damaged: column \"a\": expected 1 "
                        "values, got 2"));
  EXPECT_THAT(Complaint(FileOf({.values = int64_t{1} << 60})),
              HasSubstr("column \"b\": expected 2"));
  EXPECT_THAT(Complaint(FileOf({.begin = int64_t{1} << 62})),
              HasSubstr("column \"b\": expected pages between bytes 4 and"));
  EXPECT_THAT(Complaint(FileOf({.begin = -5})), HasSubstr("bytes from -5 on"));
  EXPECT_THAT(Complaint(FileOf({.size = INT64_MAX})), HasSubstr("column \"b\": expected pages"));
  EXPECT_THAT(Complaint(FileOf({.begin = 10})),
              HasSubstr("the pages of columns \"a\" and \"b\" overlap at byte 10"));
  EXPECT_THAT(Complaint(FileOf({.type = 6})), HasSubstr("column \"b\": expected type 1, got 6"));
  EXPECT_THAT(Complaint(FileOf({.codec = 9})),
              HasSubstr("column \"b\": compression 9 is not known"));
  EXPECT_THAT(Complaint(FileOf({.path = "c"})),
              HasSubstr("expected a chunk of column \"b\", got one of \"c\""));
  EXPECT_THAT(Complaint(FileOf({.children = 3})), HasSubstr("expected 3 columns, got 2"));
  EXPECT_THAT(Complaint(FileOf({.name = "a", .path = "a"})),
              HasSubstr("two columns are called \"a\""));
  EXPECT_THAT(Complaint(FileOf({.name = "", .path = ""})), HasSubstr("a column has no name"));
  EXPECT_THAT(Complaint(FileOf({.footer_length = "\xFF\xFF\xFF\x7F"})),
              HasSubstr("the Parquet footer is damaged: expected up to"));
  EXPECT_THAT(Complaint(FileOf({.footer_length = "\x20\x01\x01\x01"})), HasSubstr("damaged"));
}

TEST(FooterTest, NamesLiesOfPages) {
  const auto complaint = [](const Lie& lie) { return Complaint(FileOf(lie)); };
  EXPECT_THAT(complaint({.page_values = 1}),
              HasSubstr("row group 0, column \"b\": its pages end 1 rows too early"));
  EXPECT_THAT(complaint({.page_values = 3}),
              HasSubstr("column \"b\": it has more values than the row group has rows"));
  EXPECT_THAT(complaint({.page_values = -1}), HasSubstr("its header has no number of values"));
  EXPECT_THAT(complaint({.packed_size = 9}),
              HasSubstr("expected up to 8 bytes, as its column has"));
  EXPECT_THAT(complaint({.packed_size = -1}), HasSubstr("got -1"));
  EXPECT_THAT(complaint({.unpacked_size = 7}),
              HasSubstr("expected 7 bytes that are not compressed, got 8"));
  EXPECT_THAT(complaint({.unpacked_size = INT32_MAX}), HasSubstr("expected up to 256 MB unpacked"));
  EXPECT_THAT(complaint({.codec = 6, .unpacked_size = 1 << 20}),
              HasSubstr("compression zstd: damaged, or not 1048576 bytes unpacked"));
  EXPECT_THAT(complaint({.encoding = 8}), HasSubstr("values of a dictionary come before it"));
  EXPECT_THAT(complaint({.encoding = 6}), HasSubstr("encoding 6 of type INT32 is not read"));
}

/// A file of one optional INT32 column "a" of four rows: a dictionary of 7 and 8, then `data`.
std::string FileOfIndices(std::string_view data) {
  using namespace std::string_view_literals;
  const auto page = [](int32_t type, int kind, int32_t values, int32_t encoding,
                       std::string_view bytes) {
    const auto size = static_cast<int32_t>(bytes.size());
    Thrift inner = Thrift().Int32(1, values).Int32(2, encoding);
    if (kind == 5) inner.Int32(3, 3).Int32(4, 3);
    return Thrift().Int32(1, type).Int32(2, size).Int32(3, size).Struct(kind, inner).bytes() +
           '\0' + std::string(bytes);
  };
  const std::string pages = page(2, 7, 2, 0, "\x07\0\0\0\x08\0\0\0"sv) + page(0, 5, 4, 8, data);
  const Thrift chunk = Chunk("a", 1, 0, 4, static_cast<int64_t>(pages.size()), 4);
  const Thrift column = Thrift().Int32(1, 1).Int32(3, 1).Text(4, "a");
  const std::string footer = Thrift()
                                 .Int32(1, 1)
                                 .Structs(2, {Thrift().Text(4, "root").Int32(5, 1), column})
                                 .Int(3, 4)
                                 .Structs(4, {Thrift().Structs(1, {chunk}).Int(2, 0).Int(3, 4)})
                                 .bytes() +
                             '\0';
  std::string file = "PAR1" + pages + footer;
  for (int shift = 0; shift < 32; shift += 8) file += static_cast<char>(footer.size() >> shift);
  return file + "PAR1";
}

TEST(FooterTest, NamesLiesOfLevelsAndIndices) {
  using namespace std::string_view_literals;
  const auto complaint = [](std::string_view data) { return Complaint(FileOfIndices(data)); };
  // Levels 1 0 1 1, then indices of one bit: 1 0 1.
  EXPECT_EQ(complaint("\x02\0\0\0\x03\x0D\x01\x03\x05"sv), "none");
  const std::pair<std::string_view, std::string_view> lies[] = {
      {"\x02\0\0\0\x03\x0D\x02\x03\x0F\x00"sv, "column \"a\": value 3 of a dictionary of 2"},
      {"\x02\0\0\0\x08\x01\x01\x06\x01"sv, "its values are fewer than its header says"},
      {"\x02\0\0\0\x06\x01\x01\x08\x01"sv, "its definition levels are fewer than its 4 values"},
      {"\x02\0\0\0\x08\x02\x01\x08\x01"sv, "expected definition levels up to 1, got 2"},
      {"\xFF\xFF\xFF\xFF\x08\x01"sv, "expected 4294967295 bytes of levels, got 2"},
      {"\x02\0\0\0\x08\x01\x21\x08\x01"sv, "expected up to 32 bits an index, got 33"},
  };
  for (const auto& [data, says] : lies) EXPECT_THAT(complaint(data), HasSubstr(says));
}

TEST(FooterTest, SaysThatThereAreNoRows) {
  EXPECT_THAT(Complaint(FileOf({.rows = 0, .group_is_missing = true})),
              HasSubstr("there are no rows"));
}

TEST(FooterTest, EndsAtStructsThatNeverEnd) {
  const std::string deep(1 << 20, '\x1C');  // a struct in a struct in a struct
  std::string length;
  for (int shift = 0; shift < 32; shift += 8) length += static_cast<char>(deep.size() >> shift);
  EXPECT_THAT(Complaint("PAR1\x15" + deep + length + "PAR1"), HasSubstr("it is no Thrift"));
}

}  // namespace
}  // namespace slipway::data::parquet
