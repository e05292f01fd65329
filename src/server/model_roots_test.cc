#include "server/model_roots.h"

#include <filesystem>
#include <fstream>

namespace slipway::server {
namespace {

namespace fs = std::filesystem;

struct ModelRootsTest : ::testing::Test {
  const fs::path folder = fs::path(::testing::TempDir()) / "model_roots_test";
  const std::vector<std::string> roots{(folder / "absent").string(), (folder / "models").string()};

  ModelRootsTest() {
    fs::remove_all(folder);
    fs::create_directories(folder / "models" / "wine");
    fs::create_directories(folder / "models-of-others");
    std::ofstream(folder / "models" / "iris.onnx") << "x";
    fs::create_symlink(folder / "models" / "wine", folder / "in");
    fs::create_symlink(folder / "models-of-others", folder / "models" / "out");
  }
  ~ModelRootsTest() override { fs::remove_all(folder); }

  std::string Check(const fs::path& path) {
    const Status status = CheckBeneathRoots(path.string(), roots);
    return status.ok() ? "ok" : std::string(InfoOf(ReasonOf(status)).label);
  }
};

TEST_F(ModelRootsTest, ARootAndWhatLiesBeneathItAreAllowed) {
  EXPECT_EQ(Check(folder / "models"), "ok");
  EXPECT_EQ(Check(folder / "models" / "iris.onnx"), "ok");
  EXPECT_EQ(Check(folder / "in"), "ok");
}

TEST_F(ModelRootsTest, WhereALinkLeadsDecides) {
  EXPECT_EQ(Check(folder / "models" / "out"), "forbidden");
  EXPECT_EQ(Check(folder / "models-of-others"), "forbidden");
  EXPECT_EQ(Check(folder / "models" / ".."), "forbidden");
}

TEST_F(ModelRootsTest, WhatIsNotThereIsNotAllowed) {
  EXPECT_EQ(Check(folder / "models" / "none.onnx"), "not_found");
}

TEST_F(ModelRootsTest, WithoutRootsEveryPathIs) {
  EXPECT_TRUE(CheckBeneathRoots("anywhere", {}).ok());
}

}  // namespace
}  // namespace slipway::server
