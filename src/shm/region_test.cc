#include "shm/region.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

namespace slipway::shm {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

/// A folder in the place of /dev/shm, which holds the object "/lent" of 100 bytes: 0, 1, 2 …
class RegionTest : public testing::Test {
 protected:
  RegionTest() {
    char name[] = "/tmp/slipway-shm-XXXXXX";
    rules_.folder = ::mkdtemp(name);
    Create("lent", 100);
  }
  ~RegionTest() override { std::filesystem::remove_all(rules_.folder); }

  std::string PathOf(const std::string& object) const { return rules_.folder + "/" + object; }
  void Create(const std::string& object, int size) const {
    std::ofstream file(PathOf(object));
    for (int i = 0; i < size; ++i) file.put(static_cast<char>(i));
  }

  StatusOr<std::shared_ptr<const Region>> Open(std::string key, uint64_t offset = 0,
                                               uint64_t byte_size = 100) const {
    return Region::Open({"r", std::move(key), offset, byte_size}, rules_);
  }
  Reason WhyNot(std::string key, uint64_t offset = 0, uint64_t byte_size = 100) const {
    const auto region = Open(std::move(key), offset, byte_size);
    return region.ok() ? Reason::kInternal : ReasonOf(region.status());
  }

  Rules rules_;
};

TEST_F(RegionTest, ReadsAndWritesOnlyItsPartOfTheObject) {
  const auto region = Open("/lent", 10, 20);
  ASSERT_TRUE(region.ok()) << region.status();
  const auto window = Window::Of(*region, 5, 3);
  ASSERT_TRUE(window.ok());
  std::vector<std::byte> got(3);
  ASSERT_TRUE(window->Read(got).ok());
  EXPECT_EQ(got, (std::vector{std::byte{15}, std::byte{16}, std::byte{17}}));

  const std::vector<std::byte> written(2, std::byte{200});
  ASSERT_TRUE(window->Write(written).ok());
  std::ifstream file(PathOf("lent"), std::ios::binary);
  const std::string now(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(now.size(), 100u);
  EXPECT_EQ(now.substr(14, 4), (std::string{14, char(200), char(200), 17}));
}

TEST_F(RegionTest, KeyIsOneNameInTheFolder) {
  Create("..lent", 100);
  const std::string long_name(256, 'a');
  const struct {
    std::string key;
    bool fine;
  } kCases[] = {
      {"/lent", true},
      {"lent", true},
      {"///lent", true},
      {"/..lent", true},
      {"", false},
      {"/", false},
      {"/.", false},
      {"/..", false},
      {"/../lent", false},
      {"/lent/", false},
      {"/./lent", false},
      {"/etc/passwd", false},
      {"/le\nnt", false},
      {"/le\x80nt", false},
      {"/" + long_name, false},
      {std::string("/lent\0", 6), false},
  };
  for (const auto& each : kCases) {
    SCOPED_TRACE(each.key);
    EXPECT_EQ(Open(each.key).ok(), each.fine);
    if (!each.fine) {
      EXPECT_EQ(WhyNot(each.key), Reason::kBadRequest);
    }
  }
}

TEST_F(RegionTest, KeyBeginsWithThePrefixAndIsNoSemaphore) {
  Create("app-lent", 100);
  Create("sem.lent", 100);
  EXPECT_EQ(WhyNot("/sem.lent"), Reason::kForbidden);
  rules_.prefix = "app-";
  EXPECT_TRUE(Open("/app-lent").ok());
  EXPECT_EQ(WhyNot("/lent"), Reason::kForbidden);
}

TEST_F(RegionTest, WhatIsNoObjectLooksLikeWhatIsNotThere) {
  std::filesystem::create_directory(PathOf("folder"));
  std::filesystem::create_symlink("lent", PathOf("link"));
  std::filesystem::create_symlink("/etc/passwd", PathOf("passwd"));
  ASSERT_EQ(::mkfifo(PathOf("pipe").c_str(), 0600), 0);
  for (const std::string key : {"/absent", "/folder", "/link", "/passwd", "/pipe"}) {
    const auto region = Open(key);
    EXPECT_EQ(ReasonOf(region.status()), Reason::kNotFound) << key;
    EXPECT_EQ(MessageOf(region.status()),
              "key \"" + key +
                  "\": no shared memory object that the server's user may read and "
                  "write");
  }
}

// The tests may run as root, whom the kernel refuses nothing.
TEST_F(RegionTest, ModeDecidesAlsoForAPrivilegedServer) {
  for (const auto& [mode, fine] :
       {std::pair(0600u, true), {0666u, true}, {0400u, false}, {0200u, false}, {0066u, false}}) {
    ASSERT_EQ(::chmod(PathOf("lent").c_str(), mode), 0);
    EXPECT_EQ(Open("/lent").ok(), fine) << mode;
  }
}

TEST_F(RegionTest, ObjectOfAnotherUserMustBeOpenToAll) {
  if (::chown(PathOf("lent").c_str(), 12345, 12345) != 0) GTEST_SKIP() << "needs root";
  for (const auto& [mode, fine] :
       {std::pair(0600u, false), {0660u, false}, {0664u, false}, {0666u, true}}) {
    ASSERT_EQ(::chmod(PathOf("lent").c_str(), mode), 0);
    EXPECT_EQ(Open("/lent").ok(), fine) << mode;
  }
}

TEST_F(RegionTest, LiesWithinTheObject) {
  const struct {
    uint64_t offset, byte_size;
    bool fine;
  } kCases[] = {{0, 100, true},   {99, 1, true},       {0, 0, false},          {0, 101, false},
                {100, 1, false},  {101, 1, false},     {1, 100, false},        {kMax, 1, false},
                {1, kMax, false}, {kMax, kMax, false}, {kMax - 50, 100, false}};
  for (const auto& each : kCases) {
    SCOPED_TRACE(testing::Message() << each.offset << "+" << each.byte_size);
    EXPECT_EQ(Open("/lent", each.offset, each.byte_size).ok(), each.fine);
    if (!each.fine) {
      EXPECT_EQ(WhyNot("/lent", each.offset, each.byte_size), Reason::kBadRequest);
    }
  }
}

TEST_F(RegionTest, WindowLiesWithinTheRegion) {
  const auto region = Open("/lent", 10, 20);
  const struct {
    uint64_t offset, byte_size;
    bool fine;
  } kCases[] = {{0, 20, true},    {20, 0, true},        {19, 1, true},    {0, 21, false},
                {20, 1, false},   {21, 0, false},       {kMax, 1, false}, {kMax, 0, false},
                {1, kMax, false}, {kMax - 9, 10, false}};
  for (const auto& each : kCases) {
    const auto window = Window::Of(*region, each.offset, each.byte_size);
    EXPECT_EQ(window.ok(), each.fine) << each.offset << "+" << each.byte_size;
    if (!each.fine) {
      EXPECT_EQ(ReasonOf(window.status()), Reason::kBadRequest);
    }
  }
}

TEST_F(RegionTest, WritingMoreThanTheWindowIsRefused) {
  const auto window = Window::Of(*Open("/lent"), 0, 3);
  const Status status = window->Write(std::vector<std::byte>(4));
  EXPECT_EQ(MessageOf(status),
            "shared memory region \"r\": 4 bytes do not fit into the 3 that are for them");
}

TEST_F(RegionTest, ObjectCutShortIsAnErrorAndStaysShort) {
  const auto window = Window::Of(*Open("/lent"), 0, 100);
  ASSERT_EQ(::truncate(PathOf("lent").c_str(), 40), 0);
  std::vector<std::byte> bytes(100);
  EXPECT_EQ(ReasonOf(window->Read(bytes)), Reason::kBadRequest);
  EXPECT_EQ(MessageOf(window->Write(bytes)),
            "shared memory region \"r\": its object has become shorter than 100 bytes");
  EXPECT_EQ(std::filesystem::file_size(PathOf("lent")), 40u);
}

}  // namespace
}  // namespace slipway::shm
