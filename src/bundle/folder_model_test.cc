#include "bundle/folder_model.h"

#include "bundle/artifact.h"
#include "bundle/manifest.h"
#include "io/testing/temporary_folder.h"

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Refusal(const StatusOr<FolderModel>& model) {
  return model.ok() ? "" : std::string(MessageOf(model.status()));
}

TEST(MlmodelTest, SaysFlavorFileAndAnswer) {
  const auto model = ParseMlmodel(
      "flavors:\n"
      "  python_function:\n    loader_module: mlflow.sklearn\n    predict_fn: predict_proba\n"
      "  sklearn:\n    code: null\n    pickled_model: model.pkl\n"
      "mlflow_version: 3.17.2\nrun_id: 1a\n");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->flavor, "sklearn");
  EXPECT_EQ(model->file, "model.pkl");
  EXPECT_EQ(model->answer, "predict_proba");
  EXPECT_FALSE(model->booster);
  EXPECT_EQ(model->lineage.at("mlflow_run_id"), "1a");
}

TEST(MlmodelTest, ABoosterAnswersAsOneUnlessAnotherClassWasSaved) {
  const auto booster = [](std::string_view flavor, std::string_view line) {
    return ParseMlmodel(fmt::format("flavors:\n  {}:\n    data: m\n{}", flavor, line))->booster;
  };
  EXPECT_TRUE(booster("xgboost", ""));
  EXPECT_TRUE(booster("xgboost", "    model_class: xgboost.core.Booster\n"));
  EXPECT_FALSE(booster("xgboost", "    model_class: xgboost.sklearn.XGBClassifier\n"));
  EXPECT_TRUE(booster("lightgbm", "    model_class: lightgbm.basic.Booster\n"));
  EXPECT_FALSE(booster("catboost", ""));
}

TEST(MlmodelTest, TheSignatureDeclaresColumns) {
  const auto columns = [](std::string_view inputs) {
    const auto model =
        ParseMlmodel(fmt::format("flavors:\n  onnx: {{}}\nsignature:\n  inputs: '{}'\n", inputs));
    return model.ok() ? model->columns : std::vector<ColumnSpec>{{Refusal(model)}};
  };
  using Kind = ColumnSpec::Kind;
  EXPECT_THAT(columns(R"([{"type": "long", "name": "a", "required": true},
                          {"type": "string", "name": "b"}])"),
              ElementsAre(ColumnSpec{"a", Kind::kLong}, ColumnSpec{"b", Kind::kString}));
  EXPECT_THAT(
      columns(R"([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}])"),
      ElementsAre());
  EXPECT_THAT(columns(R"([{"type": "double"}])"), ElementsAre());
  EXPECT_THAT(columns(R"([{"type": "datetime", "name": "t"}])").at(0).name,
              HasSubstr("column \"t\" has type \"datetime\": expected boolean, integer"));
  EXPECT_THAT(
      columns(R"([{"type": "long", "name": "a"}, {"type": "long", "name": "a"}])").at(0).name,
      HasSubstr("column \"a\" occurs twice"));
  EXPECT_THAT(columns("{").at(0).name, HasSubstr("MLmodel: signature: inputs: JSON, byte"));
}

TEST(MlmodelTest, RefusesByName) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "MLmodel: expected flavors"},
      {"flavors: [", "MLmodel:"},
      {"flavors: &a {onnx: {}}", "an anchor (&name) is not taken here"},
      {"flavors:\n  onnx:\n    data: ../../etc/passwd\n", "MLmodel: flavors: onnx: data"},
      {"flavors:\n  sklearn: {}\n", "MLmodel: flavors: sklearn: pickled_model"},
      {"flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n",
       "the model is Python code of its own, which does not run here"},
      {"flavors:\n  python_function:\n    loader_module: mlflow.spark\n  spark: {}\n",
       "expected one of the flavors sklearn, xgboost, lightgbm, catboost and onnx, got "
       "python_function, spark"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_THAT(Refusal(ParseMlmodel(text)), HasSubstr(message)) << text;
}

