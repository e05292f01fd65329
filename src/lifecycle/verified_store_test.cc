#include "lifecycle/verified_store.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace slipway::lifecycle {
namespace {

namespace fs = std::filesystem;

class VerifiedStoreTest : public ::testing::Test {
 protected:
  VerifiedStoreTest() { fs::remove_all(folder_); }
  ~VerifiedStoreTest() override { fs::remove_all(folder_); }

  VerifiedStore Store(int processors, const std::string& runtime = "runtime 1") const {
    return {folder_, runtime, processors};
  }
  fs::path TheRecord() const { return fs::directory_iterator(folder_)->path(); }
  std::string Content() const {
    std::ifstream file(TheRecord());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path folder_ = fs::path(::testing::TempDir()) /
                           (std::string("verified_store_test.") +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(VerifiedStoreTest, ADigestIsKnownToTheRuntimeAndTheProcessorThatItPassedOn) {
  ASSERT_TRUE(Store(4).Add("sha256:1", {}).ok());
  EXPECT_TRUE(Store(4).Find("sha256:1"));
  EXPECT_FALSE(Store(4).Find("sha256:2"));
  EXPECT_FALSE(Store(4, "runtime 2").Find("sha256:1"));
  EXPECT_TRUE(VerifiedStore(folder_, "runtime 1", 4, ProcessorText()).Find("sha256:1"));
  EXPECT_FALSE(VerifiedStore(folder_, "runtime 1", 4, "another").Find("sha256:1"));
}

TEST_F(VerifiedStoreTest, ThreadsCountForAsManyProcessorsAsTheyWereMeasuredOn) {
  ASSERT_TRUE(Store(4).Add("sha256:1", {.threads = 2}).ok());
  EXPECT_EQ(Store(4).Find("sha256:1")->threads, 2);
  ASSERT_TRUE(Store(8).Find("sha256:1"));
  EXPECT_EQ(Store(8).Find("sha256:1")->threads, std::nullopt);
  ASSERT_TRUE(Store(8).Add("sha256:1", {.threads = 8}).ok());
  EXPECT_EQ(Store(8).Find("sha256:1")->threads, 8);
}

TEST_F(VerifiedStoreTest, ARecordWithoutThreadsStillCounts) {
  ASSERT_TRUE(Store(2).Add("sha256:1", {.threads = 2}).ok());
  const std::string whole = Content();
  const std::string old = whole.substr(0, whole.find("threads"));
  ASSERT_NE(old, whole);
  for (const std::string& content : {old, std::string(), old + "threads", old + "threads 0 of 2\n",
                                     old + "threads 3 of 2\n", old + "threads 2 of 22\n"}) {
    std::ofstream(TheRecord()) << content;
    ASSERT_TRUE(Store(2).Find("sha256:1")) << content;
    EXPECT_EQ(Store(2).Find("sha256:1")->threads, std::nullopt) << content;
  }
}

TEST(NoVerifiedStoreTest, WithoutAFolderNothingIsRemembered) {
  const VerifiedStore store("", "runtime 1", 2);
  EXPECT_TRUE(store.Add("sha256:1", {.threads = 2}).ok());
  EXPECT_FALSE(store.Find("sha256:1"));
}

}  // namespace
}  // namespace slipway::lifecycle
