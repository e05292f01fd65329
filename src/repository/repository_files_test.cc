// What a file system may do to a scan: links, pipes, changes, folders that go away.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "repository/testing/repository_test.h"

namespace slipway::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

TEST_F(RepositoryTest, AFifoAsModelFileIsAProblemNotABlock) {
  ASSERT_EQ(::mkfifo((root_ / "wine.onnx").c_str(), 0600), 0);
  EXPECT_THAT(MessageOf(Only().problem), HasSubstr("expected a regular file"));
}

TEST_F(RepositoryTest, ALinkOutOfTheRepositoryIsAProblem) {
  const io::TemporaryFolder elsewhere;
  elsewhere.Write("1/model.onnx", "m");
  root_.Link("wine", elsewhere.path());
  root_.Link("file.onnx", "/etc/passwd");
  for (const FoundModel& model : Scan()) {
    EXPECT_THAT(MessageOf(model.problem), HasSubstr("leads out of its folder")) << model.name.str();
  }
  EXPECT_EQ(Scan().size(), 2u);
}

TEST_F(RepositoryTest, ReadsAKubernetesVolume) {
  root_.Write("..2026_01/wine/1/model.onnx", "m");
  root_.Link("..data", "..2026_01");
  root_.Link("wine", "..data/wine");
  const FoundModel before = Only();
  EXPECT_TRUE(before.problem.ok()) << before.problem;
  EXPECT_EQ(before.versions.size(), 1u);

  root_.Write("..2026_02/wine/1/model.onnx", "m");
  root_.Link("..tmp", "..2026_02");
  fs::rename(root_ / "..tmp", root_ / "..data");
  EXPECT_NE(Only().versions[0].stamp, before.versions[0].stamp);
}

TEST_F(RepositoryTest, TheStampFollowsEveryChange) {
  root_.Write("wine/1/model.onnx", "model");
  root_.Write("wine/1/weights/a.bin", "aaaa");
  const auto stamp = [this] { return Only().versions[0].stamp; };
  const auto steps = std::vector<std::pair<std::string, std::function<void()>>>{
      {"another size", [&] { root_.Write("wine/1/model.onnx", "model2"); }},
      {"rewritten in place, same size and mtime",
       [&] {
         const auto time = fs::last_write_time(root_ / "wine/1/weights/a.bin");
         root_.Write("wine/1/weights/a.bin", "bbbb");
         fs::last_write_time(root_ / "wine/1/weights/a.bin", time);
       }},
      {"replaced by rename",
       [&] {
         root_.Write("other", "bbbb");
         fs::rename(root_ / "other", root_ / "wine/1/weights/a.bin");
       }},
      {"a file more", [&] { root_.Write("wine/1/weights/b.bin", ""); }},
      {"a file less", [&] { fs::remove(root_ / "wine/1/weights/b.bin"); }},
      {"a file renamed",
       [&] { fs::rename(root_ / "wine/1/weights/a.bin", root_ / "wine/1/weights/c.bin"); }},
  };
  uint64_t last = stamp();
  EXPECT_EQ(stamp(), last) << "nothing changed";
  for (const auto& [what, change] : steps) {
    // The kernel's file times move in steps of a clock tick (4 ms at most on Debian).
    for (int tries = 0; tries < 100 && stamp() == last; ++tries) {
      change();
      if (stamp() == last) ::usleep(1000);
    }
    EXPECT_NE(stamp(), last) << what;
    last = stamp();
    if (what == "a file less" || what == "a file renamed") continue;
  }
}

TEST_F(RepositoryTest, TheStampOfAPlainFileCoversItsExternalData) {
  root_.Write("wine.onnx", "m");
  root_.Write("wine.onnx.data", "1");
  root_.Write("other.txt", "1");
  const auto repository = [this] { return Only().versions[0].stamp; };
  const auto single = [this] { return Scan(root_ / "wine.onnx")[0].versions[0].stamp; };
  const uint64_t before = repository(), before_single = single();
  root_.Write("other.txt", "22");
  EXPECT_EQ(repository(), before);
  EXPECT_EQ(single(), before_single);
  root_.Write("wine.onnx.data", "22");
  EXPECT_NE(repository(), before);
  EXPECT_NE(single(), before_single);
}

