#include "bundle/artifact.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "bundle/testing/models.h"
#include "io/digest_memory.h"
#include "io/testing/tar_builder.h"

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

const std::string kWeights("\0\0\x80\x3f\0\0\0\x40", 8);  // 1 and 2 as FP32

std::string TarOf(const std::map<std::string, std::string>& files) {
  io::TarBuilder builder;
  for (const auto& [name, content] : files) builder.File(name, content);
  return builder.Finish();
}

class ArtifactTest : public ::testing::Test {
 protected:
  std::string WriteBundle(std::string_view folder,
                          const std::map<std::string, std::string>& files) {
    for (const auto& [name, content] : files)
      root_.Write(fmt::format("{}/{}", folder, name), content);
    return root_ / folder;
  }
  static Status Refusal(const std::string& path, const std::string& root = "") {
    return Open(path, root).status();
  }
  static void ExpectBadModel(const Status& status, std::string_view message) {
    ASSERT_FALSE(status.ok()) << message;
    EXPECT_EQ(ReasonOf(status), Reason::kBadModel) << status;
    EXPECT_THAT(MessageOf(status), HasSubstr(message));
  }

  io::TemporaryFolder root_;
};

TEST_F(ArtifactTest, RememberedFilesHaveTheDigestsThatHashedOnesHave) {
  const std::string large(io::DigestMemory::kLeastBytes, 'x');
  io::DigestMemory digests(root_ / "data/digests", [] { return INT64_MAX; });
  const std::string model = root_.Write("plain/m.onnx", ExternalModel("w.bin"));
  root_.Write("plain/w.bin", large);
  const auto digest = [&](io::DigestMemory* known) {
    return Open(model, "", {.digests = known}).value()->digest();
  };
  const std::string hashed = digest(nullptr);
  EXPECT_EQ(digest(&digests), hashed);
  EXPECT_EQ(digest(&digests), hashed);
  ASSERT_TRUE(digests.Save().ok());
  EXPECT_TRUE(fs::exists(root_ / "data/digests"));
  root_.Write("plain/w.bin", "y" + large.substr(1));
  EXPECT_NE(digest(&digests), hashed);
  EXPECT_EQ(digest(&digests), digest(nullptr));
}

TEST_F(ArtifactTest, WhatIsAnsweredUnaskedCanBeChosen) {
  const std::string plain = root_.Write("wine.onnx", IdentityModel());
  const std::string output = Open(plain).value()->signature().outputs.at(0).name;
  EXPECT_TRUE(Open(plain, "", {}, "predict_proba," + output).ok());
  ExpectBadModel(Open(plain, "", {}, "predict_proba,predict").status(),
                 "expected the model to have the output predict_proba,predict, it has " + output);
  ExpectBadModel(Open(plain, "", {}, std::string(kBoosterAnswer)).status(),
                 "expected a model as XGBoost's or LightGBM's Booster.save_model writes it");

  const std::string models = SLIPWAY_SOURCE_DIR "/tests/models/";
  const auto logistic = Open(models + "xgboost/binary_logistic.json", "", {}, "predict_proba");
  ASSERT_TRUE(logistic.ok()) << logistic.status();
  for (const TensorSpec& spec : (*logistic)->signature().outputs)
    EXPECT_EQ(spec.on_request, spec.name != "predict_proba");
}

TEST_F(ArtifactTest, OpensAPlainFile) {
  const auto artifact = Open(root_.Write("wine.onnx", IdentityModel()));
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  const Artifact& a = **artifact;
  EXPECT_FALSE(a.is_bundle());
  EXPECT_EQ(a.manifest(), nullptr);
  EXPECT_EQ(a.signature().inputs.at(0).name, "x");
  EXPECT_EQ(a.size_bytes(), IdentityModel().size());
  EXPECT_EQ(a.bytes().model.size(), IdentityModel().size());
  EXPECT_TRUE(a.Examples(3).value().empty());
  EXPECT_EQ(a.digest(),
            "sha256:" + io::Sha256Hex(io::Sha256Hex(IdentityModel()) + "  model.onnx\n"));
}

TEST_F(ArtifactTest, APlainFilesDigestDoesNotDependOnItsName) {
  root_.Write("folder/model.onnx", IdentityModel());
  EXPECT_EQ(Open(root_ / "folder").value()->digest(),
            Open(root_ / "folder/model.onnx").value()->digest());
  EXPECT_EQ(Open(root_.Write("a.onnx", IdentityModel())).value()->digest(),
            Open(root_.Write("b.onnx", IdentityModel())).value()->digest());
}

