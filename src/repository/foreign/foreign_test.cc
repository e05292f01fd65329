#include "repository/foreign/foreign_model.h"

#include "import/skops/testing/archive.h"
#include "io/testing/temporary_folder.h"

namespace slipway::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A model in a line: "NAME=PATH; versions; aliases; notes", or "NAME: problem".
std::string Line(const ForeignModel& model, const std::string& without = "") {
  if (!model.problem.ok())
    return fmt::format("{}: {}", model.name, std::string(MessageOf(model.problem)));
  std::string line = model.place();
  if (const size_t at = line.find(without); !without.empty() && at != std::string::npos)
    line.erase(at, without.size());
  for (const auto* texts : {&model.versions, &model.aliases, &model.notes})
    for (const std::string& text : *texts) line += "; " + text;
  return line;
}

std::vector<std::string> Lines(const StatusOr<std::vector<ForeignModel>>& models,
                               const std::string& without = "") {
  if (!models.ok()) return {std::string(MessageOf(models.status()))};
  std::vector<std::string> lines;
  for (const ForeignModel& model : *models) lines.push_back(Line(model, without));
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// A TorchServe archive whose serialized file is `file`.
std::string Archive(const std::string& file) {
  return skops::testing::Archive(
      {{"MAR-INF/MANIFEST.json", fmt::format(R"({{"model":{{"serializedFile":"{}"}}}})", file)},
       {file, "m"}});
}

TEST(TfservingModelsTest, SaysModelsVersionsAndLabels) {
  const auto models = ReadTfservingModels(R"(
    model_config_list {
      config { name: 'a' base_path: '/m/a' model_platform: 'tensorflow' }
      config {
        name: 'b' base_path: '/m/b'
        model_version_policy { specific { versions: 42 versions: 43 } }
        version_labels { key: 'stable' value: 42 }
        version_labels { key: 'canary' value: 43 }
      }
      config { name: 'c' base_path: '/m/c' model_version_policy { all {} } logging_config {} }
      config { name: 'd' base_path: '/m/d' model_version_policy { latest { num_versions: 2 } } }
      config { name: 'e' base_path: 'gs://bucket/e' }
      config { name: 'f' base_path: '/m/f' version_labels { key: 'Big' value: 1 } }
    })",
                                          "models.config");
  EXPECT_THAT(
      Lines(models),
      ElementsAre("a=/m/a", "b=/m/b; b=42; b=43; b@canary=43; b@stable=42",
                  "c=/m/c; c=all; logging_config has no effect: requests are not logged",
                  "d=/m/d; d=latest:2",
                  "e: base_path \"gs://bucket/e\": models elsewhere are not read yet, copy or "
                  "mount them into a folder",
                  "f: version label \"Big\": expected [a-z][a-z0-9._-]{0,62}"));
}

TEST(TfservingModelsTest, WhatIsUnknownIsNamedWithItsLine) {
  EXPECT_THAT(Lines(ReadTfservingModels("model_config_list {\n config { nam: 'a' } }", "x.config")),
              ElementsAre(HasSubstr("x.config:2: unknown field \"nam\"")));
  EXPECT_THAT(Lines(ReadTfservingModels("custom_model_config {}", "x.config")),
              ElementsAre("x.config:1: \"custom_model_config\" is not supported yet"));
}

TEST(MlflowModelTest, ServesFlavorsThatAreReadHere) {
  io::TemporaryFolder root;
  root.Write("good/MLmodel", "flavors:\n  onnx:\n    data: net.onnx\n  python_function: {}\n");
  root.Write("skl/MLmodel", "flavors:\n  python_function: {}\n  sklearn:\n    pickled_model: m\n");
  root.Write("spark/MLmodel", "flavors:\n  python_function: {}\n  spark:\n    model_data: m\n");
  root.Write("out/MLmodel", "flavors:\n  onnx:\n    data: ../../secret\n");
  root.Write("bad/MLmodel", "flavors: [");
  const auto line = [&](const std::string& name) {
    const auto model = ReadMlflowModel(root.path() + "/" + name, name);
    return model.ok() ? Line(*model, root.path()) : std::string(MessageOf(model.status()));
  };
  EXPECT_EQ(line("good"), "good=/good");
  EXPECT_EQ(line("skl"), "skl=/skl");
  EXPECT_EQ(line("spark"),
            "spark: MLmodel: expected one of the flavors sklearn, xgboost, lightgbm, catboost and "
            "onnx, got python_function, spark");
  EXPECT_THAT(line("out"), HasSubstr("out: MLmodel: flavors: onnx: data"));
  EXPECT_THAT(line("bad"), HasSubstr("bad: MLmodel:"));
  EXPECT_EQ(ReasonOf(ReadMlflowModel(root.path(), "x").status()), Reason::kNotFound);
}

