#include "io/durable_write.h"

#include <cerrno>
#include <filesystem>

#include "io/testing/faulty_file_system.h"
#include "io/testing/temporary_folder.h"

namespace slipway::io {
namespace {

using Existing = DurableFile::Existing;

TEST(DurableWriteTest, WritesAndReplaces) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteDurably(folder / "a", "old").ok());
  ASSERT_TRUE(WriteDurably(folder / "a", "new").ok());
  EXPECT_EQ(folder.Read("a"), "new");
  EXPECT_EQ(folder.Count(), 1u);
}

TEST(DurableWriteTest, RefusesToReplaceWhenToldSo) {
  const TemporaryFolder folder;
  folder.Write("a", "old");
  const Status status = WriteDurably(folder / "a", "new", Existing::kRefuse);
  EXPECT_EQ(ReasonOf(status), Reason::kAlreadyExists);
  EXPECT_EQ(folder.Read("a"), "old");
  EXPECT_EQ(folder.Count(), 1u);
}

TEST(DurableWriteTest, WritesOnAfterShortWrites) {
  const TemporaryFolder folder;
  FaultyFileSystem system;
  system.LimitWrites(7);
  const std::string content(1000, 'x');
  ASSERT_TRUE(WriteDurably(folder / "a", content, Existing::kReplace, system).ok());
  EXPECT_EQ(folder.Read("a"), content);
}

TEST(DurableWriteTest, LeavesNothingWhenNotCommitted) {
  const TemporaryFolder folder;
  {
    auto file = DurableFile::Create(folder / "a");
    ASSERT_TRUE(file->Append("x").ok());
    EXPECT_EQ(folder.Count(), 1u);
  }
  EXPECT_EQ(folder.Count(), 0u);
}

// Every system call in turn fails with a full disk: the error says so, the old content stands or,
// when only the last sync failed, the new one does; no temporary file is left.
TEST(DurableWriteTest, EveryFailingCallIsReportedAndLeavesAWholeFile) {
  const TemporaryFolder folder;
  FaultyFileSystem system;
  system.FailCall(0, 0);
  ASSERT_TRUE(WriteDurably(folder / "a", "old", Existing::kReplace, system).ok());
  const int calls = system.calls();
  ASSERT_EQ(calls, 8);  // create, write, sync, close, rename, open folder, sync, close
  for (int call = 1; call < calls; ++call) {  // the last only closes a folder that was read
    SCOPED_TRACE(call);
    ASSERT_TRUE(WriteDurably(folder / "a", "old").ok());
    system.FailCall(call, ENOSPC);
    const Status status = WriteDurably(folder / "a", "new", Existing::kReplace, system);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), Reason::kDiskFull);
    EXPECT_EQ(folder.Read("a"), call <= 5 ? "old" : "new");
    EXPECT_EQ(folder.Count(), 1u);
  }
}

TEST(DurableWriteTest, RetriesAnInterruptedWriteButNeverAFailedSync) {
  const TemporaryFolder folder;
  FaultyFileSystem system;
  system.FailCall(2, EINTR);
  EXPECT_TRUE(WriteDurably(folder / "a", "x", Existing::kReplace, system).ok());
  system.FailCall(3, EIO);
  EXPECT_EQ(ReasonOf(WriteDurably(folder / "a", "y", Existing::kReplace, system)), Reason::kIo);
  EXPECT_EQ(system.calls(), 4);  // after the sync only the close of the clean-up
}

TEST(DurableWriteTest, NamesAMissingFolder) {
  EXPECT_EQ(ReasonOf(WriteDurably("/nonexistent/a", "x")), Reason::kNotFound);
}

TEST(StagingFolderTest, AppearsWholeOnCommit) {
  const TemporaryFolder folder;
  {
    auto staging = StagingFolder::Create(folder / "out/");
    ASSERT_TRUE(staging.ok()) << staging.status();
    for (const char* name : {"model.onnx", "examples/a.json", "examples/b.json"}) {
      auto file = staging->CreateFile(name);
      ASSERT_TRUE(file.ok()) << file.status();
      ASSERT_TRUE(file->Append(name).ok());
      ASSERT_TRUE(file->Commit().ok());
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
    ASSERT_TRUE(staging->Commit().ok());
  }
  EXPECT_EQ(folder.Read("out/examples/b.json"), "examples/b.json");
  EXPECT_EQ(folder.Count(), 1u);
}

TEST(StagingFolderTest, IsGoneWhenNotCommitted) {
  const TemporaryFolder folder;
  {
    auto staging = StagingFolder::Create(folder / "out");
    ASSERT_TRUE(staging->CreateFile("a/b")->Commit().ok());
  }
  EXPECT_EQ(folder.Count(), 0u);
}

TEST(StagingFolderTest, RefusesWhenThePlaceIsTaken) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder /
                                    "out");  // also an empty folder, which rename would replace
  {
    auto staging = StagingFolder::Create(folder / "out");
    EXPECT_EQ(ReasonOf(staging->Commit()), Reason::kAlreadyExists);
  }
  EXPECT_EQ(folder.Count(), 1u);
}

TEST(StagingFolderTest, RefusesNamesThatLeadOut) {
  const TemporaryFolder folder;
  auto staging = StagingFolder::Create(folder / "out");
  for (const char* name : {"../x", "/x", "a/../../x", ""}) {
    EXPECT_EQ(ReasonOf(staging->CreateFile(name).status()), Reason::kBadModel) << name;
  }
}

TEST(StagingFolderTest, EveryFailingCallIsReportedAndLeavesNothing) {
  const auto fill = [](const TemporaryFolder& folder, FileSystem& system) -> Status {
    ASSIGN_OR_RETURN(StagingFolder staging, StagingFolder::Create(folder / "out", system));
    ASSIGN_OR_RETURN(DurableFile file, staging.CreateFile("examples/a"));
    RETURN_IF_ERROR(file.Append("x"));
    RETURN_IF_ERROR(file.Commit());
    return staging.Commit();
  };
  FaultyFileSystem system;
  {
    const TemporaryFolder folder;
    system.FailCall(0, 0);
    ASSERT_TRUE(fill(folder, system).ok());
  }
  const int calls = system.calls();
  int reported = 0;
  for (int call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    const TemporaryFolder folder;
    system.FailCall(call, ENOSPC);
    const Status status = fill(folder, system);
    if (status.ok()) continue;  // closing a folder that was only read
    ++reported;
    EXPECT_EQ(ReasonOf(status), Reason::kDiskFull);
    const bool committed = std::filesystem::exists(folder / "out");
    EXPECT_EQ(folder.Count(), committed ? 1u : 0u);
  }
  EXPECT_EQ(reported, calls - 4);
}

}  // namespace
}  // namespace slipway::io
