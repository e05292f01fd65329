#include "bundle/pack.h"

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>

#include "bundle/imported.h"
#include "bundle/testing/models.h"
#include "io/testing/faulty_file_system.h"

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

const std::string kWeights("\0\0\x80\x3f\0\0\0\x40", 8);  // 1 and 2 as FP32

class PackTest : public ::testing::Test {
 protected:
  io::TemporaryFolder root_;
};

TEST_F(PackTest, MakesABundleOfAPlainModel) {
  root_.Write("m/w.bin", kWeights);
  const std::string model = root_.Write("m/wine.onnx", ExternalModel("w.bin"));
  root_.Write("ex/first.json", kIdentityExample);
  root_.Write("ex/notes.txt", "not an example");
  PackOptions options;
  options.name = "wine";
  options.examples = root_ / "ex";
  options.labels = {{"y", {"red", "white"}}};
  options.lineage = {{"framework", "numpy"}};
  options.feature_schema = R"({"features": []})";
  for (const char* out : {"out", "out.slipway", "out.tar"}) {
    const auto packed = Pack(model, root_ / out, options);
    ASSERT_TRUE(packed.ok()) << packed.status();
    EXPECT_EQ(packed->files, 4u);
    const auto artifact = Open(root_ / out);
    ASSERT_TRUE(artifact.ok()) << artifact.status();
    EXPECT_EQ((*artifact)->digest(), packed->digest);
    EXPECT_EQ((*artifact)->manifest()->name, "wine");
    EXPECT_EQ((*artifact)->manifest()->lineage.at("source_format"), "onnx");
    EXPECT_EQ((*artifact)->manifest()->lineage.at("framework"), "numpy");
    EXPECT_THAT((*artifact)->signature().outputs.at(0).labels, ElementsAre("red", "white"));
    EXPECT_EQ((*artifact)->Examples(9)->size(), 1u);
  }
  EXPECT_TRUE(fs::is_directory(root_ / "out"));
  EXPECT_EQ(root_.Read("out.slipway"), root_.Read("out.tar"));
}

TEST_F(PackTest, SameContentGivesSameBytes) {
  const std::string model = root_.Write("m.onnx", IdentityModel());
  ASSERT_TRUE(Pack(model, root_ / "a.slipway").ok());
  ASSERT_TRUE(Pack(model, root_ / "b.slipway").ok());
  EXPECT_EQ(root_.Read("a.slipway"), root_.Read("b.slipway"));
}

TEST_F(PackTest, RepacksABundleUnchanged) {
  root_.Write("ex/first.json", kIdentityExample);
  ASSERT_TRUE(
      Pack(root_.Write("m.onnx", IdentityModel()), root_ / "a", {.examples = root_ / "ex"}).ok());
  const auto tar = Pack(root_ / "a", root_ / "b.slipway");
  ASSERT_TRUE(tar.ok()) << tar.status();
  const auto folder = Pack(root_ / "b.slipway", root_ / "c");
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(Open(root_ / "a").value()->digest(), folder->digest);
  EXPECT_EQ(root_.Read("a/manifest.json"), root_.Read("c/manifest.json"));
}

TEST_F(PackTest, RefusesAndLeavesNothing) {
  const std::string model = root_.Write("m.onnx", IdentityModel());
  root_.Write("taken", "");
  root_.Write("ex/bad.json", "{}");
  root_.Write("unnamed/bad name.json", kIdentityExample);
  fs::create_directory(root_ / "empty");
  root_.Write("named/m.onnx", ExternalModel("manifest.json"));
  root_.Write("named/manifest.json", kWeights);
  const size_t before = root_.Count();
  EXPECT_EQ(ReasonOf(Pack(model, root_ / "taken").status()), Reason::kAlreadyExists);
  EXPECT_EQ(ReasonOf(Pack(model, root_ / "o", {.labels = {{"z", {}}}}).status()),
            Reason::kBadRequest);
  EXPECT_EQ(ReasonOf(Pack(model, root_ / "o", {.feature_schema = "[]"}).status()),
            Reason::kBadRequest);
  EXPECT_EQ(ReasonOf(Pack(model, root_ / "o", {.examples = root_ / "ex"}).status()),
            Reason::kBadModel);
  for (const char* folder : {"unnamed", "empty"}) {
    EXPECT_EQ(ReasonOf(Pack(model, root_ / "o", {.examples = root_ / folder}).status()),
              Reason::kBadRequest);
  }
  EXPECT_EQ(ReasonOf(Pack(model, root_ / "o", {.examples = root_ / "none"}).status()),
            Reason::kNotFound);
  EXPECT_EQ(ReasonOf(Pack(root_ / "named/m.onnx", root_ / "o").status()), Reason::kBadModel);
  EXPECT_EQ(ReasonOf(Pack(root_ / "none.onnx", root_ / "o").status()), Reason::kNotFound);
  EXPECT_EQ(root_.Count(), before);
}

