#include "repository/foreign/mlflow_store.h"

#include <filesystem>

#include "io/testing/temporary_folder.h"

namespace slipway::repository {
namespace {

constexpr const char* kModel = "flavors: {}\n";

TEST(MlflowStoreTest, FollowsWhatAVersionSaysOfItsPlace) {
  io::TemporaryFolder root;
  root.Write("store/1/run/artifacts/model/MLmodel", kModel);
  root.Write("store/models/churn/version-1/meta.yaml",
             "storage_location: file:///elsewhere/store/1/run/artifacts/model\n");
  const auto found = LocateInMlflowStore(root / "store", "models:/churn/1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, root / "store/1/run/artifacts/model");
}

TEST(MlflowStoreTest, APlaceThatIsNotSaidIsNotTheWorkingFolder) {
  io::TemporaryFolder root;
  root.Write("here/MLmodel", kModel);
  root.Write("store/models/churn/version-1/meta.yaml", "name: churn\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(root / "here");
  const auto found = LocateInMlflowStore(root / "store", "models:/churn/1");
  std::filesystem::current_path(before);
  EXPECT_EQ(ReasonOf(found.status()), Reason::kNotFound);
}

}  // namespace
}  // namespace slipway::repository
