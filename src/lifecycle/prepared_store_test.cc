#include "lifecycle/prepared_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "io/testing/temporary_folder.h"

namespace slipway::lifecycle {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr size_t kHeadBytes = 64;

class PreparedStoreTest : public ::testing::Test {
 protected:
  PreparedStore Store(PreparedStore::Limits limits = {.free_share = 0}) const {
    return {Folder(), "runtime 1", limits};
  }
  std::string Folder() const { return root_ / "data/prepared"; }
  static Buffer Form(size_t size, char c = 'x') { return Buffer::Own(std::string(size, c)); }
  static std::string TextOf(const std::optional<Buffer>& form) {
    if (!form) return "none";
    return {reinterpret_cast<const char*>(form->data()), form->size()};
  }
  fs::path TheFile() const { return fs::directory_iterator(Folder())->path(); }
  size_t CountFiles() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(Folder()), fs::directory_iterator()));
  }

  io::TemporaryFolder root_;
};

TEST_F(PreparedStoreTest, AFormIsFoundForTheRuntimeAndTheProcessorThatMadeIt) {
  ASSERT_TRUE(Store().Put("sha256:1", Form(100)).ok());
  const auto found = Store().Find("sha256:1");
  EXPECT_EQ(TextOf(found), std::string(100, 'x'));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(found->data()) % 64, 0u);
  EXPECT_EQ(Store().Find("sha256:2"), std::nullopt);
  EXPECT_EQ(PreparedStore(Folder(), "runtime 2").Find("sha256:1"), std::nullopt);
  EXPECT_TRUE(PreparedStore(Folder(), "runtime 1", {}, ProcessorText()).Find("sha256:1"));
  EXPECT_FALSE(PreparedStore(Folder(), "runtime 1", {}, "another").Find("sha256:1"));
}

TEST_F(PreparedStoreTest, ARefusedFormIsEmptyAndAForgottenOneNone) {
  ASSERT_TRUE(Store().Put("sha256:1", Form(100)).ok());
  ASSERT_TRUE(Store().Refuse("sha256:1").ok());
  EXPECT_EQ(TextOf(Store().Find("sha256:1")), "");
  Store().Forget("sha256:1");
  EXPECT_EQ(TextOf(Store().Find("sha256:1")), "none");
}

TEST_F(PreparedStoreTest, ADamagedFileCountsAsNone) {
  ASSERT_TRUE(Store().Put("sha256:1", Form(100)).ok());
  std::ifstream file(TheFile());
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  ASSERT_EQ(whole.size(), kHeadBytes + 100);
  const auto found_in = [&](const std::string& content) {
    std::ofstream(TheFile()) << content;
    return TextOf(Store().Find("sha256:1"));
  };
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(found_in(whole.substr(0, size)), "none") << size;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] ^= 4;
    EXPECT_EQ(found_in(changed), "none") << at;
  }
  EXPECT_EQ(found_in(whole + "x"), "none");
  EXPECT_EQ(found_in(whole), std::string(100, 'x'));
}

TEST_F(PreparedStoreTest, TheLeastRecentlyUsedMakeRoom) {
  const PreparedStore::Limits limits{
      .model_bytes = 100, .total_bytes = 3 * (kHeadBytes + 100), .free_share = 0};
  const std::string digests[] = {"sha256:0", "sha256:1", "sha256:2"};
  const auto now = fs::file_time_type::clock::now();
  for (int i = 0; i < 3; ++i) {
    const size_t before = i == 0 ? 0 : CountFiles();
    ASSERT_TRUE(Store(limits).Put(digests[i], Form(100)).ok());
    ASSERT_EQ(CountFiles(), before + 1);
    for (const auto& file : fs::directory_iterator(Folder()))
      fs::last_write_time(file, fs::last_write_time(file) - 1h);
  }
  ASSERT_TRUE(Store(limits).Find("sha256:0"));  // used just now
  EXPECT_GT(fs::last_write_time(TheFile()) + 4h, now);
  ASSERT_TRUE(Store(limits).Put("sha256:3", Form(100)).ok());
  EXPECT_TRUE(Store(limits).Find("sha256:0"));
  EXPECT_FALSE(Store(limits).Find("sha256:1"));
  EXPECT_TRUE(Store(limits).Find("sha256:2"));
  EXPECT_TRUE(Store(limits).Find("sha256:3"));
}

TEST_F(PreparedStoreTest, FilesAreCountedToo) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Store({.files = 3, .free_share = 0}).Refuse(std::to_string(i)).ok());
    EXPECT_LE(CountFiles(), 3u);
  }
  EXPECT_TRUE(Store().Find("4"));
}

TEST_F(PreparedStoreTest, WhatIsTooLargeIsNotKept) {
  const Status status = Store({.model_bytes = 99, .free_share = 0}).Put("1", Form(100));
  EXPECT_EQ(ReasonOf(status), Reason::kTooLarge);
  EXPECT_EQ(MessageOf(status), "expected at most 99 bytes of a prepared model, got 100");
  EXPECT_FALSE(Store().Find("1"));
}

TEST_F(PreparedStoreTest, NothingIsWrittenWhenTheDiskIsShort) {
  EXPECT_EQ(ReasonOf(Store({.free_share = 1}).Put("1", Form(100))), Reason::kDiskFull);
  EXPECT_FALSE(Store().Find("1"));
}

TEST_F(PreparedStoreTest, AFolderThatCannotBeMadeIsSaid) {
  root_.Write("data", "a file in the folder's place");
  EXPECT_EQ(ReasonOf(Store().Put("1", Form(100))), Reason::kIo);
  EXPECT_FALSE(Store().Find("1"));
}

}  // namespace
}  // namespace slipway::lifecycle
