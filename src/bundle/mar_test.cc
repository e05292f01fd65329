#include "bundle/mar.h"

#include "bundle/artifact.h"
#include "bundle/testing/models.h"
#include "import/skops/testing/archive.h"

namespace slipway::bundle {
namespace {

using skops::testing::Archive;
using skops::testing::Deflated;
using skops::testing::Member;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string ManifestOf(std::string_view file) {
  return fmt::format(
      R"({{"createdOn": "x", "model": {{"modelName": "m", "serializedFile": "{}"}}}})", file);
}

Member Manifest(std::string_view file = "net.onnx") {
  return {"MAR-INF/MANIFEST.json", ManifestOf(file)};
}

Member Packed(const std::string& name, const std::string& content) {
  return {.name = name, .content = content, .method = 8, .packed = Deflated(content)};
}

class MarTest : public ::testing::Test {
 protected:
  StatusOr<std::unique_ptr<Artifact>> OpenArchive(const std::vector<Member>& members,
                                                  const OpenLimits& limits = {}) {
    return bundle::Open(root_.Write("m.mar", Archive(members)), "", limits);
  }
  std::string Refusal(const std::vector<Member>& members, const OpenLimits& limits = {}) {
    return std::string(MessageOf(OpenArchive(members, limits).status()));
  }
  io::TemporaryFolder root_;
};

TEST_F(MarTest, TheSerializedFileIsTheModel) {
  const auto plain = bundle::Open(root_.Write("plain.onnx", IdentityModel()));
  for (const auto& model :
       {Member{"net.onnx", IdentityModel()}, Packed("net.onnx", IdentityModel())}) {
    const auto artifact = OpenArchive({Manifest(), model, {"handler.py", "import os"}});
    ASSERT_TRUE(artifact.ok()) << artifact.status();
    EXPECT_EQ((*artifact)->digest(), (*plain)->digest());
    EXPECT_EQ((*artifact)->signature(), (*plain)->signature());
  }
}

TEST_F(MarTest, OtherModelsAreRefusedWithWhatToDo) {
  EXPECT_THAT(Refusal({Manifest("net.pt"), {"net.pt", "x"}}),
              HasSubstr("the archive's model is \"net.pt\": only ONNX is served"));
  EXPECT_THAT(Refusal({Manifest(""), {"model.py", "x"}}),
              HasSubstr("its model is Python code, which does not run here: export it with "
                        "torch.onnx.export"));
  EXPECT_EQ(Refusal({{"net.onnx", IdentityModel()}}),
            "expected MAR-INF/MANIFEST.json in the archive, got none");
  EXPECT_EQ(Refusal({Manifest("../net.onnx"), {"net.onnx", IdentityModel()}}),
            "MAR-INF/MANIFEST.json: the model's file \"../net.onnx\" is not in the archive");
  EXPECT_THAT(Refusal({{"MAR-INF/MANIFEST.json", "{\"model\": 1}"}}),
              HasSubstr("MAR-INF/MANIFEST.json: JSON, byte 10: expected an object"));
  EXPECT_THAT(std::string(MessageOf(bundle::Open(root_.Write("e.mar", "")).status())),
              HasSubstr("zip: expected the record at its end"));
}

TEST_F(MarTest, NamesOfTheArchiveAreWrittenSoThatATerminalTakesThemForText) {
  const std::string name = "\x1b[31m\nok\u202e.onnx";
  const std::string shown = R"("\x1b[31m\x0aok\u202e.onnx")";
  const Member manifest = Manifest(R"(\u001b[31m\nok\u202e.onnx)");
  EXPECT_THAT(Refusal({manifest}), HasSubstr(shown));
  EXPECT_THAT(Refusal({manifest, {name, "x"}}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Refusal({manifest, Packed(name, std::string(size_t{2} << 20, 'x'))},
                      {.max_total_bytes = 1 << 20}),
              HasSubstr(shown + ": expected at most"));
  EXPECT_THAT(Refusal({Manifest(R"(\u001b.pt)")}), HasSubstr(R"(model is "\x1b.pt")"));
}

TEST_F(MarTest, WhatUnpacksToMoreThanItMayIsRefused) {
  const std::string zeros(size_t{300} << 20, '\0');
  EXPECT_THAT(Refusal({Manifest(), Packed("net.onnx", zeros)}, {.max_total_bytes = 1 << 20}),
              HasSubstr("\"net.onnx\": expected at most"));
  Member lies = Packed("net.onnx", IdentityModel());
  lies.unpacked_bytes = size_t{1} << 30;
  EXPECT_THAT(Refusal({Manifest(), lies}), Not(IsEmpty()));
  Member manifest = Packed("MAR-INF/MANIFEST.json", std::string(size_t{2} << 20, ' '));
  EXPECT_THAT(Refusal({manifest}),
              HasSubstr("\"MAR-INF/MANIFEST.json\": expected at most 1048576 bytes"));
}

TEST_F(MarTest, CutArchivesAreRefused) {
  const std::string whole = Archive({Manifest(), Packed("net.onnx", IdentityModel())});
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(bundle::Open(root_.Write("m.mar", whole.substr(0, size))).ok()) << size;
}

}  // namespace
}  // namespace slipway::bundle
