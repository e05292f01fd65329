#include "data/csv.h"

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadCsvTest, ReadsQuotesLineEndsAndEmptyCells) {
  const auto rows = ReadCsv(
      "\xEF\xBB\xBF"
      "a,b,c\r\n1,\"x,\"\"y\"\"\nz\",\n\n,,\"\"");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_THAT((*rows)[0].cells, ElementsAre("a", "b", "c"));
  EXPECT_THAT((*rows)[1].cells, ElementsAre("1", "x,\"y\"\nz", ""));
  EXPECT_THAT((*rows)[2].cells, ElementsAre("", "", ""));
  EXPECT_EQ((*rows)[2].line, 5u);
  EXPECT_TRUE(ReadCsv("")->empty());
}

TEST(ReadCsvTest, NamesTheLineThatIsWrong) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"a,b\n1,2,3\n", "line 2: expected 2 cells, got 3"},
      {"a\n\n\"b\n", "line 3, column 1: a quoted cell is never closed"},
      {"a,\"b\"c\n", "line 1: expected a comma or the line's end, got 'c'"},
      {"a,b\"c\n", "line 1: expected a comma or the line's end, got '\"'"},
  };
  for (const auto& [text, message] : table)
    EXPECT_EQ(MessageOf(ReadCsv(text).status()), message) << text;
}

TEST(CsvReaderTest, TakesARowAtATimeAndRefusesEndlessOnes) {
  CsvReader reader("a,b\n1,2\n");
  CsvRow row;
  EXPECT_TRUE(*reader.Next(row));
  EXPECT_THAT(row.cells, ElementsAre("a", "b"));
  EXPECT_TRUE(*reader.Next(row));
  EXPECT_THAT(row.cells, ElementsAre("1", "2"));
  EXPECT_FALSE(*reader.Next(row));

  const std::string endless(CsvReader::kMaxCells, ',');
  EXPECT_EQ(MessageOf(CsvReader(endless).Next(row).status()), "line 1: more than 1048576 cells");
}

TEST(AppendCsvCellTest, QuotesWhatNeedsIt) {
  for (const std::string_view cell : {"", "plain", "a,b", "say \"hi\"", "two\nlines"}) {
    std::string text;
    AppendCsvCell(text, cell);
    text += ",end";
    EXPECT_EQ((*ReadCsv(text))[0].cells[0], cell);
  }
}

}  // namespace
}  // namespace slipway::data