TEST_F(ArtifactTest, OpensExternalDataBeneathTheModelsFolder) {
  root_.Write("m/sub/w.bin", kWeights);
  const auto artifact = Open(root_.Write("m/model.onnx", ExternalModel("sub/w.bin")), root_.path());
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  ASSERT_EQ((*artifact)->bytes().external_data.size(), 1u);
  EXPECT_EQ((*artifact)->bytes().external_data[0].name, "sub/w.bin");
  EXPECT_EQ((*artifact)->bytes().external_data[0].bytes.size(), 8u);
  const std::string before = (*artifact)->digest();
  root_.Write("m/sub/w.bin", kWeights + "x");
  EXPECT_NE(Open(root_ / "m/model.onnx").value()->digest(), before);
}

// ROBUSTNESS case 43. No file outside is opened: the secret is a FIFO without a writer, which an
// open that waits would hang on.
TEST_F(ArtifactTest, RefusesExternalDataOutsideTheFolder) {
  ASSERT_EQ(::mkfifo((root_ / "x").c_str(), 0600), 0);
  for (const char* location : {"../x", "/etc/passwd", "sub/../../x", "..", "a\\b", ""}) {
    const Status status = Refusal(root_.Write("m/model.onnx", ExternalModel(location)));
    ASSERT_FALSE(status.ok()) << location;
    EXPECT_EQ(ReasonOf(status), Reason::kBadModel) << status;
    EXPECT_THAT(MessageOf(status), HasSubstr("\"w\"")) << location;
  }
}

TEST_F(ArtifactTest, RefusesExternalDataThatIsNoFileBeneath) {
  ExpectBadModel(Refusal(root_.Write("m/model.onnx", ExternalModel("."))), "external data: ");
  const std::string model = root_.Write("m/model.onnx", ExternalModel("w.bin"));
  ExpectBadModel(Refusal(model), "external data: \"w.bin\"");

  root_.Link("m/w.bin", "/etc/passwd");
  ExpectBadModel(Refusal(model), "\"w.bin\": cannot be opened: it leads out of its folder");
  fs::remove(root_ / "m/w.bin");

  root_.Write("secret", kWeights);
  root_.Link("m/w.bin", "../secret");
  ExpectBadModel(Refusal(model), "leads out of its folder");
  fs::remove(root_ / "m/w.bin");

  ASSERT_EQ(::mkfifo((root_ / "m/w.bin").c_str(), 0600), 0);
  ExpectBadModel(Refusal(model), "\"w.bin\": expected a regular file");
  fs::remove(root_ / "m/w.bin");

  root_.Write("m/real.bin", kWeights);
  root_.Link("m/w.bin", "real.bin");
  EXPECT_TRUE(Open(model).ok());
}

TEST_F(ArtifactTest, ARootThatBecameALinkIsRefusedByItsLastName) {
  root_.Write("elsewhere/wine.onnx", IdentityModel());
  root_.Link("root", "elsewhere");
  const Status refused = Refusal(root_ / "root/wine.onnx", root_ / "root");
  ExpectBadModel(refused, "\"root\": cannot be opened: it has become a link");
}

TEST_F(ArtifactTest, MustResolveBeneathItsRoot) {
  root_.Write("outside/model.onnx", IdentityModel());
  root_.Write("repo/good/1/model.onnx", IdentityModel());
  root_.Write("repo2/model.onnx", IdentityModel());
  root_.Link("repo/bad/1/model.onnx", "../../../outside/model.onnx");
  root_.Link("repo/linked", "good");
  const std::string repo = root_ / "repo";
  EXPECT_TRUE(Open(repo + "/good/1/model.onnx", repo).ok());
  EXPECT_TRUE(Open(repo + "//good/1/model.onnx", repo + "/").ok());
  EXPECT_TRUE(Open(repo + "/good/1/model.onnx", repo + "/good/1").ok());
  EXPECT_TRUE(Open(repo + "/linked/1/model.onnx", repo).ok());
  ExpectBadModel(Refusal(repo + "/bad/1/model.onnx", repo), "leads out of its folder");
  ExpectBadModel(Refusal(repo + "/../outside/model.onnx", repo), "leads out of its folder");
  ExpectBadModel(Refusal(root_ / "outside/model.onnx", repo),
                 "does not lie beneath its repository");
  ExpectBadModel(Refusal(root_ / "repo2/model.onnx", repo), "does not lie beneath its repository");
  EXPECT_TRUE(Open(repo + "/bad/1/model.onnx").ok()) << "without a root the operator's word counts";
}

TEST_F(ArtifactTest, WorksWithRelativePaths) {
  root_.Write("good/1/model.onnx", IdentityModel());
  const fs::path before = fs::current_path();
  fs::current_path(root_.path());
  EXPECT_TRUE(Open("./good/1/model.onnx", ".").ok());
  EXPECT_TRUE(Open("good/1/model.onnx", "good").ok());
  EXPECT_TRUE(Open("good/1/model.onnx").ok());
  fs::current_path(before);
}

