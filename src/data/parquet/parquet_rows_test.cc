#include "data/parquet/parquet_rows.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "data/table_file.h"
#include "io/testing/temporary_folder.h"

namespace slipway::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Written by tests/data/parquet/make_parquet.py; tests/parquet writes many more and says where.
std::filesystem::path Folder() {
  const char* const other = std::getenv("SLIPWAY_PARQUET_FILES");
  return other != nullptr ? other : SLIPWAY_SOURCE_DIR "/tests/data/parquet";
}

std::string PathOf(std::string_view name) {
  return fmt::format("{}/tests/data/parquet/{}.parquet", SLIPWAY_SOURCE_DIR, name);
}

std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Complaint(std::string_view name, const TableOptions& options = {}) {
  const std::string path = PathOf(name);
  const auto read = ReadTable(path, options);
  return read.ok() ? "" : std::string(MessageOf(read.status()).substr(path.size() + 2));
}

/// Also the bits of numbers, NaN aside.
void ExpectSameColumn(const Column& got, const Column& want) {
  EXPECT_EQ(got.name, want.name);
  EXPECT_EQ(NameOf(got.type), NameOf(want.type)) << want.name;
  EXPECT_EQ(got.codes, want.codes) << want.name;
  EXPECT_EQ(got.categories, want.categories) << want.name;
  EXPECT_EQ(got.texts, want.texts) << want.name;
  ASSERT_EQ(got.numbers.size(), want.numbers.size()) << want.name;
  for (size_t row = 0; row < got.numbers.size(); ++row)
    ASSERT_TRUE(std::isnan(want.numbers[row]) ? std::isnan(got.numbers[row])
                                              : std::bit_cast<uint64_t>(got.numbers[row]) ==
                                                    std::bit_cast<uint64_t>(want.numbers[row]))
        << want.name << ", row " << row << ": " << got.numbers[row] << ", not "
        << want.numbers[row];
}

void ExpectSameTable(const Table& got, const Table& want) {
  ASSERT_EQ(got.rows, want.rows);
  ASSERT_EQ(got.columns.size(), want.columns.size());
  for (size_t i = 0; i < got.columns.size(); ++i) ExpectSameColumn(got.columns[i], want.columns[i]);
}

/// All that a stream gives, `rows` at a time.
Table Gathered(const std::string& path, size_t rows) {
  auto stream = OpenTable(path);
  EXPECT_TRUE(stream.ok()) << stream.status();
  Table all;
  while (stream.ok()) {
    auto part = (*stream)->Next(rows);
    EXPECT_TRUE(part.ok()) << part.status();
    if (!part.ok() || part->rows == 0) break;
    all.rows += part->rows;
    if (all.columns.empty()) {
      all.columns = std::move(part->columns);
      continue;
    }
    for (size_t i = 0; i < all.columns.size(); ++i) {
      Column &to = all.columns[i], &from = part->columns[i];
      to.numbers.insert(to.numbers.end(), from.numbers.begin(), from.numbers.end());
      to.codes.insert(to.codes.end(), from.codes.begin(), from.codes.end());
      to.texts.insert(to.texts.end(), from.texts.begin(), from.texts.end());
    }
  }
  return all;
}

TEST(ParquetTest, HoldsWhatCsvOfTheSameTableSays) {
  size_t files = 0;
  std::map<std::string, TableFile> tables, samples;  // of CSV
  const TableOptions sample = {.max_rows = 11, .seed = 3};
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    const std::string path = entry.path().string(), name = entry.path().filename().string();
    if (!path.ends_with(".parquet") || name.starts_with("refused.")) continue;
    SCOPED_TRACE(name);
    const std::string csv = (Folder() / (name.substr(0, name.find('.')) + ".csv")).string();
    if (!tables.contains(csv)) {
      auto whole = ReadTable(csv), some = ReadTable(csv, sample);
      ASSERT_TRUE(whole.ok() && some.ok()) << whole.status();
      tables[csv] = *std::move(whole);
      samples[csv] = *std::move(some);
    }
    const auto got = ReadTable(path), some = ReadTable(path, sample);
    ASSERT_TRUE(got.ok() && some.ok()) << got.status();
    ExpectSameTable(got->table, tables[csv].table);
    EXPECT_EQ(got->facts.rows, tables[csv].facts.rows);
    EXPECT_EQ(got->facts.sha256, io::Sha256Hex(ReadBytes(path)));
    ExpectSameTable(Gathered(path, 9 + got->table.rows / 20), tables[csv].table);
    ExpectSameTable(some->table, samples[csv].table);
    ++files;
  }
  EXPECT_GE(files, 14u);
}

