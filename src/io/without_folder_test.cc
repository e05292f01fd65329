#include "io/without_folder.h"

namespace slipway::io {
namespace {

TEST(WithoutFolderTest, PathsAreToldAsSeenFromTheFolder) {
  EXPECT_EQ(WithoutFolder("\"/srv/models/wine/1\": no; see /srv/models/iris", "/srv/models"),
            "\"wine/1\": no; see iris");
  EXPECT_EQ(WithoutFolder("m/1/model.onnx: gone (m/2)", "m/"), "1/model.onnx: gone (2)");
}

TEST(WithoutFolderTest, OtherWordsThatEndLikeTheFolderStay) {
  for (const char* message : {"node Gemm/x", "other-m/x", "a/m/x", "../m/x", "größem/x", "öm/x"})
    EXPECT_EQ(WithoutFolder(message, "m"), message);
  EXPECT_EQ(WithoutFolder("/data/srv/models/x", "/srv/models"), "/data/srv/models/x");
}

TEST(WithoutFolderTest, TheRootAndTheFolderOfTheProcessSayNothing) {
  EXPECT_EQ(WithoutFolder("/a ./b", "/"), "/a ./b");
  EXPECT_EQ(WithoutFolder("/a ./b", "."), "/a ./b");
  EXPECT_EQ(WithoutFolder("/a ./b", ""), "/a ./b");
}

}  // namespace
}  // namespace slipway::io