TEST_F(ArtifactTest, NamesWhatIsThereInstead) {
  EXPECT_EQ(ReasonOf(Refusal(root_ / "nothing")), Reason::kNotFound);
  ExpectBadModel(Refusal(root_.path()), "holds neither \"manifest.json\" nor \"model.onnx\"");
  root_.Write("saved/saved_model.pb", "");
  EXPECT_EQ(ReasonOf(Refusal(root_ / "saved")), Reason::kUnsupported);
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  ExpectBadModel(Refusal(root_ / "fifo"), "expected a regular file");
  EXPECT_FALSE(Open(root_.Write("text.onnx", "hello")).ok());
}

TEST_F(ArtifactTest, OpensAFolderAndATarWithTheSameDigest) {
  const auto files =
      BundleFiles({{"model.onnx", IdentityModel()}, {"examples/first.json", kIdentityExample}});
  const auto folder = Open(WriteBundle("b", files));
  const auto tar = Open(root_.Write("b.slipway", TarOf(files)));
  ASSERT_TRUE(folder.ok()) << folder.status();
  ASSERT_TRUE(tar.ok()) << tar.status();
  EXPECT_EQ((*folder)->digest(), (*tar)->digest());
  EXPECT_TRUE((*tar)->is_bundle());
  for (const auto* artifact : {&*folder, &*tar}) {
    EXPECT_THAT((**artifact).signature().outputs.at(0).labels, ElementsAre("a", "b"));
    const auto examples = (**artifact).Examples(3);
    ASSERT_TRUE(examples.ok()) << examples.status();
    ASSERT_EQ(examples->size(), 1u);
    EXPECT_EQ(examples->at(0).name, "first");
    EXPECT_TRUE((**artifact).Examples(0)->empty());
  }
}

// The formula of docs/formats/bundle.md, computed by coreutils.
TEST_F(ArtifactTest, TheDigestIsWhatCoreutilsSay) {
  const std::string path =
      WriteBundle("b", BundleFiles({{"model.onnx", IdentityModel()}, {"examples/a b.json", "{}"}}));
  const std::string command = fmt::format(
      "cd {} && LC_ALL=C find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum "
      "| sha256sum > {}",
      path, root_ / "sum");
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(Open(path).value()->digest(), "sha256:" + root_.Read("sum").substr(0, 64));
}

TEST_F(ArtifactTest, NamesTheFileThatIsNotWhatTheManifestSays) {
  const auto good =
      BundleFiles({{"model.onnx", IdentityModel()}, {"examples/first.json", kIdentityExample}});
  for (const auto& [name, content] : good) {
    if (name == kManifestName) continue;
    auto files = good;
    files[name].back() ^= 1;
    ExpectBadModel(Refusal(root_.Write("flipped.slipway", TarOf(files))),
                   fmt::format("\"{}\": manifest.json says sha256", name));
    files[name] = content + "x";
    ExpectBadModel(Refusal(root_.Write("longer.slipway", TarOf(files))),
                   fmt::format("\"{}\": manifest.json says {} bytes", name, content.size()));
    files[name] = content.substr(1);
    ExpectBadModel(Refusal(root_.Write("shorter.slipway", TarOf(files))),
                   fmt::format("\"{}\": manifest.json says {} bytes", name, content.size()));
    files.erase(name);
    ExpectBadModel(Refusal(root_.Write("missing.slipway", TarOf(files))),
                   fmt::format("\"{}\" is not in the archive", name));
  }
  auto files = good;
  files["extra"] = "";
  ExpectBadModel(Refusal(root_.Write("extra.slipway", TarOf(files))),
                 "\"extra\" is in the archive but not in manifest.json");
  EXPECT_TRUE(Open(WriteBundle("folder", files)).ok())
      << "in a folder what is not listed is not part of it";
  files.erase(std::string(kManifestName));
  ExpectBadModel(Refusal(root_.Write("bare.slipway", TarOf(files))),
                 "\"manifest.json\" is not in the archive");
}

TEST_F(ArtifactTest, ABundlesExternalDataMustBeListed) {
  auto files = BundleFiles({{"model.onnx", ExternalModel("w.bin")}});
  files["w.bin"] = kWeights;
  ExpectBadModel(Refusal(WriteBundle("unlisted", files)), "external data \"w.bin\" is not listed");
  files = BundleFiles({{"model.onnx", ExternalModel("w.bin")}, {"w.bin", kWeights}});
  const auto artifact = Open(WriteBundle("listed", files));
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_EQ((*artifact)->bytes().external_data.at(0).bytes.size(), 8u);
}