TEST_F(PackTest, RefusesWhatCouldNotBeServed) {
  const std::string model = root_.Write("m.onnx", IdentityModel());
  EXPECT_THAT(MessageOf(Pack(model, root_ / "o", {.labels = {{"y", {"a"}}}}).status()),
              HasSubstr("output \"y\" has 2 classes, got 1 labels"));
  EXPECT_THAT(MessageOf(Pack(model, root_ / "o", {.name = "a/b"}).status()), HasSubstr("name: "));
  for (const char* out : {"o.zip", "o.tar.gz", "o.tgz"})
    EXPECT_THAT(MessageOf(Pack(model, root_ / out).status()), HasSubstr("not packed")) << out;
  EXPECT_EQ(root_.Count(), 1U);
}

/// Two numbers as a tensor [1,2].
NamedTensor Pair(std::string name, float a, float b) {
  std::byte* start = nullptr;
  Buffer data = Buffer::Allocate(2 * sizeof(float), &start);
  reinterpret_cast<float*>(start)[0] = a;
  reinterpret_cast<float*>(start)[1] = b;
  return {std::move(name), {DType::kFp32, {1, 2}, std::move(data)}};
}

Example PairExample(std::string name, float a, float b) {
  return {std::move(name),   "self",        "slipway 0.1.0", {Pair("x", a, b)},
          {Pair("y", a, b)}, {{1e-6, 1e-5}}};
}

class PackModelTest : public PackTest {
 protected:
  PackModelTest() {
    model_.bytes.model = std::as_bytes(std::span(onnx_));
    model_.manifest.name = "pair";
    model_.manifest.signature = EstimatorSignature(
        {{{"x", DType::kFp32, {-1, 2}}}, {{"y", DType::kFp32, {-1, 2}}}}, {{"y", {"a", "b"}}});
    model_.manifest.feature_schema =
        R"({"features": [{"name": "age", "min": 17, "max": 90}, {"name": "income"}]})";
    model_.manifest.lineage = {{"created_by", "slipway 0.1.0"}, {"seed", "7"}};
    model_.manifest.licence = "CC-BY-4.0";
    model_.manifest.intended_use = "tests";
    model_.examples = {PairExample("first", 1.5F, -2)};
  }

  const std::string onnx_ = IdentityModel();
  NewModel model_;
};

TEST_F(PackModelTest, IsOpenedAsWhatWasSaid) {
  const auto packed = PackModel(model_, root_ / "out.slipway");
  ASSERT_TRUE(packed.ok()) << packed.status();
  const auto opened = Open(root_ / "out.slipway");
  ASSERT_TRUE(opened.ok()) << opened.status();
  const Artifact& artifact = **opened;
  EXPECT_EQ(artifact.digest(), packed->digest);
  Manifest manifest = *artifact.manifest();
  EXPECT_EQ(manifest.files.size(), 2U);
  manifest.files.clear();
  EXPECT_EQ(manifest, model_.manifest);
  EXPECT_THAT(artifact.signature().inputs.at(0).columns, ElementsAre("age", "income"));
  EXPECT_TRUE(artifact.signature().inputs.at(0).any_number);
  EXPECT_THAT(artifact.signature().outputs.at(0).labels, ElementsAre("a", "b"));
  const auto examples = artifact.Examples(9);
  ASSERT_TRUE(examples.ok()) << examples.status();
  ASSERT_EQ(examples->size(), 1U);
  EXPECT_EQ(examples->front().origin, "self");
  EXPECT_EQ(examples->front().framework_version, "slipway 0.1.0");
  EXPECT_THAT(examples->front().outputs.at(0).tensor.as<float>(), ElementsAre(1.5F, -2));
  EXPECT_EQ(examples->front().tolerances.at(0).relative, 1e-5);
}

TEST_F(PackModelTest, ASignatureThatIsNotStatedIsTheGraphs) {
  model_.manifest.signature = {};
  ASSERT_TRUE(PackModel(model_, root_ / "out").ok());
  EXPECT_EQ(Open(root_ / "out").value()->manifest()->signature.outputs.at(0).name, "y");
}

