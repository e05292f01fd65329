#include "data/array_file.h"

#include <cmath>
#include <filesystem>

#include "io/testing/temporary_folder.h"

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Written by tests/data/make_arrays.py.
std::string PathOf(std::string_view name) {
  return fmt::format("{}/tests/data/{}", SLIPWAY_SOURCE_DIR, name);
}

std::string ReadBytes(std::string_view name) {
  std::ifstream in(PathOf(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Complaint(std::string_view name, const TableOptions& options = {}) {
  const std::string path = PathOf(name);
  const auto read = ReadTable(path, options);
  return read.ok() ? "" : std::string(MessageOf(read.status()).substr(path.size() + 2));
}

TEST(ArrayFileTest, TurnsAMatrixIntoColumns) {
  for (const std::string_view name : {"matrix.npy", "fortran.npy"}) {
    const auto read = ReadTable(PathOf(name));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->facts.rows, 3u);
    EXPECT_EQ(read->facts.sha256, io::Sha256Hex(ReadBytes(name)));
    ASSERT_EQ(read->table.columns.size(), 2u);
    EXPECT_THAT(read->table.Find("x0")->numbers, ElementsAre(1.5, 3, 5));
    EXPECT_EQ(read->table.Find("x1")->numbers[0], 2);
    EXPECT_TRUE(read->table.Find("x1")->IsMissing(1));
    EXPECT_TRUE(std::isinf(read->table.Find("x1")->numbers[2]));
  }
}

TEST(ArrayFileTest, NamesColumnsByTheArraysOfAnArchive) {
  for (const std::string_view name : {"arrays.npz", "packed.npz"}) {
    const auto read = ReadTable(PathOf(name));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->facts.sha256, io::Sha256Hex(ReadBytes(name)));
    const Table& table = read->table;
    EXPECT_THAT(table.Find("X0")->numbers, ElementsAre(1.5, 3, 5));
    EXPECT_EQ(table.Find("y")->type, ColumnType::kInteger);
    EXPECT_EQ(table.Find("flag")->type, ColumnType::kBoolean);
    EXPECT_THAT(table.Find("who")->categories, ElementsAre("ann", "boë"));
    EXPECT_THAT(table.Find("who")->codes, ElementsAre(0, -1, 1));
    EXPECT_THAT(table.Find("small")->numbers, ElementsAre(0.5, -2, 3));
  }
}

TEST(ArrayFileTest, ReadsRowsOfWordsAndNumbersAboveTwoToThe53) {
  const auto words = ReadTable(PathOf("words.npy"));
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_THAT(words->table.Find("x0")->codes, ElementsAre(0, 1, 0));
  EXPECT_THAT(words->table.Find("x1")->categories, ElementsAre("x", "y", "z"));
  EXPECT_EQ(ReadTable(PathOf("large.npy"))->table.Find("x0")->type, ColumnType::kNumber);
}

TEST(ArrayFileTest, GivesColumnsTheTypesThatAreAskedFor) {
  const auto read = ReadTable(PathOf("arrays.npz"), {.types = {{"y", ColumnType::kCategory},
                                                               {"X0", ColumnType::kTime},
                                                               {"flag", ColumnType::kNumber}}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->table.Find("y")->categories, ElementsAre("0", "1"));
  EXPECT_THAT(read->table.Find("y")->codes, ElementsAre(1, 0, 1));
  EXPECT_EQ(read->table.Find("X0")->type, ColumnType::kTime);
  EXPECT_EQ(Complaint("arrays.npz", {.types = {{"X0", ColumnType::kInteger}}}),
            "array \"X\": row 1, column \"X0\": 1.5 is not of type integer");
}

TEST(ArrayFileTest, TakesSamplesAndParts) {
  const auto all = ReadTable(PathOf("fortran.npy"), {}).value();
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const auto read = ReadTable(PathOf("fortran.npy"), {.max_rows = 2, .seed = seed});
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->facts.rows, 3u);
    const auto& numbers = read->table.Find("x0")->numbers;
    ASSERT_EQ(numbers.size(), 2u);
    EXPECT_LT(numbers[0], numbers[1]);
    for (size_t row = 0; row < 2; ++row)
      EXPECT_EQ(all.table.Find("x0")->numbers[read->table.numbers[row] - 1], numbers[row]);
    EXPECT_EQ(
        ReadTable(PathOf("matrix.npy"), {.max_rows = 2, .seed = seed})->table.Find("x0")->numbers,
        numbers);
  }
  const auto stream = OpenTable(PathOf("matrix.npy"));
  EXPECT_EQ((*stream)->Next(2)->rows, 2u);
  EXPECT_THAT((*stream)->Next(2)->Find("x0")->numbers, ElementsAre(5));
  EXPECT_EQ((*stream)->Next(2)->rows, 0u);
}

TEST(ArrayFileTest, SaysWhatIsNotTaken) {
  EXPECT_EQ(Complaint("cube.npy"), "expected an array of one or two dimensions, got 3");
  EXPECT_EQ(Complaint("uneven.npz"),
            "array \"b\": expected 3 rows, as the arrays before it have, got 2");
  EXPECT_EQ(Complaint("matrix.npy", {.types = {{"x7", ColumnType::kNumber}}}),
            "there is no column \"x7\"; did you mean \"x0\"?");
  EXPECT_EQ(
      Complaint("matrix.npy", {.max_memory_bytes = 10}),
      "3 rows of 2 columns take 0 MB of memory, expected at most 0 MB: read a sample of its rows "
      "(--sample)");
}

TEST(ArrayFileTest, RefusesAnEncryptedArrayByName) {
  const io::TemporaryFolder folder;
  std::string bytes = ReadBytes("arrays.npz");
  bytes[6] |= 1;
  const auto read = ReadTable(folder.Write("encrypted.npz", bytes));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(MessageOf(read.status()), HasSubstr(".npy\" is encrypted"));
}

TEST(ArrayFileTest, SurvivesCutsAndFlippedBytes) {
  const io::TemporaryFolder folder;
  for (const std::string_view name : {"matrix.npy", "words.npy", "arrays.npz", "packed.npz"}) {
    const std::string bytes = ReadBytes(name);
    // Every byte of the small ones; of archives, whose files take time, every fifth.
    for (size_t at = 0; at < bytes.size(); at += name.ends_with(".npy") ? 1 : 5) {
      const auto cut =
          ReadTable(folder.Write(fmt::format("{}.cut{}", name, at), bytes.substr(0, at)));
      EXPECT_FALSE(cut.ok() && name.ends_with(".npy")) << name << " " << at;
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x11);
      (void)ReadTable(folder.Write(fmt::format("{}.flip{}", name, at), flipped),
                      {.max_memory_bytes = 1 << 20})
          .ok();
    }
  }
}

}  // namespace
}  // namespace slipway::data