TEST_F(ArtifactTest, TheManifestMustAgreeWithTheModel) {
  onnx::Builder other;
  other.Input("x", DType::kFp32, {-1, 3})
      .Output("y", DType::kFp32, {-1, 2})
      .Node("Identity", {"x"}, {"y"});
  ExpectBadModel(Refusal(WriteBundle("b", BundleFiles({{"model.onnx", other.Serialize()}}))),
                 "input \"x\": the manifest says FP32 [-1,2], the model FP32 [-1,3]");
}

TEST_F(ArtifactTest, ReadsABundleThroughAKubernetesVolume) {
  const auto files =
      BundleFiles({{"model.onnx", IdentityModel()}, {"examples/first.json", kIdentityExample}});
  WriteBundle("v/..2026_01", files);
  root_.Link("v/..data", "..2026_01");
  for (const char* name : {"model.onnx", "manifest.json", "examples"})
    root_.Link(fmt::format("v/{}", name), fmt::format("..data/{}", name));
  const auto artifact = Open(root_ / "v");
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_EQ((*artifact)->Examples(9)->size(), 1u);
}

TEST_F(ArtifactTest, ExamplesThatChangedSinceOpeningAreRefused) {
  const std::string path = WriteBundle(
      "b",
      BundleFiles({{"model.onnx", IdentityModel()}, {"examples/first.json", kIdentityExample}}));
  const auto artifact = Open(path);
  std::string changed = kIdentityExample;
  changed[changed.find("1.5")] = '2';
  root_.Write("b/examples/first.json", changed);
  ExpectBadModel((*artifact)->Examples(1).status(),
                 "\"examples/first.json\": manifest.json says sha256");
}

TEST_F(ArtifactTest, BytesStayWhatTheyWereWhenTheFileIsTruncated) {
  const std::string path = root_.Write("m.onnx", IdentityModel());
  const auto artifact = Open(path);
  fs::resize_file(path, 0);
  const auto model = (*artifact)->bytes().model;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(model.data()), model.size()),
            IdentityModel());
}

TEST_F(ArtifactTest, KeepsToTheLimitOfAllFilesTogether) {
  root_.Write("m/w.bin", std::string(1000, 'w'));
  const std::string plain = root_.Write("m/model.onnx", ExternalModel("w.bin"));
  const OpenLimits limits{.max_total_bytes = 1000};
  EXPECT_EQ(ReasonOf(Open(plain, "", limits).status()), Reason::kTooLarge);
  fs::resize_file(root_ / "m/w.bin",
                  uint64_t{1} << 40);  // sparse: to read it would take all memory
  EXPECT_EQ(ReasonOf(Open(plain).status()), Reason::kTooLarge);
  const auto files =
      BundleFiles({{"model.onnx", ExternalModel("w.bin")}, {"w.bin", std::string(1000, 'w')}});
  EXPECT_EQ(ReasonOf(Open(WriteBundle("b", files), "", limits).status()), Reason::kTooLarge);
  EXPECT_FALSE(Open(root_.Write("b.slipway", TarOf(files)), "", limits).ok());
}

// ROBUSTNESS case 60, through the door.
TEST_F(ArtifactTest, RefusesHostileTars) {
  auto files = BundleFiles({{"model.onnx", IdentityModel()}});
  const std::pair<std::string, std::string> cases[] = {
      {io::TarBuilder().File("../x", "").Finish(), "\"..\" is not allowed"},
      {io::TarBuilder().File("/x", "").Finish(), "is absolute"},
      {io::TarBuilder().Entry("model.onnx", '2').Finish(), "symbolic link"},
      {io::TarBuilder().File("model.onnx", "").File("model.onnx", "").Finish(), "occurs twice"},
  };
  for (const auto& [tar, message] : cases)
    ExpectBadModel(Refusal(root_.Write("b.slipway", tar)), message);
  EXPECT_EQ(root_.Count(), 1u) << "nothing but the tar itself was written";
}

// The bundles in the repository were written by another implementation of the format, in Python.
TEST(CommittedBundlesTest, AreReadInFull) {
  const fs::path models = fs::path(SLIPWAY_SOURCE_DIR) / "examples/models";
  int bundles = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (entry.path().filename() != kManifestName) continue;
    ++bundles;
    const auto artifact = Open(entry.path().parent_path().string(), models.string());
    ASSERT_TRUE(artifact.ok()) << entry.path() << ": " << artifact.status();
    const auto examples = (*artifact)->Examples(1000);
    ASSERT_TRUE(examples.ok()) << examples.status();
    EXPECT_GE(examples->size(), 1u);
  }
  EXPECT_GE(bundles, 3);
}

}  // namespace
}  // namespace slipway::bundle
