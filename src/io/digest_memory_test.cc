#include "io/digest_memory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "io/checksum.h"
#include "io/testing/temporary_folder.h"

namespace slipway::io {
namespace {

/// A SHA-256 that no content has tells whether what was read was hashed or remembered.
const std::string kMark(Sha256::kHexSize, 'a');

uint64_t SumOf(const std::string& text) { return Checksum(std::as_bytes(std::span(text))); }

class DigestMemoryTest : public ::testing::Test {
 protected:
  static std::string Content(char c, size_t size = DigestMemory::kLeastBytes) {
    return std::string(size, c);
  }
  std::string Put(const std::string& content) { return root_.Write("model", content); }
  std::string Memory() const { return root_ / "data/digests"; }

  /// As a server of its own would, `later` after now: file times are real.
  std::string DigestAsOf(int64_t later_ns) {
    DigestMemory memory(Memory(), [later_ns] {
      timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      return now.tv_sec * 1'000'000'000 + now.tv_nsec + later_ns;
    });
    const File file = *File::Open(root_ / "model");
    std::string digest = memory.Read(file, UINT64_MAX)->sha256;
    EXPECT_TRUE(memory.Save().ok());
    return digest;
  }
  std::string DigestLater() { return DigestAsOf(2 * DigestMemory::kSettledNs); }

  std::string Text() const {
    std::ifstream file(Memory());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// What is remembered of the only file is replaced by the mark.
  void Mark() {
    std::string text = Text();
    ASSERT_GT(text.size(), kMark.size());
    text.replace(text.size() - kMark.size() - 1, kMark.size(), kMark);
    std::ofstream(Memory()) << text;
  }

  TemporaryFolder root_;
};

TEST_F(DigestMemoryTest, AFileThatDidNotChangeIsNotHashedAgain) {
  Put(Content('x'));
  EXPECT_EQ(DigestLater(), Sha256Hex(Content('x')));
  Mark();
  EXPECT_EQ(DigestLater(), kMark);
}

TEST_F(DigestMemoryTest, AFileThatHasJustChangedIsNotRemembered) {
  Put(Content('x'));
  EXPECT_EQ(DigestAsOf(0), Sha256Hex(Content('x')));
  EXPECT_FALSE(std::ifstream(Memory()).is_open());
}

TEST_F(DigestMemoryTest, SmallFilesAreHashed) {
  Put(Content('x', DigestMemory::kLeastBytes - 1));
  DigestLater();
  EXPECT_FALSE(std::ifstream(Memory()).is_open());
}

TEST_F(DigestMemoryTest, OtherContentIsHashedWhateverItsModificationTimeSays) {
  const std::string path = Put(Content('x'));
  DigestLater();
  struct stat before;
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  std::fstream(path, std::ios::in | std::ios::out) << 'y';
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_EQ(DigestLater(), Sha256Hex("y" + Content('x').substr(1)));
}

TEST_F(DigestMemoryTest, AFileInItsPlaceIsHashed) {
  Put(Content('x'));
  DigestLater();
  root_.Write("other", Content('y'));
  ASSERT_EQ(rename((root_ / "other").c_str(), (root_ / "model").c_str()), 0);
  EXPECT_EQ(DigestLater(), Sha256Hex(Content('y')));
}

TEST_F(DigestMemoryTest, BytesThatChangedUnderTheSameFactsAreHashed) {
  Put(Content('x'));
  DigestLater();
  // As if the disk had lost a bit: another checksum was remembered than the bytes have.
  std::string text = Text();
  const std::string sum = std::to_string(SumOf(Content('x')));
  text.replace(text.find(sum), sum.size(), "1");
  std::ofstream(Memory()) << text;
  Mark();
  EXPECT_EQ(DigestLater(), Sha256Hex(Content('x')));
}

TEST_F(DigestMemoryTest, ADamagedMemoryIsAnEmptyOne) {
  Put(Content('x'));
  DigestLater();
  Mark();
  const std::string whole = Text();
  for (size_t size = 0; size + 1 < whole.size(); ++size) {
    std::ofstream(Memory()) << whole.substr(0, size);
    EXPECT_EQ(DigestLater(), Sha256Hex(Content('x'))) << size;
  }
  for (const std::string& text : {"x" + whole, whole.substr(0, 20) + "-1 " + whole.substr(20)}) {
    std::ofstream(Memory()) << text;
    EXPECT_EQ(DigestLater(), Sha256Hex(Content('x'))) << text;
  }
}

TEST_F(DigestMemoryTest, OfTooManyFilesTheLastReadStay) {
  std::string text = "slipway digests 1\n";
  for (size_t i = 1; i <= DigestMemory::kMostFiles; ++i)
    text += fmt::format("0 {} 300000 1 1 1 {}\n", i, kMark);
  root_.Write("data/digests", text);
  Put(Content('x'));
  DigestLater();
  const std::string kept = Text();
  EXPECT_EQ(std::ranges::count(kept, '\n'), 1 + DigestMemory::kMostFiles);
  EXPECT_EQ(kept.find("\n0 1 3"), kept.npos);
  EXPECT_NE(kept.find("\n0 2 3"), kept.npos);
  Mark();
  EXPECT_EQ(DigestLater(), kMark);
}

TEST_F(DigestMemoryTest, WhatCannotBeWrittenIsHashed) {
  root_.Write("data", "a file in the folder's place");
  Put(Content('x'));
  DigestMemory memory(Memory(), [] { return INT64_MAX; });
  EXPECT_EQ(memory.Read(*File::Open(root_ / "model"), UINT64_MAX)->sha256, Sha256Hex(Content('x')));
  EXPECT_FALSE(memory.Save().ok());
}

TEST(ChecksumTest, AnyChangedByteIsNoticed) {
  std::string text;
  for (size_t i = 0; i < 200; ++i) text += static_cast<char>(i * 37);
  for (size_t size : {0, 1, 7, 63, 64, 65, 128, 200}) {
    std::string part = text.substr(0, size);
    const uint64_t sum = SumOf(part);
    EXPECT_NE(SumOf(part + '\0'), sum) << size;
    for (char& c : part) {
      c ^= 1;
      EXPECT_NE(SumOf(part), sum);
      c ^= 1;
    }
  }
}

}  // namespace
}  // namespace slipway::io
