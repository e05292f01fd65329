#include "repository/roots.h"

#include <filesystem>
#include <fstream>

namespace slipway::repository {
namespace {

namespace fs = std::filesystem;

struct RootsTest : ::testing::Test {
  const fs::path folder = fs::path(::testing::TempDir()) / "roots_test";
  const std::vector<std::string> roots{(folder / "absent").string(), (folder / "models").string()};

  RootsTest() {
    fs::remove_all(folder);
    fs::create_directories(folder / "models" / "wine");
    fs::create_directories(folder / "models-of-others");
    std::ofstream(folder / "models" / "iris.onnx") << "x";
    fs::create_symlink(folder / "models" / "wine", folder / "in");
    fs::create_symlink(folder / "models-of-others", folder / "models" / "out");
  }
  ~RootsTest() override { fs::remove_all(folder); }

  std::string Check(const fs::path& path) {
    const auto place = ResolveBeneath(path.string(), roots);
    return place.ok() ? "ok" : std::string(InfoOf(ReasonOf(place.status())).label);
  }
};

TEST_F(RootsTest, ARootAndWhatLiesBeneathItAreAllowed) {
  EXPECT_EQ(Check(folder / "models"), "ok");
  EXPECT_EQ(Check(folder / "models" / "iris.onnx"), "ok");
  EXPECT_EQ(Check(folder / "in"), "ok");
}

TEST_F(RootsTest, WhereALinkLeadsDecides) {
  EXPECT_EQ(Check(folder / "models" / "out"), "forbidden");
  EXPECT_EQ(Check(folder / "models-of-others"), "forbidden");
  EXPECT_EQ(Check(folder / "models" / ".."), "forbidden");
}

TEST_F(RootsTest, WhatIsNotThereIsNotAllowed) {
  EXPECT_EQ(Check(folder / "models" / "none.onnx"), "not_found");
}

TEST_F(RootsTest, WithoutRootsEveryPathIs) {
  EXPECT_EQ(*ResolveBeneath((folder / "in").string(), {}),
            fs::canonical(folder / "models" / "wine").string());
}

}  // namespace
}  // namespace slipway::repository