TEST(ModelSettingsTest, SayWhereTheModelIs) {
  const auto settings = ParseModelSettings(
      R"({"name": "a", "implementation": "mlserver_lightgbm.LightGBMModel", "max_batch_size": 5,
          "parameters": {"uri": "./m.txt", "version": "v1", "extra": {"predict_fn": "transform"}}})");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->name, "a");
  EXPECT_EQ(settings->version, "v1");
  EXPECT_THAT(settings->ignored, ElementsAre("max_batch_size"));
  const FolderModel model = settings->folder_model();
  EXPECT_EQ(model.flavor, "lightgbm");
  EXPECT_EQ(model.file, "./m.txt");
  EXPECT_EQ(model.answer, "transform");
  EXPECT_TRUE(model.booster);
  EXPECT_THAT(MessageOf(ParseModelSettings("{").status()), HasSubstr("model-settings.json: JSON"));
}

class FolderModelTest : public ::testing::Test {
 protected:
  /// What Open says of the folder that is beneath the root.
  StatusOr<std::unique_ptr<Artifact>> OpenFolder(const std::string& name) {
    return Open(root_ / name, root_.path());
  }
  void CopyXgboost(const std::string& to) {
    std::filesystem::create_directories((root_ / to).substr(0, (root_ / to).rfind('/')));
    std::filesystem::copy_file(
        std::string(SLIPWAY_SOURCE_DIR) + "/tests/models/xgboost/binary_logistic.json", root_ / to);
  }
  std::string Outputs(const Artifact& artifact) {
    std::string text;
    for (const TensorSpec& output : artifact.signature().outputs)
      text += fmt::format("{}{} {}{}", text.empty() ? "" : "; ", output.name,
                          ToString(output.dtype, output.shape), output.on_request ? " asked" : "");
    return text;
  }

  io::TemporaryFolder root_;
};

TEST_F(FolderModelTest, AnMlflowModelOpensWhatItsFlavorNames) {
  CopyXgboost("m/sub/model.json");
  root_.Write("m/MLmodel",
              "flavors:\n  xgboost:\n    data: sub/model.json\n"
              "    model_class: xgboost.sklearn.XGBClassifier\n");
  const auto classifier = OpenFolder("m");
  ASSERT_TRUE(classifier.ok()) << classifier.status();
  EXPECT_EQ(Outputs(**classifier), "predict INT64 [-1]; predict_proba FP32 [-1,2] asked");
  EXPECT_EQ((*classifier)->manifest()->lineage.at("source"), "MLflow");

  root_.Write("m/MLmodel", "flavors:\n  xgboost:\n    data: sub/model.json\n");
  const auto booster = OpenFolder("m");
  ASSERT_TRUE(booster.ok()) << booster.status();
  EXPECT_EQ(Outputs(**booster), "predict FP32 [-1]; predict_proba FP32 [-1,2] asked");
  EXPECT_NE((*booster)->digest(), (*classifier)->digest());
}

TEST_F(FolderModelTest, DeclaredColumnsAreThoseOfTheModel) {
  CopyXgboost("m/model.json");
  const auto with = [&](std::string_view columns) {
    root_.Write(
        "m/MLmodel",
        fmt::format("flavors:\n  xgboost:\n    data: model.json\nsignature:\n  inputs: '{}'\n",
                    columns));
    return OpenFolder("m");
  };
  EXPECT_THAT(MessageOf(with(R"([{"type": "double", "name": "a"}])").status()),
              HasSubstr("MLmodel: the signature has 1 columns, the model takes"));
}

TEST_F(FolderModelTest, MlserversSettingsOpenTheirUri) {
  CopyXgboost("m/model.json");
  const auto with = [&](std::string_view uri) {
    root_.Write("m/model-settings.json",
                fmt::format(R"({{"name": "x", "implementation": "mlserver_xgboost.XGBoostModel",
                                 "parameters": {{"uri": "{}"}}}})",
                            uri));
    const auto artifact = OpenFolder("m");
    return artifact.ok() ? Outputs(**artifact) : std::string(MessageOf(artifact.status()));
  };
  const std::string outputs = "predict INT64 [-1]; predict_proba FP32 [-1,2] asked";
  for (const std::string& uri : {std::string("./model.json"), std::string("x/../model.json"),
                                 std::string("."), root_ / "m/model.json"})
    EXPECT_EQ(with(uri), outputs) << uri;
  EXPECT_THAT(with("../other.json"), HasSubstr("expected a file or folder beneath"));
  EXPECT_THAT(with("none.json"), HasSubstr("the model's file \"none.json\" is missing"));
}

}  // namespace
}  // namespace slipway::bundle
