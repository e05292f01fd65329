#include "data/table_file.h"

#include <cmath>

#include "io/digest.h"
#include "io/testing/temporary_folder.h"

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
      {"a,b\n1,\"2\n", {}, "line 2: a quoted cell is never closed"},
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
      {"a,c\n1,2\n", typed, "type integer is given: there is no column \"b\"; did you mean \"a\"?"},
  };
  for (const auto& [text, options, message] : table)
    EXPECT_EQ(Complaint(text, options), message) << text;
}

}  // namespace
}  // namespace slipway::data