TEST_F(RepositoryTest, ARingOfFoldersEnds) {
  root_.Write("wine/1/model.onnx", "m");
  root_.Link("wine/1/loop", ".");
  root_.Link("wine/1/again", ".");
  EXPECT_THAT(Numbers(Only()), ElementsAre(1));
}

TEST_F(RepositoryTest, AFolderThatIsAwayIsNoEmptyRepository) {
  root_.Write("repo/wine/1/model.onnx", "m");
  root_.Write("file.onnx", "m");
  root_.Write("model/1/model.onnx", "m");
  for (const char* name : {"repo", "file.onnx", "model"}) {
    const auto source = OpenSource(root_ / name).value();
    ASSERT_TRUE(source->Scan().ok());
    fs::rename(root_ / name, root_ / "away");
    EXPECT_EQ(ReasonOf(source->Scan().status()), Reason::kIo) << name;
    fs::rename(root_ / "away", root_ / name);
    EXPECT_TRUE(source->Scan().ok());
  }
}

TEST_F(RepositoryTest, AProblemNamesNoFolderOfTheMachine) {
  std::string deep = "bundle";
  for (int i = 0; i < 18; ++i) deep += "/d";
  root_.Write("bundle/manifest.json", "{}");
  root_.Write(deep + "/file", "m");
  const std::string message(MessageOf(Only().problem));
  EXPECT_THAT(message, HasSubstr("\"bundle/d/"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr(root_.path())));
}

// An operator allowed one folder; what a path in it leads to may change while the server runs.
TEST_F(RepositoryTest, ALinkThatLeadsOutOfTheRootsLaterIsRefusedAtTheNextScan) {
  root_.Write("allowed/1.onnx", "m");
  root_.Write("allowed/2.onnx", "m");
  root_.Write("outside/3.onnx", "m");
  root_.Write("allowed/repository/m.onnx", "m");
  const fs::path root(root_.path());
  const auto point = [&](const std::string& link, const std::string& to) {
    fs::remove(root / link);
    fs::create_symlink(root / to, root / link);
  };
  const auto lead_to = [&](const Source& source) -> std::string {
    const auto models = source.Scan();
    if (!models.ok()) return std::string(InfoOf(ReasonOf(models.status())).label);
    const auto& path = models->at(0).versions.at(0).path;
    return fs::path(path).lexically_relative(root).string();
  };
  point("file.onnx", "allowed/1.onnx");
  point("folder", "allowed/repository");
  const auto file = OpenSource(root / "file.onnx", {root / "allowed"}).value();
  const auto folder = OpenSource(root / "folder", {root / "allowed"}).value();
  EXPECT_EQ(lead_to(*file), "allowed/1.onnx");
  EXPECT_EQ(lead_to(*folder), "allowed/repository/m.onnx");
  point("file.onnx", "allowed/2.onnx");
  EXPECT_EQ(lead_to(*file), "allowed/2.onnx");
  point("file.onnx", "outside/3.onnx");
  point("folder", "outside");
  EXPECT_EQ(lead_to(*file), "forbidden");
  EXPECT_EQ(lead_to(*folder), "forbidden");
  EXPECT_EQ(ReasonOf(OpenSource(root / "file.onnx", {root / "allowed"}).status()),
            Reason::kForbidden);
}

TEST_F(RepositoryTest, AFolderThatIsSwappedForALinkDuringAScanLeadsNowhere) {
  root_.Write("allowed/repository/m.onnx", "m");
  root_.Write("outside/secret.onnx", "m");
  root_.Link("allowed/link", root_ / "outside");
  const std::string repository = root_ / "allowed/repository";
  const auto source = OpenSource(repository, {root_ / "allowed"}).value();
  const std::jthread swap([&](const std::stop_token& stop) {
    const std::string link = root_ / "allowed/link";
    while (!stop.stop_requested())
      renameat2(AT_FDCWD, repository.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
  });
  for (int i = 0; i < 2000; ++i) {
    const auto models = source->Scan();
    if (!models.ok()) continue;
    ASSERT_EQ(models->at(0).name.str(), "m");
  }
}

}  // namespace
}  // namespace slipway::repository
