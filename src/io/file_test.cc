#include "io/file.h"

#include <sys/stat.h>

#include <filesystem>

#include "io/testing/temporary_folder.h"

namespace slipway::io {
namespace {

using ::testing::HasSubstr;

TEST(FileTest, ReadsTheWholeContentAndItsDigest) {
  const TemporaryFolder folder;
  const std::string content(3'000'001, 'x');  // more than one chunk
  const auto file = File::Open(folder.Write("a", content));
  ASSERT_TRUE(file.ok()) << file.status();
  Sha256 digest;
  const auto bytes = file->ReadAll(content.size(), &digest);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(bytes->text(), content);
  EXPECT_EQ(digest.HexDigest(), Sha256Hex(content));
}

TEST(FileTest, ReadsAnEmptyFile) {
  const TemporaryFolder folder;
  const auto bytes = File::Open(folder.Write("a", "")).value().ReadAll(0);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->size(), 0u);
}

TEST(FileTest, RefusesAboveTheLimitBeforeReading) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("a", "1");
  std::filesystem::resize_file(path, uint64_t{1} << 40);  // sparse: reading it would never end
  const auto bytes = File::Open(path).value().ReadAll(1000);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(ReasonOf(bytes.status()), Reason::kTooLarge);
  EXPECT_THAT(MessageOf(bytes.status()),
              HasSubstr("expected at most 1000 bytes, got 1099511627776"));
}

TEST(FileTest, ReportsAFileThatShrankAfterItWasOpened) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("a", "0123456789");
  const auto file = File::Open(path);
  std::filesystem::resize_file(path, 5);
  EXPECT_THAT(MessageOf(file->ReadAll(100).status()), HasSubstr("expected 10 bytes, got 5"));
}

TEST(FileTest, ReportsAFileThatGrewAfterItWasOpened) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("a", "0123456789");
  const auto file = File::Open(path);
  std::filesystem::resize_file(path, 50);
  EXPECT_EQ(ReasonOf(file->ReadAll(100).status()), Reason::kIo);
}

TEST(FileTest, ReadsOnAfterTheNameWasReplaced) {
  const TemporaryFolder folder;
  const auto file = File::Open(folder.Write("a", "old"));
  std::filesystem::rename(folder.Write("b", "new!"), folder / "a");
  EXPECT_EQ(file->ReadAll(100)->text(), "old");
}

TEST(FileTest, RefusesWhatIsNoRegularFileWithoutBlocking) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  for (const std::string& path : {folder / "fifo", folder.path(), std::string("/dev/zero")}) {
    const auto file = File::Open(path);
    ASSERT_FALSE(file.ok()) << path;
    EXPECT_EQ(ReasonOf(file.status()), Reason::kBadModel);
    EXPECT_THAT(MessageOf(file.status()), HasSubstr("expected a regular file"));
  }
}

TEST(FileTest, NamesAMissingFile) {
  EXPECT_EQ(ReasonOf(File::Open("/nonexistent/file").status()), Reason::kNotFound);
}

TEST(DigestTest, MatchesTheStandardsVectors) {  // FIPS 180-2, appendix B
  EXPECT_EQ(Sha256Hex(std::string_view()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DigestTest, TakesBytesInPieces) {
  Sha256 digest;
  digest.Update("a");
  digest.Update("");
  digest.Update("bc");
  EXPECT_EQ(digest.HexDigest(), Sha256Hex("abc"));
}

TEST(DigestTest, RecognisesItsOwnSpellingOnly) {
  EXPECT_TRUE(IsSha256Hex(Sha256Hex("x")));
  EXPECT_FALSE(IsSha256Hex(std::string(63, 'a')));
  EXPECT_FALSE(IsSha256Hex(std::string(64, 'A')));
  EXPECT_FALSE(IsSha256Hex(std::string(64, 'g')));
}

}  // namespace
}  // namespace slipway::io
