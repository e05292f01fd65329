// Files that would run code if Python loaded them, in a process that the kernel ends at the first
// system call but those that memory takes.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <functional>
#include <sstream>

#include "import/pickle/describe.h"
#include "import/pickle/testing/files.h"
#include "import/skops/reader.h"
#include "text/base64.h"

namespace slipway::pickle {
namespace {

using ::testing::HasSubstr;
using testing::OwnedDocument;
using testing::ReadFixture;
using testing::StatusOfReading;

struct Attack {
  std::string name, global, bytes;
  size_t offset = 0;
};

/// tests/models/pickle/make_malicious.py
std::vector<Attack> Attacks() {
  std::vector<Attack> attacks;
  std::istringstream lines(ReadFixture("malicious.tsv"));
  std::string offset, packed;
  for (Attack attack; std::getline(lines, attack.name, '\t');) {
    std::getline(lines, attack.global, '\t');
    std::getline(lines, offset, '\t');
    std::getline(lines, packed);
    attack.offset = std::stoul(offset);
    attack.bytes = DecodeBase64(packed).value_or("");
    attacks.push_back(attack);
  }
  return attacks;
}

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

/// Leaves the process what memory takes and exit_group; anything else ends it.
void Seal() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  for (const int call :
       {SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
        SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(exit_group)})
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) _exit(1);
  if (seccomp_load(filter) != 0) _exit(1);
}

/// How a child ends that does `work` sealed.
int StatusOfSealed(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    Seal();
    work();
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

/// Sanitizers make system calls of their own.
class SealedTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "not under a sanitizer";
#endif
  }
};

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
