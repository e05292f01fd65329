// Files that would run code if Python loaded them, in a process that the kernel ends at the first
// system call but those that memory takes.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>

#include "import/pickle/describe.h"
#include "import/pickle/testing/attacks.h"
#include "import/skops/reader.h"
#include "import/testing/sealed.h"

namespace slipway::pickle {
namespace {

using importing::testing::SealedTest;
using importing::testing::StatusOfSealed;
using testing::Attack;
using testing::Attacks;
using ::testing::HasSubstr;
using testing::OwnedDocument;
using testing::ReadFixture;
using testing::StatusOfReading;

bool AllowedInTests(std::string_view module, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kAllowed = {
      {{"numpy", "dtype"},
       {"numpy.core.multiarray", "_reconstruct"},
       {"copy_reg", "_reconstructor"},
       {"__builtin__", "object"},
       {"joblib.numpy_pickle", "NumpyArrayWrapper"}}};
  return std::find(kAllowed.begin(), kAllowed.end(), std::pair(module, name)) != kAllowed.end();
}

TEST(MaliciousTest, GlobalsOffTheListAreRefusedByNameAndOffset) {
  const std::vector<Attack> attacks = Attacks();
  EXPECT_GT(attacks.size(), 300u);
  for (const Attack& attack : attacks) {
    const Status status = StatusOfReading(attack.bytes, {.allowed = AllowedInTests});
    ASSERT_FALSE(status.ok()) << attack.name;
    EXPECT_EQ(ReasonOf(status), Reason::kBadModel) << attack.name;
    EXPECT_THAT(MessageOf(status), HasSubstr(fmt::format("at byte {}: {} is not allowed",
                                                         attack.offset, attack.global)))
        << attack.name;
  }
}

TEST_F(SealedTest, SealKillsWhoOpensAFile) {
  const int status = StatusOfSealed([] { (void)open("/dev/null", O_RDONLY); });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST_F(SealedTest, AttacksAreReadAndDescribedWithoutASystemCall) {
  const std::vector<Attack> attacks = Attacks();
  EXPECT_EQ(StatusOfSealed([&] {
              for (const Attack& attack : attacks) {
                const OwnedDocument document(attack.bytes);
                if (document.ok() && Describe(*document).empty()) _exit(2);
              }
            }),
            0);
  EXPECT_NE(access("/tmp/slipway-pickle-ran", F_OK), 0);
}

TEST_F(SealedTest, ModelsAreReadWithoutASystemCall) {
  std::vector<std::string> files;
  for (const char* const name :
       {"values_0.pkl", "values_5.pkl", "arrays_5.pkl", "joblib_plain.joblib", "joblib_zlib.joblib",
        "joblib_gzip.joblib", "joblib_bz2.joblib", "joblib_xz.joblib", "joblib_lzma.joblib",
        "joblib_lz4.joblib"})
    files.push_back(ReadFixture(name));
  EXPECT_EQ(StatusOfSealed([&] {
              for (const std::string& file : files)
                if (!StatusOfReading(file).ok()) _exit(2);
            }),
            0);
}

TEST_F(SealedTest, SkopsFilesAreReadWithoutASystemCall) {
  const std::string file = ReadFixture("../skops/columns-mixed.skops");
  EXPECT_EQ(StatusOfSealed([&] {
              if (!skops::Read(std::as_bytes(std::span(file))).ok()) _exit(2);
            }),
            0);
}

}  // namespace
}  // namespace slipway::pickle
