#include "data/table_file.h"

#include <zlib.h>
#include <zstd.h>

#include <cmath>

#include "io/digest.h"
#include "io/testing/temporary_folder.h"

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TableFileTest : public testing::Test {
 protected:
  StatusOr<TableFile> Read(std::string_view text, const TableOptions& options = {}) {
    return ReadTable(folder_.Write("data.csv", text), options);
  }
  /// The message without the path, or "" when the file was read.
  std::string Complaint(std::string_view text, const TableOptions& options = {}) {
    const auto read = Read(text, options);
    if (read.ok()) return "";
    return std::string(MessageOf(read.status()).substr((folder_ / "data.csv: ").size()));
  }
  io::TemporaryFolder folder_;
};

TEST_F(TableFileTest, InfersTheTypesOfColumns) {
  const auto read = Read(
      "number,integer,boolean,category,text,time\n"
      "1.5,1,true,red,a long story,2024-02-29\n"
      "-2e3,-7,FALSE,blue,another one,1970-01-01T00:00:01Z\n"
      "NA,,?,null,,\n");
  ASSERT_TRUE(read.ok()) << read.status();
  const Table& table = read->table;
  ASSERT_EQ(table.rows, 3u);
  for (const Column& column : table.columns) {
    EXPECT_EQ(NameOf(column.type), column.name);
    EXPECT_TRUE(column.IsMissing(2)) << column.name;
  }
  EXPECT_EQ((*table.Get("number"))->numbers[1], -2000);
  EXPECT_EQ((*table.Get("integer"))->numbers[1], -7);
  EXPECT_EQ((*table.Get("boolean"))->numbers[0], 1);
  EXPECT_THAT((*table.Get("category"))->categories, ElementsAre("blue", "red"));
  EXPECT_THAT((*table.Get("category"))->codes, ElementsAre(1, 0, -1));
  EXPECT_EQ((*table.Get("text"))->texts[1], "another one");
  EXPECT_EQ((*table.Get("time"))->numbers[0], 1'709'164'800);
  EXPECT_EQ((*table.Get("time"))->numbers[1], 1);
}

TEST_F(TableFileTest, TellsWhatWasRead) {
  const std::string text = "a;b\n1;2\n3;4\n";
  const auto read = Read(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->facts.sha256, io::Sha256Hex(text));
  EXPECT_EQ(read->facts.size_bytes, text.size());
  EXPECT_EQ(read->facts.rows, 2u);
  EXPECT_THAT((*read->table.Get("b"))->numbers, ElementsAre(2, 4));
}

TEST_F(TableFileTest, ReadsAgainWhenNumbersTurnOutToBeWords) {
  std::string text = "n,word\n";
  for (int i = 0; i < 50'000; ++i) text += fmt::format("{},{}\n", i, i % 10);
  text += "50000,ten\n";
  const auto read = Read(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read->table.Get("n"))->numbers[50'000], 50'000);
  const Column& word = **read->table.Get("word");
  ASSERT_EQ(word.type, ColumnType::kCategory);
  EXPECT_THAT(word.categories,
              ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "ten"));
  EXPECT_EQ(word.codes[13], 3);
  EXPECT_EQ(word.codes[50'000], 10);
}

TEST_F(TableFileTest, NamesTheCellThatIsWrong) {
  const TableOptions typed = {.types = {{"b", ColumnType::kInteger}}};
  const std::tuple<std::string_view, TableOptions, std::string_view> table[] = {
      {"", {}, "line 1: expected the names of the columns, got nothing"},
      {"a,b\n", {}, "there are no rows after the names of the columns"},
      {"a,b\n1,2,3\n", {}, "line 2, column 3: expected 2 cells, got 3"},
      {"a,b\n1,2\n3\n", {}, "line 3, column 2: expected 2 cells, got 1"},
      {"a,b\n1,\"2\n", {}, "line 2, column 2: a quoted cell is never closed"},
      {"a,b\n\"x\ny\",2\n1,2\"\"\n",
       {},
       "line 4, column 2: a quote is out of place: quote the whole cell and double quotes in it"},
      {std::string_view("a,b\n1,\0\n", 8),
       {},
       "line 2, column 2: a NUL byte is no text (UTF-16 is not read: save the file as UTF-8)"},
      {"a,b\n1,\xff\n", {}, "line 2, column 2: bytes that are not UTF-8"},
      {"a,a\n1,2\n", {}, "line 1, column 2: \"a\" is the name of column 1 too"},
      {"a,,b\n1,2,3\n",
       {},
       "line 1, column 2: has no name (pandas leaves out an index with index=False)"},
      {"1.5,2\n3,4\n",
       {},
       "line 1: expected the names of the columns, got numbers: put a line of names first"},
      {"a,b\n1,2\n3,4.5\n", typed,
       "line 3, column \"b\": expected a whole number up to 2^53, got \"4.5\""},
      {"a,c\n1,2\n", typed,
       "there is no column \"b\" that could be of type integer; did you mean \"a\"?"},
  };
  for (const auto& [text, options, message] : table)
    EXPECT_EQ(Complaint(text, options), message) << text;
}

TEST_F(TableFileTest, SkipsAndCountsBadRows) {
  const auto read = Read("a,b\n1,2\n3\n4,\"5\n6,7\n8,\"9\n9\",1\n\"10\n10\",11,12\nx,13\n14,15\n",
                         {.types = {{"a", ColumnType::kNumber}}, .skip_bad_rows = true});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT((*read->table.Get("a"))->numbers, ElementsAre(1, 6, 14));
  EXPECT_EQ(read->facts.rows, 3u);
  EXPECT_EQ(read->facts.first_skipped, "line 3, column 2: expected 2 cells, got 1");
  EXPECT_THAT(read->table.numbers, ElementsAre(1, 4, 8));
}

TEST_F(TableFileTest, RowsKeepTheirNumbersWhereBadOnesAreSkipped) {
  // Every seventh row has a cell too few, every eleventh a word; the first and the last rows, too.
  constexpr uint64_t kRows = 50'000;
  std::string csv = "n,v,late\n", json;
  for (uint64_t row = 1; row <= kRows; ++row) {
    const bool is_end = row <= 3 || row > kRows - 3;
    const std::string_view late = row > 40'000 ? "x" : "1";  // wants a second pass
    const std::string_view value = row % 11 == 0 ? "bad" : "1";
    const bool is_short = row % 7 == 0 || is_end;
    csv += is_short ? "1\n" : fmt::format("{},{},{}\n", row, value, late);
    json += is_short ? "{]\n"
                     : fmt::format("{{\"n\":{},\"v\":\"{}\",\"late\":\"{}\"}}\n", row, value, late);
  }
  const TableOptions all{.types = {{"v", ColumnType::kNumber}}, .skip_bad_rows = true};
  TableOptions some = all;
  some.max_rows = 3000;
  const auto are_right = [](const Table& table) {
    const std::vector<double>& own = table.Find("n")->numbers;
    ASSERT_EQ(table.numbers.size(), own.size());
    for (size_t row = 0; row < own.size(); ++row)
      ASSERT_EQ(static_cast<double>(table.numbers[row]), own[row]);
  };
  for (const std::string& text : {csv, json}) {
    for (const TableOptions& options : {all, some}) {
      const auto read = Read(text, options);
      ASSERT_TRUE(read.ok()) << read.status();
      are_right(read->table);
    }
    auto stream = OpenTable(folder_.Write("data.csv", text), all);
    ASSERT_TRUE(stream.ok()) << stream.status();
    size_t rows = 0;
    for (size_t part = 1; part > 0; rows += part) {
      const auto table = (*stream)->Next(7001);
      ASSERT_TRUE(table.ok()) << table.status();
      are_right(*table);
      part = table->rows;
    }
    EXPECT_EQ(rows, (*stream)->facts().rows);
    EXPECT_EQ(rows + (*stream)->facts().skipped, kRows);
  }
}

TEST_F(TableFileTest, PartsOfAFileWithoutBadRowsAreNumberedOn) {
  auto stream = OpenTable(folder_.Write("data.csv", "n\n1\n2\n3\n4\n5\n"));
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_THAT((*stream)->Next(3)->numbers, IsEmpty());
  EXPECT_THAT((*stream)->Next(3)->numbers, ElementsAre(4, 5));
}

TEST_F(TableFileTest, GoesOnAfterWrongQuotesThatFollowRightOnes) {
  const auto read =
      Read("a,b\n\"1\",2\n\"3\"x,4\n5,6\n\"7\",8\n\"9,10\n11,12\n", {.skip_bad_rows = true});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->table.Find("a")->numbers, ElementsAre(1, 5, 7, 11));
  EXPECT_EQ(read->facts.skipped, 2u);
}

TEST_F(TableFileTest, TakesARandomSampleInFileOrder) {
  std::string text = "n,word,late\n";
  constexpr int kRows = 60'000;
  for (int i = 0; i < kRows; ++i)
    text += fmt::format("{},w{},{}\n", i, i % 7, i == kRows - 1 ? "x" : "1");
  const auto read = Read(text, {.max_rows = 3000, .seed = 5});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->facts.rows, kRows);
  ASSERT_EQ(read->table.rows, 3000u);
  const Column& n = *read->table.Find("n");
  const Column& word = *read->table.Find("word");
  double sum = 0;
  for (size_t row = 0; row < 3000; ++row) {
    EXPECT_EQ(word.categories[static_cast<size_t>(word.codes[row])],
              fmt::format("w{}", static_cast<int>(n.numbers[row]) % 7));
    EXPECT_EQ(static_cast<double>(read->table.numbers[row]), n.numbers[row] + 1);
    sum += n.numbers[row];
  }
  EXPECT_TRUE(std::is_sorted(n.numbers.begin(), n.numbers.end()));
  EXPECT_EQ(std::adjacent_find(n.numbers.begin(), n.numbers.end()), n.numbers.end());
  EXPECT_NEAR(sum / 3000, kRows / 2, 1000);
  EXPECT_FALSE(read->table.Find("late")->is_numeric());
  EXPECT_EQ(Read(text, {.max_rows = 3000, .seed = 5})->table.Find("n")->numbers, n.numbers);
  EXPECT_NE(Read(text, {.max_rows = 3000, .seed = 6})->table.Find("n")->numbers, n.numbers);
}

TEST_F(TableFileTest, RefusesATableThatIsTooLarge) {
  std::string text = "a\n";
  for (int i = 0; i < 300'000; ++i) text += "1\n";
  const auto read = Read(text, {.max_memory_bytes = 2 << 20});
  EXPECT_EQ(ReasonOf(read.status()), Reason::kTooLarge);
  EXPECT_THAT(
      MessageOf(read.status()),
      AllOf(HasSubstr("a file of 0 MB, about 30"),
            HasSubstr(" rows of 1 columns, 2 MB as numbers: the table takes more than 2 MB of "
                      "memory: read a sample of its rows (--sample)")));
  EXPECT_TRUE(Read(text, {.max_rows = 100'000, .max_memory_bytes = 2 << 20}).ok());

  auto stream = OpenTable(folder_ / "data.csv", {.max_memory_bytes = 2 << 20});
  ASSERT_TRUE(stream.ok()) << stream.status();
  size_t rows = 0;
  for (size_t part = 1; part > 0; rows += part) {
    const auto table = (*stream)->Next(50'000);
    ASSERT_TRUE(table.ok()) << table.status();
    part = table->rows;
  }
  EXPECT_EQ(rows, 300'000u);
}

TEST_F(TableFileTest, StreamsPartsWithTheTypesAndCategoriesOfTheWholeFile) {
  std::string text = "n,word,mixed,gone\n";
  for (int i = 0; i < 40'000; ++i)
    text += fmt::format("{},w{},{},\n", i, i / 20'000, i < 30'000 ? "1" : "b");
  const std::string path = folder_.Write("data.csv", text);
  const auto whole = ReadTable(path);
  auto stream = OpenTable(path);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->facts().sha256, io::Sha256Hex(text));
  size_t rows = 0;
  for (;;) {
    const auto part = (*stream)->Next(7001);
    ASSERT_TRUE(part.ok()) << part.status();
    if (part->rows == 0) break;
    EXPECT_EQ(part->rows, std::min<size_t>(7001, 40'000 - rows));
    EXPECT_EQ(part->Find("n")->numbers[0], rows);
    EXPECT_THAT(part->Find("word")->categories, ElementsAre("w0", "w1"));
    EXPECT_THAT(part->Find("mixed")->categories, ElementsAre("1", "b"));
    EXPECT_EQ(part->Find("mixed")->codes[0], whole->table.Find("mixed")->codes[rows]);
    EXPECT_EQ(part->Find("gone")->type, ColumnType::kNumber);
    EXPECT_EQ(part->Find("gone")->numbers.size(), part->rows);
    rows += part->rows;
  }
  EXPECT_EQ(rows, 40'000u);
}

TEST_F(TableFileTest, ReadsJsonLines) {
  const auto read = Read(
      "{\"a\": 1.5, \"w\": \"x\\ny\", \"b\": true}\n\n"
      "{\"a\": null, \"late\": 3}\r\n"
      "{\"b\": false, \"a\": NaN, \"w\": \"z\"}");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->table.columns.size(), 4u);
  EXPECT_EQ(read->table.Find("a")->numbers[0], 1.5);
  EXPECT_TRUE(read->table.Find("a")->IsMissing(1));
  EXPECT_TRUE(read->table.Find("a")->IsMissing(2));
  EXPECT_THAT(read->table.Find("w")->categories, ElementsAre("x\ny", "z"));
  EXPECT_THAT(read->table.Find("w")->codes, ElementsAre(0, -1, 1));
  EXPECT_EQ(read->table.Find("b")->type, ColumnType::kBoolean);
  EXPECT_TRUE(read->table.Find("late")->IsMissing(0));
  EXPECT_EQ(read->table.Find("late")->numbers[1], 3);
}

TEST_F(TableFileTest, NamesTheLineOfJsonThatIsWrong) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"{\"a\": 1}\n{\"a\": [1]}\n",
       "line 2: column \"a\": JSON, byte 6: expected a number, a string, true, false or null, got "
       "'['"},
      {"{\"a\": 1, \"a\": 2}\n", "line 1: column \"a\": occurs twice"},
      {"{\"a\": 1}\n\n{\"a\": 1\n", "line 3: JSON, byte 7: expected ',' or '}', got the end"},
      {"{\"\": 1}\n", "line 1: a member has no name"},
      {"{\"a\": \"\\u0000\"}\n", "line 1: column \"a\": a NUL character is no text"},
  };
  for (const auto& [text, message] : table) EXPECT_EQ(Complaint(text), message) << text;
}

std::string Gzip(std::string_view text) {
  z_stream stream = {};
  constexpr int kGzip = 16;
  SLIPWAY_CHECK(::deflateInit2(&stream, 9, Z_DEFLATED, kGzip + MAX_WBITS, 9, 0) == Z_OK, "");
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  SLIPWAY_CHECK(::deflate(&stream, Z_FINISH) == Z_STREAM_END, "the bound is right");
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

std::string Zstd(std::string_view text) {
  std::string packed(::ZSTD_compressBound(text.size()), '\0');
  packed.resize(::ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

TEST_F(TableFileTest, UnpacksGzipAndZstdAlsoInSeveralParts) {
  const std::string text = "a,b\n1,x\n2,y\n";
  for (const auto pack : {Gzip, Zstd}) {
    const std::string packed = pack(text.substr(0, 7)) + pack(text.substr(7));
    const auto read = Read(packed);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_THAT(read->table.Find("a")->numbers, ElementsAre(1, 2));
    EXPECT_EQ(read->facts.sha256, io::Sha256Hex(packed));
    EXPECT_EQ(read->facts.size_bytes, packed.size());
    for (size_t size = packed.size() / 2 + 3; size < packed.size(); ++size) {
      const auto cut = ReadTable(folder_.Write(fmt::format("cut{}", size), packed.substr(0, size)));
      EXPECT_EQ(ReasonOf(cut.status()), Reason::kBadRequest) << size;
      EXPECT_THAT(MessageOf(cut.status()), HasSubstr("damaged or cut"));
    }
  }
}

TEST_F(TableFileTest, TellsCategoriesFromTexts) {
  const auto type = [&](size_t rows, auto word) {
    std::string text = "w\n";
    for (size_t i = 0; i < rows; ++i) text += word(i) + "\n";
    const auto read = Read(text);
    return read.ok() ? NameOf(read->table.columns[0].type) : MessageOf(read.status());
  };
  const auto few = [](size_t i) { return fmt::format("w{}", i); };
  const auto spaced = [](size_t i) { return fmt::format("word {}", i); };
  EXPECT_EQ(type(32, few), "category");
  EXPECT_EQ(type(33, few), "text");
  EXPECT_EQ(type(10, spaced), "text");
  EXPECT_EQ(type(66, [](size_t i) { return fmt::format("word {}", i / 2); }), "category");
  EXPECT_EQ(type(4000, [](size_t i) { return fmt::format("w{}", i % 1000); }), "category");
  EXPECT_EQ(type(4004, [](size_t i) { return fmt::format("w{}", i % 1001); }), "text");
  EXPECT_EQ(type(9, [](size_t i) { return std::string(i == 8 ? 65u : 64u, 'x'); }), "text");
}

TEST_F(TableFileTest, KeepsEveryCellOfAColumnThatTurnsIntoTexts) {
  std::string text = "n,w\n";
  for (int i = 0; i < 5000; ++i) text += fmt::format("1,w{}\n", i % 1200);
  const auto read = Read(text);
  ASSERT_TRUE(read.ok()) << read.status();
  for (size_t i = 0; i < 5000; ++i)
    ASSERT_EQ(read->table.Find("w")->texts[i], fmt::format("w{}", i % 1200));
}

TEST_F(TableFileTest, RoundsNumbersToTheNearestDouble) {
  std::string text = "x\n";
  const std::string_view cells[] = {"0.1",
                                    "123456789012345.6",
                                    "9007199254740993",
                                    "1e400",
                                    "-1e-400",
                                    "0.49671415301123267",
                                    "+7",
                                    ".5",
                                    "5.",
                                    " 00012 ",
                                    "-0",
                                    "4.9e-324",
                                    "1234567890123456",
                                    "179769313486231580793e289"};
  for (const std::string_view cell : cells) text += std::string(cell) + "\n";
  const auto read = Read(text);
  ASSERT_TRUE(read.ok()) << read.status();
  for (size_t i = 0; i < std::size(cells); ++i)
    EXPECT_EQ(read->table.columns[0].numbers[i],
              std::strtod(std::string(cells[i]).c_str(), nullptr))
        << cells[i];
}

TEST_F(TableFileTest, TakesOtherMissingWords) {
  const auto read = Read("x,w\n-999,NA\n1,b\n,-\n", {.missing = {"-999", "-"}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->table.Find("x")->IsMissing(0));
  EXPECT_TRUE(read->table.Find("x")->IsMissing(2));
  EXPECT_THAT(read->table.Find("w")->categories, ElementsAre("NA", "b"));
  EXPECT_TRUE(read->table.Find("w")->IsMissing(2));
}

TEST_F(TableFileTest, RefusesFormatsItKnowsAndDoesNotRead) {
  EXPECT_THAT(Complaint(Gzip("PAR1\x15\x04\x15")),
              HasSubstr("a Parquet file that is compressed as a whole is not read"));
  EXPECT_THAT(Complaint("[{\"a\": 1}]"), HasSubstr("one object a line"));
  const std::string nowhere = folder_ / "nowhere.csv";
  const auto read = ReadTable(nowhere);
  EXPECT_EQ(ReasonOf(read.status()), Reason::kNotFound);
  EXPECT_THAT(MessageOf(read.status()), testing::StartsWith("\"" + nowhere + "\": "));
}

}  // namespace
}  // namespace slipway::data
