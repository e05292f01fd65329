#include "lifecycle/probe.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace slipway::lifecycle {
namespace {

namespace fs = std::filesystem;

const repository::FoundVersion kVersion{VersionNumber{1}, "model.onnx", ""};

/// A program in the child's place: a shell script that gets what the child gets.
class ProbeTest : public ::testing::Test {
 protected:
  ~ProbeTest() override { fs::remove(program_); }

  ProbeOptions Program(const std::string& script) const {
    std::ofstream(program_) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(program_, fs::perms::owner_all);
    return {.program = program_, .timeout = std::chrono::seconds(20)};
  }
  static Status Run(const ProbeOptions& options, const std::atomic<bool>* given_up = nullptr) {
    return Probe(options, kVersion, "sha256:1", given_up).status();
  }
  /// What the child finds out about threads, where runs may use `processors`.
  std::optional<int> Threads(const std::string& script, int processors) const {
    ProbeOptions options = Program(script);
    options.processors = processors;
    const auto report = Probe(options, kVersion, "sha256:1");
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->threads : 0;
  }

  const fs::path program_ = fs::path(::testing::TempDir()) /
                            (std::string("probe_test.") +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ProbeTest, TheVerdictCountsForTheDigestThatTheParentReadOnly) {
  EXPECT_TRUE(Run(Program("echo ok sha256:1")).ok());
  EXPECT_EQ(ReasonOf(Run(Program("echo ok sha256:2"))), Reason::kBadModel);
  EXPECT_EQ(ReasonOf(Run(Program("echo unsupported no such operator"))), Reason::kUnsupported);
  EXPECT_EQ(ReasonOf(Run(Program("echo ok"))), Reason::kBadModel);
}

TEST_F(ProbeTest, AChildThatDiesIsARefusedModel) {
  const Status died = Run(Program("printf 'ok sha256:1'; kill -ABRT $$"));
  EXPECT_EQ(ReasonOf(died), Reason::kBadModel);
  EXPECT_THAT(MessageOf(died), ::testing::HasSubstr("signal 6"));
}

TEST_F(ProbeTest, TellsTheThreadsThatTheChildMeasured) {
  EXPECT_EQ(Threads("echo ok sha256:1; echo threads 4", 8), 4);
  EXPECT_EQ(Threads("echo ok sha256:1; echo threads 1", 8), 1);
  EXPECT_EQ(Threads("echo ok sha256:1; echo threads unknown", 8), std::nullopt);
  EXPECT_EQ(Threads("echo ok sha256:1; echo threads $8", 8), 8) << "the child is told how many";
  EXPECT_EQ(Threads("echo ok sha256:1; echo threads 1", 1), std::nullopt) << "nothing to measure";
}

TEST_F(ProbeTest, ThreadsThatCannotBeAreNotTaken) {
  EXPECT_EQ(Threads("echo ok sha256:1; echo threads 9", 8), 8);
  for (const char* said : {"0", "-1", "", "many", "99999999999999999999"})
    EXPECT_EQ(Threads(std::string("echo ok sha256:1; echo threads ") + said, 8), 1) << said;
}

TEST_F(ProbeTest, WhatEndsTheMeasurementCostsTheThreadsOnly) {
  EXPECT_EQ(Threads("echo ok sha256:1; kill -ABRT $$", 8), 1);
  ProbeOptions endless = Program("echo ok sha256:1; exec sleep 1000");
  endless.processors = 8;
  endless.timeout = std::chrono::milliseconds(300);
  const auto report = Probe(endless, kVersion, "sha256:1");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->threads, std::nullopt);
}

TEST_F(ProbeTest, TheChildGetsNoneOfTheServersVariables) {
  setenv("SLIPWAY_TEST_SECRET", "token", 1);
  const Status status = Run(Program("[ -z \"$SLIPWAY_TEST_SECRET\" ] && echo ok sha256:1"));
  unsetenv("SLIPWAY_TEST_SECRET");
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ProbeTest, AProbeThatIsGivenUpEndsItsChild) {
  std::atomic<bool> given_up{false};
  const ProbeOptions endless = Program("exec sleep 1000");
  std::jthread gives_up([&] { given_up = true; });
  EXPECT_EQ(ReasonOf(Run(endless, &given_up)), Reason::kCancelled);
}

TEST(ProbeChildDeathTest, NoLimitIsNone) {
  const auto probe = [](const std::string& memory, const std::string& cpu) {
    dup2(STDERR_FILENO, STDOUT_FILENO);  // where the verdict goes
    RunProbeChild({"model.onnx", "", "", memory, cpu, "0", "1"}, {});
  };
  EXPECT_EXIT(probe("0", "10"), ::testing::ExitedWithCode(0), "expected a memory and a CPU limit");
  EXPECT_EXIT(probe("1000", "0"), ::testing::ExitedWithCode(0),
              "expected a memory and a CPU limit");
  EXPECT_EXIT(probe("-1", "10"), ::testing::ExitedWithCode(0), "expected a whole number");
}

}  // namespace
}  // namespace slipway::lifecycle
