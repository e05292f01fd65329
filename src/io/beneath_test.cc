#include "io/beneath.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "io/testing/temporary_folder.h"

namespace slipway::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A model's folder with a secret beside it.
class BeneathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_.Write("secret", "outside");
    root_.Write("model/weights.bin", "weights");
    root_.Write("model/sub/more.bin", "more");
  }
  Folder model() const { return Folder::Open(root_ / "model").value(); }
  std::string Read(const std::string& name) const {
    const auto file = model().OpenFile(name);
    return file.ok() ? std::string(file->ReadAll(100).value().text()) : "refused";
  }
  Status Refusal(const std::string& name) const { return model().OpenFile(name).status(); }

  TemporaryFolder root_;
};

TEST_F(BeneathTest, OpensFilesBeneath) {
  EXPECT_EQ(Read("weights.bin"), "weights");
  EXPECT_EQ(Read("sub/more.bin"), "more");
  EXPECT_EQ(Read("sub/../weights.bin"), "weights");
}

TEST_F(BeneathTest, RefusesEveryWayOut) {
  root_.Link("model/up", "../secret");
  root_.Link("model/absolute", root_ / "secret");
  root_.Link("model/folder", "..");
  root_.Link("model/chain", "up");
  root_.Link("model/root", "/");
  root_.Link("model/proc", "/proc/self/root");
  for (const char* name : {"../secret", "/etc/passwd", "sub/../../secret", "up", "absolute",
                           "chain", "folder/secret", "root/etc/passwd", "proc/etc/passwd"}) {
    const Status status = Refusal(name);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(ReasonOf(status), Reason::kBadModel) << name << ": " << status;
    EXPECT_THAT(MessageOf(status), HasSubstr("leads out of its folder")) << name;
  }
}

TEST_F(BeneathTest, AResolvedFolderIsNotFollowedOnceALinkTookItsPlace) {
  EXPECT_TRUE(Folder::OpenResolved(root_ / "model/sub").value().OpenFile("more.bin").ok());
  std::filesystem::rename(root_ / "model", root_ / "moved");
  root_.Link("model", "moved");
  root_.Link("last", "moved/sub");
  for (const char* name : {"model/sub", "last"}) {
    const Status refused = Folder::OpenResolved(root_ / name).status();
    EXPECT_EQ(ReasonOf(refused), Reason::kBadModel) << name;
    EXPECT_THAT(MessageOf(refused), HasSubstr("become a link")) << name;
    EXPECT_TRUE(Folder::Open(root_ / name).ok()) << name;
  }
  // A file's name at the end: a caller then tries it as a file.
  EXPECT_EQ(ReasonOf(Folder::OpenResolved(root_ / "secret").status()), Reason::kNotFound);
}

TEST_F(BeneathTest, FollowsLinksThatEndBeneath) {
  root_.Link("model/relative", "sub/more.bin");
  root_.Link("model/absolute", root_ / "model/sub/more.bin");
  root_.Link("model/by-parent", "sub/../weights.bin");
  EXPECT_EQ(Read("relative"), "more");
  EXPECT_EQ(Read("absolute"), "more");
  EXPECT_EQ(Read("by-parent"), "weights");
}

// A Kubernetes volume: each file is a link through "..data" to a folder that is switched by rename.
TEST_F(BeneathTest, ReadsAKubernetesVolume) {
  root_.Write("volume/..2026_01/model.onnx", "first");
  root_.Link("volume/..data", "..2026_01");
  root_.Link("volume/model.onnx", "..data/model.onnx");
  const Folder volume = Folder::Open(root_ / "volume").value();
  EXPECT_EQ(volume.OpenFile("model.onnx")->ReadAll(100)->text(), "first");

  root_.Write("volume/..2026_02/model.onnx", "second");
  root_.Link("volume/..data_tmp", "..2026_02");
  std::filesystem::rename(root_ / "volume/..data_tmp", root_ / "volume/..data");
  EXPECT_EQ(volume.OpenFile("model.onnx")->ReadAll(100)->text(), "second");
}

TEST_F(BeneathTest, OpensAFolderThatIsItselfALink) {
  root_.Link("alias", "model");
  EXPECT_TRUE(Folder::Open(root_ / "alias")->OpenFile("weights.bin").ok());
}