TEST(MlserverModelsTest, FindsSettingsAtEveryDepth) {
  io::TemporaryFolder root;
  const auto settings = [&](const std::string& folder, const std::string& json) {
    root.Write(folder + "/model-settings.json", json);
  };
  settings("a", R"({"name": "a", "parameters": {"uri": "./a.onnx", "version": "v0.1.0"}})");
  settings("deep/b", R"({"name": "b", "max_batch_size": 8, "parameters": {"uri": "b.onnx"}})");
  settings("c", R"({"name": "c", "implementation": "mlserver_sklearn.SKLearnModel",
                    "parameters": {"uri": "./model.joblib"}})");
  settings("d", R"({"name": "d", "parameters": {"uri": "saved"}})");
  root.Write("d/saved/MLmodel", "flavors:\n  onnx:\n    data: net.onnx\n");
  settings("e", "{");
  settings("g", R"({"name": "g", "implementation": "runtime.Mine",
                    "parameters": {"uri": "./model.joblib"}})");
  settings("f", "{}");
  EXPECT_THAT(
      Lines(ReadMlserverModels(root.path()), root.path()),
      ElementsAre("a=/a/a.onnx; a@v0.1.0=1", "b=/deep/b/b.onnx; max_batch_size has no effect",
                  "c=/c", "d=/d", HasSubstr("e: model-settings.json: JSON, byte"),
                  "f: model-settings.json: expected a name",
                  "g: runtime.Mine: only MLServer's runtimes for scikit-learn, XGBoost, LightGBM, "
                  "CatBoost and MLflow, and .onnx files, are served: code of your own does not run "
                  "here"));
  EXPECT_EQ(ReasonOf(ReadMlserverModels(root.path() + "/none").status()), Reason::kNotFound);
}

TEST(MlserverModelsTest, LooksIntoNoFolderButTheSettings) {
  io::TemporaryFolder root;
  root.Write("saved/MLmodel", "flavors:\n  onnx:\n    data: net.onnx\n");
  root.Write("m/in/MLmodel", "flavors:\n  onnx:\n    data: net.onnx\n");
  const auto located = [&](const std::string& uri) {
    root.Write("m/model-settings.json",
               fmt::format(R"({{"name": "a", "parameters": {{"uri": "{}"}}}})", uri));
    return Lines(ReadMlserverModels(root.path() + "/m"), root.path());
  };
  const std::string inside = "a=/m";
  for (const std::string& uri :
       {std::string("in"), std::string("./in/"), std::string("x/../in"), root.path() + "/m/in"})
    EXPECT_THAT(located(uri), ElementsAre(inside)) << uri;
  for (const std::string& uri : {std::string("../saved"), root.path() + "/saved"})
    EXPECT_THAT(located(uri),
                ElementsAre(HasSubstr("expected an .onnx file, or a file or folder beneath")))
        << uri;
  std::filesystem::create_symlink(root.path() + "/saved", root.path() + "/m/link");
  EXPECT_THAT(located("link"), ElementsAre(HasSubstr("no implementation is named")));
  EXPECT_THAT(located("/elsewhere/a.onnx"), ElementsAre("a=/elsewhere/a.onnx"));
  EXPECT_THAT(located("../a.onnx"), ElementsAre("a=/m/../a.onnx"));
}

TEST(NameOfFolderTest, IsTheLastPartOfTheAbsolutePath) {
  const std::string here = std::filesystem::current_path().filename().string();
  for (const std::string folder : {"/models/wine", "/models/wine/", "/models/x/../wine/."})
    EXPECT_EQ(NameOfFolder(folder), "wine") << folder;
  EXPECT_EQ(NameOfFolder("."), here);
  EXPECT_EQ(NameOfFolder("wine"), "wine");
}

TEST(TorchserveModelsTest, TakesOnnxFilesAndArchivesWithOne) {
  io::TemporaryFolder root;
  root.Write("a.onnx", "m");
  root.Write("b.mar", "z");
  root.Write("c/MAR-INF/MANIFEST.json", "{}");
  root.Write("c/net.onnx", "m");
  root.Write("d/MAR-INF/MANIFEST.json", "{}");
  root.Write("d/net.pt", "m");
  root.Write("e.mar", Archive("net.onnx"));
  root.Write("f.mar", Archive("net.pt"));
  root.Write("notes.txt", "t");
  const std::vector<std::string> all = {
      "a=/a.onnx",
      "b: b.mar: zip: expected the record at its end, got none: the file is cut off",
      "c=/c/net.onnx; its handler does not run: requests and answers are the model's tensors",
      "d: archive \"d\" holds 0 .onnx files, expected one: only ONNX can be served yet, so export "
      "the model with torch.onnx.export",
      "e=/e.mar; its handler does not run: requests and answers are the model's tensors",
      "f: f.mar: the archive's model is \"net.pt\": only ONNX is served, not TorchScript or a "
      "state "
      "of Python's modules: export it with torch.onnx.export, and archive or serve the .onnx file"};
  EXPECT_EQ(Lines(ReadTorchserveModels(root.path(), {"all"}), root.path()), all);
  EXPECT_THAT(
      Lines(ReadTorchserveModels(root.path(), {"x=a.onnx", "none.mar", "y=../a.onnx"}),
            root.path()),
      ElementsAre("none: \"none.mar\" is not in the model store", "x=/a.onnx", HasSubstr("y: ")));
}

}  // namespace
}  // namespace slipway::repository