TEST(ParquetTest, KeepsEveryDigitOfWhatIsGivenAsWords) {
  TableOptions options;
  for (const char* const name : {"int64", "uint64", "flag", "decimal30", "ns", "date", "clock us"})
    options.types[name] = ColumnType::kText;
  const auto got = ReadTable(PathOf("required.plain-none-1"), options);
  ASSERT_TRUE(got.ok()) << got.status();
  const auto want =
      ReadTable(SLIPWAY_SOURCE_DIR "/tests/data/parquet/required.csv", {.types = options.types});
  ASSERT_TRUE(want.ok()) << want.status();
  for (const char* const name : {"int64", "uint64", "flag", "decimal30", "date"})
    EXPECT_EQ(got->table.Find(name)->texts, want->table.Find(name)->texts);
  EXPECT_EQ(got->table.Find("int64")->texts[0], "-9223372036854775808");
  EXPECT_EQ(got->table.Find("uint64")->texts[1], "18446744073709551615");
  EXPECT_TRUE(want->table.Find("ns")->texts[0].starts_with(got->table.Find("ns")->texts[0]));
}

TEST(ParquetTest, RefusesRowsThatAGivenTypeCannotHoldOrPassesOverThem) {
  const TableOptions whole = {.types = {{"double", ColumnType::kInteger}}};
  EXPECT_EQ(Complaint("required.plain-none-1", whole),
            "row 1, column \"double\": expected a whole number up to 2^53, got 0.5");
  TableOptions skip = {.types = {{"int8", ColumnType::kBoolean}}, .skip_bad_rows = true};
  const auto read = ReadTable(PathOf("required.plain-none-1"), skip);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->facts.rows + read->facts.skipped, 24u);
  EXPECT_EQ(read->facts.first_skipped,
            "row 1, column \"int8\": expected true, false, 1 or 0, got -128");
  for (const double value : read->table.Find("int8")->numbers)
    EXPECT_TRUE(value == 0 || value == 1);
  EXPECT_EQ(read->table.Find("text")->texts.size(), read->table.rows);
}

TEST(ParquetTest, NamesWhatItDoesNotRead) {
  EXPECT_THAT(Complaint("refused.list"), HasSubstr("column \"tags\" is nested"));
  EXPECT_THAT(Complaint("refused.struct"), HasSubstr("column \"who\" is nested"));
  EXPECT_THAT(Complaint("refused.brotli"),
              AllOf(HasSubstr("row group 0, column \"word\": page at byte 4: "),
                    HasSubstr("compression brotli is not read: write the file with zstd")));
  EXPECT_THAT(Complaint("refused.encrypted"), HasSubstr("the Parquet footer is encrypted"));
  EXPECT_EQ(Complaint("refused.encrypted-column"),
            "row group 0: column \"word\" is encrypted: write the file without that");
}

TEST(ParquetTest, RefusesATableThatIsLargerThanItsMemory) {
  EXPECT_THAT(Complaint("types.plain-none-1", {.max_memory_bytes = 1000}),
              HasSubstr("takes more than 0 MB of memory: read a sample"));
}

TEST(ParquetTest, SaysWhereAFileIsCutOff) {
  const io::TemporaryFolder folder;
  const std::string bytes = ReadBytes(PathOf("types.pages-dictionary"));
  for (size_t size = 5; size < bytes.size(); size += 1 + size / 20) {
    const std::string path = folder.Write(fmt::format("cut{}", size), bytes.substr(0, size));
    EXPECT_EQ(ReasonOf(ReadTable(path).status()), Reason::kBadRequest) << size;
  }
}

TEST(ParquetTest, TakesNoHarmFromFlippedBits) {
  const io::TemporaryFolder folder;
  size_t refused = 0;
  for (const char* const name : {"moments.int96", "types.delta-zstd-2", "required.prefix-gzip-2"}) {
    const std::string bytes = ReadBytes(PathOf(name));
    for (size_t at = 4; at < bytes.size(); at += 1 + bytes.size() / 300) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      const auto read = ReadTable(folder.Write(fmt::format("{}{}", name, at), flipped),
                                  {.max_memory_bytes = 1 << 24});
      if (read.ok()) continue;
      EXPECT_NE(ReasonOf(read.status()), Reason::kInternal);
      ++refused;
    }
  }
  EXPECT_GT(refused, 200u);
}

}  // namespace
}  // namespace slipway::data