TEST_F(PackModelTest, SameContentGivesSameBytesAndAFolderTheSameDigest) {
  const auto first = PackModel(model_, root_ / "a.slipway");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(PackModel(model_, root_ / "b.slipway").ok());
  EXPECT_EQ(root_.Read("a.slipway"), root_.Read("b.slipway"));
  EXPECT_EQ(PackModel(model_, root_ / "folder").value().digest, first->digest);
}

TEST_F(PackModelTest, ExamplesThatJsonCannotSayAreKept) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  model_.examples.push_back(PairExample("odd", NAN, -kInfinity));
  ASSERT_TRUE(PackModel(model_, root_ / "out").ok());
  const auto examples = Open(root_ / "out").value()->Examples(9);
  ASSERT_TRUE(examples.ok()) << examples.status();
  const auto odd = examples->at(1).inputs.at(0).tensor.as<float>();
  EXPECT_TRUE(std::isnan(odd[0]));
  EXPECT_EQ(odd[1], -kInfinity);
}

TEST_F(PackModelTest, ExternalDataComesFromMemory) {
  const std::string onnx = ExternalModel("w.bin");
  model_.bytes = {std::as_bytes(std::span(onnx)), {{"w.bin", std::as_bytes(std::span(kWeights))}}};
  ASSERT_TRUE(PackModel(model_, root_ / "out").ok());
  EXPECT_EQ(Open(root_ / "out").value()->bytes().external_data.at(0).bytes.size(), 8U);
  model_.bytes.external_data.clear();
  EXPECT_THAT(MessageOf(PackModel(model_, root_ / "other").status()),
              HasSubstr("external data \"w.bin\" is missing"));
}

TEST_F(PackModelTest, RefusesWhatDoesNotFitTheGraph) {
  NewModel other = model_;
  other.manifest.signature.inputs[0].dtype = DType::kFp64;
  EXPECT_THAT(MessageOf(PackModel(other, root_ / "o").status()),
              HasSubstr("the manifest says FP64 [-1,2], the model FP32 [-1,2]"));
  other = model_;
  other.examples.push_back(PairExample("first", 1, 2));
  EXPECT_THAT(MessageOf(PackModel(other, root_ / "o").status()),
              HasSubstr("two examples have the file \"examples/first.json\""));
  other = model_;
  other.examples[0].name = "no name";
  EXPECT_THAT(MessageOf(PackModel(other, root_ / "o").status()), HasSubstr("\"no name\""));
  other = model_;
  other.examples[0].outputs[0].name = "z";
  EXPECT_EQ(ReasonOf(PackModel(other, root_ / "o").status()), Reason::kBadModel);
  other = model_;
  other.manifest.feature_schema = "[]";
  EXPECT_THAT(MessageOf(PackModel(other, root_ / "o").status()), HasSubstr("feature schema: "));
  other = model_;
  other.bytes.model = std::as_bytes(std::span(kWeights));
  EXPECT_EQ(ReasonOf(PackModel(other, root_ / "o").status()), Reason::kBadModel);
  EXPECT_EQ(root_.Count(), 0U);
}

// Wherever the disk turns out to be full. Once the rename is done the bundle is whole, and stays.
TEST_F(PackModelTest, AFullDiskLeavesNoHalfBundle) {
  for (const char* out : {"out", "out.slipway"}) {
    io::FaultyFileSystem system;
    ASSERT_TRUE(PackModel(model_, root_ / out, system).ok());
    fs::remove_all(root_ / out);
    const int calls = system.calls();
    int late = 0;
    for (int call = 1; call <= calls; ++call) {
      system.FailCall(call, ENOSPC);
      const Status status = PackModel(model_, root_ / out, system).status();
      if (!status.ok()) {
        EXPECT_EQ(ReasonOf(status), Reason::kDiskFull) << call << ": " << status;
      }
      if (fs::exists(root_ / out)) {
        EXPECT_TRUE(Open(root_ / out).ok()) << out << ", call " << call;
        late += status.ok() ? 0 : 1;
        fs::remove_all(root_ / out);
      }
      EXPECT_EQ(root_.Count(), 0U) << out << ", call " << call;
    }
    EXPECT_GE(calls, 8);
    EXPECT_LE(late, 2) << "the folder around it could not be opened or synced";
  }
}

}  // namespace
}  // namespace slipway::bundle