TEST_F(BeneathTest, RefusesOtherKindsWithoutBlocking) {
  ASSERT_EQ(::mkfifo((root_ / "model/fifo").c_str(), 0600), 0);
  root_.Link("model/link-to-fifo", "fifo");
  for (const char* name : {"fifo", "link-to-fifo", "sub"}) {
    EXPECT_EQ(ReasonOf(Refusal(name)), Reason::kBadModel) << name;
  }
}

TEST_F(BeneathTest, RefusesASocket) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, (root_ / "model/socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_FALSE(Refusal("socket").ok());
  ::close(fd);
}

TEST_F(BeneathTest, RefusesARingOfLinks) {
  root_.Link("model/a", "b");
  root_.Link("model/b", "a");
  EXPECT_EQ(ReasonOf(Refusal("a")), Reason::kBadModel);
}

TEST_F(BeneathTest, RefusesNulInAName) {
  EXPECT_EQ(ReasonOf(Refusal(std::string("weights.bin\0x", 13))), Reason::kBadModel);
}

TEST_F(BeneathTest, NamesWhatIsMissing) {
  EXPECT_EQ(ReasonOf(Refusal("nothing")), Reason::kNotFound);
  EXPECT_EQ(ReasonOf(Refusal("weights.bin/x")), Reason::kNotFound);
  EXPECT_EQ(ReasonOf(Folder::Open(root_ / "nothing").status()), Reason::kNotFound);
}

TEST_F(BeneathTest, StatFollowsLinksAndAnswersNothingForMissing) {
  root_.Link("model/relative", "sub/more.bin");
  root_.Link("model/dangling", "nowhere");
  EXPECT_EQ(model().Stat("relative").value()->size_bytes, 4u);
  EXPECT_EQ(model().Stat("sub").value()->kind, FileFacts::Kind::kFolder);
  EXPECT_EQ(model().Stat("dangling").value(), std::nullopt);
  EXPECT_EQ(model().Stat("nothing").value(), std::nullopt);
  EXPECT_FALSE(model().Stat("../secret").ok());
}

TEST_F(BeneathTest, ListsSortedAndBounded) {
  EXPECT_THAT(model().List(2).value(), ElementsAre("sub", "weights.bin"));
  EXPECT_THAT(model().List(2).value(), ElementsAre("sub", "weights.bin"));
  EXPECT_EQ(ReasonOf(model().List(1).status()), Reason::kTooLarge);
}

// The link flips between inside and outside while it is opened: what comes back is the inside or a
// refusal.
TEST_F(BeneathTest, NeverReadsOutsideWhileLinksChange) {
  std::atomic<bool> stop = false;
  std::thread flipper([&] {
    for (int i = 0; !stop; ++i) {
      root_.Link("model/next", i % 2 ? "weights.bin" : "../secret");
      std::filesystem::rename(root_ / "model/next", root_ / "model/flip");
    }
  });
  const Folder folder = model();
  int inside = 0;
  for (int i = 0; i < 1'000'000 && inside < 500; ++i) {
    const auto file = folder.OpenFile("flip");
    if (!file.ok()) continue;
    ++inside;
    ASSERT_EQ(file->ReadAll(100)->text(), "weights");
  }
  stop = true;
  flipper.join();
  EXPECT_GT(inside, 0);
}

TEST(RelativeNameTest, AcceptsOrdinaryNames) {
  for (const char* name :
       {"model.onnx", "sub/weights.bin", "..data", "...", "a b", "größe/x", "a..b"}) {
    EXPECT_TRUE(CheckRelativeName(name).ok()) << name;
  }
}

TEST(RelativeNameTest, NamesTheRuleThatIsBroken) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "is empty"},
      {"/etc/passwd", "is absolute"},
      {"../x", "\"..\" is not allowed"},
      {"sub/../../x", "\"..\" is not allowed"},
      {"a/..", "\"..\" is not allowed"},
      {"./a", "empty or \".\" segment"},
      {"a//b", "empty or \".\" segment"},
      {"a/", "empty or \".\" segment"},
      {"a\\b", "backslash"},
      {std::string("a\0b", 3), "control characters"},
      {"a\nb", "control characters"},
      {"\xff", "not UTF-8"},
      {std::string(256, 'a'), "longer than 255"},
      {std::string(1025, 'a'), "longer than 1024"},
      {"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "more than 16 segments"},
  };
  for (const auto& [name, rule] : cases) {
    const Status status = CheckRelativeName(name);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(ReasonOf(status), Reason::kBadModel);
    EXPECT_THAT(MessageOf(status), HasSubstr(rule)) << name;
  }
}

}  // namespace
}  // namespace slipway::io
