#include "io/tar.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <map>

#include "io/testing/tar_builder.h"
#include "io/testing/temporary_folder.h"

namespace slipway::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Contents = std::map<std::string, std::string>;

StatusOr<Contents> ReadTar(std::string_view tar, const TarLimits& limits = {}) {
  FileDescriptor fd(::memfd_create("tar", MFD_CLOEXEC));
  EXPECT_EQ(::write(fd.get(), tar.data(), tar.size()), static_cast<ssize_t>(tar.size()));
  ASSIGN_OR_RETURN(File file, File::FromDescriptor(std::move(fd), "a.tar"));
  ASSIGN_OR_RETURN(TarReader reader, TarReader::Open(std::move(file), limits));
  Contents contents;
  while (true) {
    ASSIGN_OR_RETURN(const auto entry, reader.Next());
    if (!entry) return contents;
    ASSIGN_OR_RETURN(const Bytes bytes, reader.ReadContent());
    contents[entry->name] = bytes.text();
  }
}

std::string Gzip(const std::string& content) {
  z_stream stream = {};
  deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

StatusOr<std::string> WriteTar(const Contents& contents) {
  const TemporaryFolder folder;
  ASSIGN_OR_RETURN(DurableFile file, DurableFile::Create(folder / "a.tar"));
  TarWriter writer(file);
  for (const auto& [name, content] : contents) {
    RETURN_IF_ERROR(writer.BeginEntry(name, content.size()));
    RETURN_IF_ERROR(writer.Append(std::as_bytes(std::span(content))));
  }
  RETURN_IF_ERROR(writer.Finish());
  RETURN_IF_ERROR(file.Commit());
  return folder.Read("a.tar");
}

void ExpectRefused(std::string_view tar, std::string_view entry, std::string_view rule,
                   const TarLimits& limits = {}) {
  const auto contents = ReadTar(tar, limits);
  ASSERT_FALSE(contents.ok()) << rule;
  EXPECT_EQ(ReasonOf(contents.status()), Reason::kBadModel);
  EXPECT_THAT(MessageOf(contents.status()), HasSubstr(entry));
  EXPECT_THAT(MessageOf(contents.status()), HasSubstr(rule));
}

TEST(TarTest, WhatIsWrittenIsRead) {
  const Contents contents = {{"examples/a.json", "{}"},
                             {"größe/gewicht", "utf-8 name"},
                             {"empty", ""},
                             {std::string(200, 'd') + "/" + std::string(200, 'f'), "long name"},
                             {"model.onnx", std::string(3'000'000, 'm')}};
  const auto tar = WriteTar(contents);
  ASSERT_TRUE(tar.ok()) << tar.status();
  EXPECT_EQ(ReadTar(*tar, {.max_ratio = 1}).value(), contents);
}

TEST(TarTest, SameContentGivesSameBytes) {
  const Contents contents = {{"b", "2"}, {"a", "1"}};
  EXPECT_EQ(WriteTar(contents).value(), WriteTar(contents).value());
}

// Headers of ustar: offsets 100 mode, 108 owner, 116 group, 136 time, 265 owner's name.
TEST(TarTest, HeadersHoldNothingOfTheMachine) {
  const std::string tar = WriteTar({{"a", "1"}}).value();
  EXPECT_EQ(tar.substr(100, 7), "0000644");
  EXPECT_EQ(tar.substr(108, 7), "0000000");
  EXPECT_EQ(tar.substr(116, 7), "0000000");
  EXPECT_EQ(tar.substr(136, 11), "00000000000");
  EXPECT_EQ(tar[265], '\0');
}

TEST(TarTest, WriterNoticesSizesThatDoNotAddUp) {
  const TemporaryFolder folder;
  auto file = DurableFile::Create(folder / "a.tar");
  TarWriter writer(*file);
  ASSERT_TRUE(writer.BeginEntry("a", 2).ok());
  EXPECT_FALSE(writer.Finish().ok());
  EXPECT_FALSE(writer.BeginEntry("b", 0).ok());
  EXPECT_FALSE(writer.Append(std::as_bytes(std::span("123"))).ok());
}

TEST(TarTest, ReadsGzipAlsoInSeveralMembers) {
  const std::string tar = TarBuilder().File("a", "content").Finish();
  EXPECT_THAT(ReadTar(Gzip(tar)).value(), ElementsAre(Pair("a", "content")));
  const std::string members = Gzip(tar.substr(0, 700)) + Gzip(tar.substr(700));
  EXPECT_THAT(ReadTar(members).value(), ElementsAre(Pair("a", "content")));
}

TEST(TarTest, DropsLeadingDotAndSkipsFolders) {
  const std::string tar =
      TarBuilder().Entry("./", '5').Entry("./sub/", '5').File("./sub/a", "1").Finish();
  EXPECT_THAT(ReadTar(tar).value(), ElementsAre(Pair("sub/a", "1")));
}

TEST(TarTest, SkipsContentThatIsNotAskedFor) {
  const TemporaryFolder folder;
  folder.Write("a.tar", TarBuilder().File("a", std::string(700, 'a')).File("b", "2").Finish());
  auto reader = TarReader::Open(File::Open(folder / "a.tar").value()).value();
  ASSERT_EQ(reader.Next().value()->name, "a");
  ASSERT_EQ(reader.Next().value()->name, "b");
  EXPECT_EQ(reader.ReadContent()->text(), "2");
}

// Every dialect that GNU tar writes, and what it makes of ours.
TEST(TarTest, AgreesWithGnuTar) {
  const std::string long_name = std::string(120, 'd') + "/" + std::string(120, 'f');
  const Contents contents = {
      {"größe", "utf-8"}, {"sub/empty", ""}, {long_name, "long"}, {"z", std::string(100'000, 'z')}};
  for (const std::string dialect : {"gnu", "posix", "oldgnu"}) {
    const TemporaryFolder folder;
    for (const auto& [name, content] : contents) folder.Write("in/" + name, content);
    ASSERT_EQ(std::system(fmt::format("tar -C {} --format={} -cf {} .", folder / "in", dialect,
                                      folder / "a.tar").c_str()), 0);
    EXPECT_EQ(ReadTar(folder.Read("a.tar")).value(), contents) << dialect;
  }
  const TemporaryFolder folder;
  folder.Write("ours.tar", WriteTar(contents).value());
  std::filesystem::create_directory(folder / "out");
  ASSERT_EQ(std::system(fmt::format("tar -C {} -xf {}", folder / "out", folder / "ours.tar").c_str()), 0);
  for (const auto& [name, content] : contents) EXPECT_EQ(folder.Read("out/" + name), content) << name;
}

TEST(TarTest, RefusesNamesThatLeadOut) {
  ExpectRefused(TarBuilder().File("../x", "1").Finish(), "\"../x\"", "\"..\" is not allowed");
  ExpectRefused(TarBuilder().File("a/../../x", "1").Finish(), "a/../../x", "\"..\" is not allowed");
  ExpectRefused(TarBuilder().File("/etc/passwd", "1").Finish(), "/etc/passwd", "is absolute");
  ExpectRefused(TarBuilder().File("a\\b", "1").Finish(), "a\\b", "backslash");
  ExpectRefused(TarBuilder().File("a\nb", "1").Finish(), "", "control characters");
  ExpectRefused(TarBuilder().Entry("../sub/", '5').Finish(), "../sub", "not allowed");
}

TEST(TarTest, RefusesEveryKindButRegularFiles) {
  const std::pair<char, std::string> kinds[] = {
      {'1', "hard link"}, {'2', "symbolic link"}, {'3', "device"},      {'4', "device"},
      {'6', "FIFO"},      {'S', "sparse file"},   {'7', "special file"}, {'Z', "special file"},
      {'K', "symbolic link"}};
  for (const auto& [kind, word] : kinds) {
    ExpectRefused(TarBuilder().File("a", "1").Entry("odd", kind).Finish(), "\"odd\"", "is a " + word);
  }
}

TEST(TarTest, ChecksNamesOfExtensionHeadersToo) {
  ExpectRefused(TarBuilder().Entry("x", 'x', "14 path=../x12\n").File("a", "").Finish(), "", "damaged");
  ExpectRefused(TarBuilder().Entry("x", 'x', "13 path=../x\n").File("a", "").Finish(), "../x", "not allowed");
  ExpectRefused(TarBuilder().Entry("x", 'L', std::string("/etc/x\0", 7)).File("a", "").Finish(), "/etc/x", "is absolute");
  ExpectRefused(TarBuilder().Entry("x", 'g', "10 path=a\n").File("a", "").Finish(), "", "global header");
  ExpectRefused(TarBuilder().Entry("x", 'x', "22 GNU.sparse.major=1\n").File("a", "").Finish(), "", "sparse");
  ExpectRefused(TarBuilder().Entry("x", 'x', "11 size=-1\n").File("a", "").Finish(), "", "no number");
  ExpectRefused(TarBuilder().Entry("x", 'x', std::string(70'000, ' ')).Finish(), "", "at most 65536");
}

TEST(TarTest, RefusesNamesThatCollide) {
  ExpectRefused(TarBuilder().File("a", "1").File("a", "2").Finish(), "\"a\"", "occurs twice");
  ExpectRefused(TarBuilder().File("a", "1").File("./a", "2").Finish(), "\"a\"", "occurs twice");
  ExpectRefused(TarBuilder().File("a", "1").File("a/b", "2").Finish(), "\"a/b\"", "beneath a file");
  ExpectRefused(TarBuilder().File("a/b", "1").File("a", "2").Finish(), "\"a\"", "also a folder");
}

TEST(TarTest, NamesThatOnlyShareAStartDoNotCollide) {
  EXPECT_EQ(ReadTar(TarBuilder().File("a", "1").File("a-b", "2").File("ab/c", "3").Finish())->size(), 3u);
}

// ROBUSTNESS case 60 says a hundred thousand.
TEST(TarTest, RefusesTooManyEntries) {
  const char* scale = std::getenv("SLIPWAY_TEST_SCALE");
  const int entries = scale && scale == std::string_view("release") ? 100'000 : 20'001;
  TarBuilder builder;
  for (int i = 0; i < entries; ++i) builder.File(std::to_string(i), "");
  ExpectRefused(Gzip(builder.Finish()), "", "at most 20000 entries");
}

TEST(TarTest, CountsFoldersAndExtensionHeadersAsEntries) {
  for (const char kind : {'5', 'x', 'L', 'g'}) {
    TarBuilder builder;
    for (int i = 0; i < 11; ++i) builder.Entry("sub/", kind);
    ExpectRefused(builder.Finish(), "", "at most 10 entries", {.max_entries = 10});
  }
}

TEST(TarTest, RefusesAHighRatioBeforeExpandingIt) {
  const std::string bomb = Gzip(TarBuilder().File("bomb", std::string(50'000'000, '\0')).Finish());
  ASSERT_LT(bomb.size(), 400'000u);
  ExpectRefused(bomb, "\"bomb\"", "more than 100 times");
}

TEST(TarTest, CountsTheRatioOverAllEntries) {
  TarBuilder builder;
  const std::string zeros(20'000, '\0');  // each alone is within the ratio
  for (int i = 0; i < 1000; ++i) builder.File(std::to_string(i), zeros);
  ExpectRefused(Gzip(builder.Finish()), "", "more than 100 times");
}

TEST(TarTest, RefusesAboveTheTotal) {
  ExpectRefused(TarBuilder().File("a", "12345").File("b", "12345").Finish(), "\"b\"",
                "at most 9 bytes in total", {.max_total_bytes = 9});
}

TEST(TarTest, RefusesASizeNearTheEndOfTheNumbers) {
  std::string tar = TarBuilder().File("a", "1").Finish();
  tar.replace(124, 12, std::string("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12));  // base-256
  uint32_t sum = 0;
  tar.replace(148, 8, "        ");
  for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[i]);
  tar.replace(148, 7, fmt::format("{:06o}", sum) + '\0');
  ExpectRefused(tar, "\"a\"", "in total");
}

TEST(TarTest, RefusesWhatIsNoTar) {
  EXPECT_FALSE(ReadTar(std::string(2000, 'x')).ok());
  EXPECT_FALSE(LooksLikeTar(std::string(600, 'x')));
  EXPECT_FALSE(LooksLikeTar(""));
  EXPECT_TRUE(LooksLikeTar(TarBuilder().File("a", "1").Finish()));
  EXPECT_TRUE(LooksLikeTar(Gzip(TarBuilder().File("a", "1").Finish())));
}

TEST(TarTest, EveryTruncationIsRefused) {
  const std::string tar = TarBuilder().File("a", std::string(700, 'a')).File("b", "2").Finish();
  const size_t needed = tar.size() - kTarBlockBytes;  // one block of zeros is enough
  for (size_t size = 0; size < needed; size += 37) EXPECT_FALSE(ReadTar(tar.substr(0, size)).ok()) << size;
  const std::string gzip = Gzip(tar);
  for (size_t size = 0; size + 12 < gzip.size(); size += 3) EXPECT_FALSE(ReadTar(gzip.substr(0, size)).ok()) << size;
}

TEST(TarTest, EveryFlippedBitIsAnsweredCleanly) {
  const std::string tar = TarBuilder().Entry("x", 'x', "12 path=a/b\n").File("a", "1").File("b/c", "2").Finish();
  for (size_t bit = 0; bit < 5 * 512 * 8; bit += 7) {
    std::string flipped = tar;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto contents = ReadTar(flipped);
    if (contents.ok()) continue;
    EXPECT_EQ(ReasonOf(contents.status()), Reason::kBadModel);
  }
}

}  // namespace
}  // namespace slipway::io
