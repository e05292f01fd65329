#include "shm/regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace slipway::shm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RegionsTest : public testing::Test {
 protected:
  RegionsTest() {
    char name[] = "/tmp/slipway-shm-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::ofstream(folder_ + "/lent") << std::string(100, 'x');
  }
  ~RegionsTest() override { std::filesystem::remove_all(folder_); }

  RegionsOptions Options(size_t max_regions = 1024) const {
    return {.rules = {.folder = folder_, .prefix = ""}, .max_regions = max_regions};
  }
  static std::vector<std::string> NamesIn(const Regions& regions) {
    std::vector<std::string> names;
    const auto all = regions.List("");
    for (const RegionSpec& spec : *all) names.push_back(spec.name);
    return names;
  }

  std::string folder_;
};

TEST_F(RegionsTest, ListsWhatIsRegisteredByName) {
  Regions regions(Options());
  EXPECT_TRUE(regions.Register({"b", "/lent", 0, 10}).ok());
  EXPECT_TRUE(regions.Register({"a", "/lent", 10, 90}).ok());
  EXPECT_THAT(NamesIn(regions), ElementsAre("a", "b"));
  const auto one = regions.List("a");
  ASSERT_TRUE(one.ok());
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->front().key, "/lent");
  EXPECT_EQ(one->front().offset, 10u);
  EXPECT_EQ(one->front().byte_size, 90u);
  EXPECT_EQ(ReasonOf(regions.List("c").status()), Reason::kNotFound);
}

TEST_F(RegionsTest, NameThatIsTakenKeepsItsRegion) {
  Regions regions(Options());
  ASSERT_TRUE(regions.Register({"a", "/lent", 0, 10}).ok());
  EXPECT_EQ(ReasonOf(regions.Register({"a", "/lent", 0, 100})), Reason::kAlreadyExists);
  EXPECT_EQ(regions.List("a")->front().byte_size, 10u);
}

TEST_F(RegionsTest, NamesAreChecked) {
  Regions regions(Options());
  for (const std::string& name :
       {std::string(), std::string("a\nb"), std::string("\xff"), std::string(256, 'a')})
    EXPECT_EQ(ReasonOf(regions.Register({name, "/lent", 0, 10})), Reason::kBadRequest) << name;
  EXPECT_THAT(NamesIn(regions), IsEmpty());
}

TEST_F(RegionsTest, NumberIsLimited) {
  Regions regions(Options(2));
  EXPECT_TRUE(regions.Register({"a", "/lent", 0, 10}).ok());
  EXPECT_TRUE(regions.Register({"b", "/lent", 0, 10}).ok());
  EXPECT_EQ(ReasonOf(regions.Register({"c", "/lent", 0, 10})), Reason::kOverloaded);
  regions.Unregister("a");
  EXPECT_TRUE(regions.Register({"c", "/lent", 0, 10}).ok());
}

TEST_F(RegionsTest, MessageNamesNoOtherRegion) {
  Regions regions(Options());
  ASSERT_TRUE(regions.Register({"secret", "/lent", 0, 10}).ok());
  const Status status = regions.Find("guess", 0, 1).status();
  EXPECT_EQ(ReasonOf(status), Reason::kNotFound);
  EXPECT_EQ(MessageOf(status), "shared memory region \"guess\": not registered");
}

TEST_F(RegionsTest, WindowOutlivesItsRegistration) {
  Regions regions(Options());
  ASSERT_TRUE(regions.Register({"a", "/lent", 0, 10}).ok());
  const auto window = regions.Find("a", 0, 10);
  ASSERT_TRUE(window.ok());
  regions.UnregisterAll();
  std::filesystem::remove(folder_ + "/lent");
  EXPECT_EQ(ReasonOf(regions.Find("a", 0, 10).status()), Reason::kNotFound);
  std::vector<std::byte> bytes(10);
  EXPECT_TRUE(window->Read(bytes).ok());
  EXPECT_EQ(bytes[9], std::byte{'x'});
}

TEST_F(RegionsTest, RegisteringAndReadingAtTheSameTimeIsSafe) {
  Regions regions(Options());
  std::atomic<bool> done = false;
  std::jthread changes([&] {
    for (int i = 0; i < 200; ++i) {
      (void)regions.Register({"a", "/lent", 0, 100});
      i % 2 == 0 ? regions.Unregister("a") : regions.UnregisterAll();
    }
    done = true;
  });
  std::vector<std::byte> bytes(100);
  while (!done) {
    const auto window = regions.Find("a", 0, 100);
    ASSERT_TRUE(!window.ok() || window->Read(bytes).ok());
  }
}

}  // namespace
}  // namespace slipway::shm
