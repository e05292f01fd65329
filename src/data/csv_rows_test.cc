#include "data/csv_rows.h"

#include <cstring>

#include "base/random.h"
#include "data/csv.h"

namespace slipway::data {
namespace {

using testing::ElementsAre;

/// A text in memory, given out a few bytes less than asked for only at its end.
class TextSource final : public io::ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  StatusOr<size_t> Read(std::span<std::byte> out) override {
    const size_t size = std::min(out.size(), text_.size());
    if (size > 0) std::memcpy(out.data(), text_.data(), size);
    text_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view text_;
};

using Rows = std::vector<std::vector<std::string>>;

/// Names and rows, with line numbers if they are wanted.
Rows ReadAll(std::string_view text, char delimiter = 0, std::vector<uint64_t>* lines = nullptr) {
  TextSource source(text);
  BadRows bad(false);
  const auto reader = CsvRows::Open(source, delimiter, bad);
  if (!reader.ok()) return {{std::string(MessageOf(reader.status()))}};
  Rows rows = {(*reader)->names()};
  for (RowBatch batch;;) {
    const auto more = (*reader)->Next(batch);
    if (!more.ok()) return {{std::string(MessageOf(more.status()))}};
    if (!*more) return rows;
    for (size_t row = 0; row < batch.rows(); ++row) {
      rows.emplace_back();
      for (size_t i = 0; i < batch.width; ++i) rows.back().emplace_back(batch.cell(row, i));
      if (lines != nullptr) lines->push_back(batch.lines[row]);
    }
  }
}

TEST(CsvRowsTest, ReadsQuotesLineEndsAndEmptyLines) {
  std::vector<uint64_t> lines;
  EXPECT_THAT(ReadAll("\xEF\xBB\xBF"
                      "a,b\r\n1,\"x,\"\"y\"\"\nz\"\r\n\n\r\n,\"\"\nlast,caf\xC3\xA9",
                      0, &lines),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "x,\"y\"\nz"),
                          ElementsAre("", ""), ElementsAre("last", "caf\xC3\xA9")));
  EXPECT_THAT(lines, ElementsAre(2, 6, 7));
}

TEST(CsvRowsTest, GuessesTheDelimiter) {
  EXPECT_THAT(ReadAll("a;b\n1,5;2\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1,5", "2")));
  EXPECT_THAT(ReadAll("a\tb c\n1\t2\n")[1], ElementsAre("1", "2"));
  EXPECT_THAT(ReadAll("a|b\n1|2\n")[1], ElementsAre("1", "2"));
  EXPECT_THAT(ReadAll("a,b\n\"1;2;3\",2\n")[1], ElementsAre("1;2;3", "2"));
  EXPECT_THAT(ReadAll("word\none\n")[1], ElementsAre("one"));
  EXPECT_THAT(ReadAll("a;b,c\n1;2,3\n", ',')[1], ElementsAre("1;2", "3"));
}

/// Random tables with every kind of cell, longer than several blocks, against the plain reader.
TEST(CsvRowsTest, AgreesWithThePlainReader) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Random random(seed);
    const size_t width = 1 + random.Below(70);
    std::string text;
    for (size_t i = 0; i < width; ++i) text += fmt::format("{}n{}", i == 0 ? "" : ",", i);
    while (text.size() < 3 * TextWindow::kBlockBytes) {
      text += random.Below(2) == 0 ? "\n" : "\r\n";
      for (size_t i = 0; i < width; ++i) {
        constexpr std::string_view kPieces[] = {"1.5", "x",        ",",    "\"",
                                                "\n",  "\xC3\xA9", "\r\n", " "};
        std::string cell = i == 0 ? "_" : "";  // no row is empty
        for (uint64_t size = random.Below(4); size > 0; --size)
          cell += kPieces[random.Below(random.Below(8) == 0 ? 8 : 2)];
        if (random.Below(20'000) == 0) cell.append(TextWindow::kBlockBytes, 'l');
        if (i > 0) text += ',';
        AppendCsvCell(text, cell);
      }
    }
    const auto plain = ReadCsv(text);
    ASSERT_TRUE(plain.ok()) << plain.status();
    std::vector<uint64_t> lines;
    const Rows rows = ReadAll(text, ',', &lines);
    ASSERT_EQ(rows.size(), plain->size());
    for (size_t row = 1; row < rows.size(); ++row) {
      ASSERT_EQ(rows[row], (*plain)[row].cells) << "seed " << seed << ", row " << row;
      ASSERT_EQ(lines[row - 1], (*plain)[row].line);
    }
  }
}

TEST(CsvRowsTest, FindsBadRowsWhereverBlocksEnd) {
  for (const size_t before : {0u, 1u, 62u, 63u, 64u, 65u}) {
    std::string text = "a,b\n";
    text.append(before, 'x');
    text += ",1\n1,2,3\n";
    EXPECT_THAT(ReadAll(text),
                ElementsAre(ElementsAre("line 3, column 3: expected 2 cells, got 3")));
    text = "a,b\n" + std::string(before, 'x') + ",\"\n";
    EXPECT_THAT(ReadAll(text),
                ElementsAre(ElementsAre("line 2, column 2: a quoted cell is never closed")));
  }
}

TEST(CsvRowsTest, NamesTheColumnOfAQuoteThatIsNeverClosed) {
  const std::pair<std::string, std::string> table[] = {
      {"a,b\n\"1,2\n3,4\n", "line 2, column 1: a quoted cell is never closed"},
      {"a,b,c\n1,2,3\n\"x,\"\"y\"\"\n,\",5,\"6\n7\n",
       "line 3, column 3: a quoted cell is never closed"},
      {"a,b,\"c\n1,2,3\n", "line 1, column 3: a quoted cell is never closed"},
  };
  for (const auto& [text, message] : table)
    EXPECT_THAT(ReadAll(text).back(), ElementsAre(message)) << text;
}

TEST(CsvRowsTest, RefusesDelimitersThatAreNone) {
  for (const char delimiter : {'"', '\n', '\r', '\xC3'})
    EXPECT_THAT(ReadAll("a\n1\n", delimiter)[0][0], testing::HasSubstr("is no delimiter"));
}

}  // namespace
}  // namespace slipway::data
