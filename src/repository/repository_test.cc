#include "repository/repository.h"

#include <sys/stat.h>

#include <filesystem>

#include "io/testing/tar_builder.h"
#include "repository/model_folder.h"
#include "repository/testing/repository_test.h"

namespace slipway::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

namespace fs = std::filesystem;

TEST_F(RepositoryTest, FindsEveryLayout) {
  root_.Write("triton/1/model.onnx", "m");
  root_.Write("triton/config.pbtxt", "max_batch_size: 4");
  root_.Write("folder/2/manifest.json", "{}");
  root_.Write("folder/2/model.onnx", "m");
  root_.Write("packed/3/any.slipway", "t");
  root_.Write("nested/4/bundle/manifest.json", "{}");
  root_.Write("saved/5/saved_model.pb", "s");
  root_.Write("bundle/manifest.json", "{}");
  root_.Write("plain.onnx", "m");
  root_.Write("tarred.slipway", "t");
  root_.Write("unpacked/model/wine.onnx", "m");
  root_.Write("unpacked/model/code/inference.py", "p");
  root_.Write("unpacked_bundle/model/manifest.json", "{}");
  root_.Write("unpacked_versions/model/6/model.onnx", "m");
  root_.Write("mlflow/MLmodel", "flavors: {}");
  root_.Write("mlflow_versions/7/MLmodel", "flavors: {}");
  root_.Write("mlflow_nested/8/model/MLmodel", "flavors: {}");
  root_.Write("mlserver/model-settings.json", "{}");
  const std::map<std::string, std::string> expected = {
      {"triton", "triton/1/model.onnx"},
      {"folder", "folder/2"},
      {"packed", "packed/3/any.slipway"},
      {"nested", "nested/4/bundle"},
      {"saved", "saved/5"},
      {"bundle", "bundle"},
      {"plain", "plain.onnx"},
      {"tarred", "tarred.slipway"},
      {"unpacked", "unpacked/model/wine.onnx"},
      {"unpacked_bundle", "unpacked_bundle/model"},
      {"unpacked_versions", "unpacked_versions/model/6/model.onnx"},
      {"mlflow", "mlflow"},
      {"mlflow_versions", "mlflow_versions/7"},
      {"mlflow_nested", "mlflow_nested/8/model"},
      {"mlserver", "mlserver"}};
  std::map<std::string, std::string> found;
  for (const FoundModel& model : Scan()) {
    EXPECT_TRUE(model.problem.ok()) << model.name.str() << model.problem;
    ASSERT_EQ(model.versions.size(), 1u) << model.name.str();
    EXPECT_EQ(model.versions[0].root, root_.path());
    found[model.name.str()] = model.versions[0].path.substr(root_.path().size() + 1);
  }
  EXPECT_EQ(found, expected);
}

TEST_F(RepositoryTest, PassesOverAnUnpackedArchiveOfSeveralModels) {
  root_.Write("two/model/a.onnx", "m");
  root_.Write("two/model/b.onnx", "m");
  root_.Write("none/model/saved_model.pb", "m");
  root_.Write("beside/model/a.onnx", "m");
  root_.Write("beside/readme.txt", "r");
  EXPECT_TRUE(Scan().empty());
}

TEST_F(RepositoryTest, AnEmptyRepositoryHasNoModels) { EXPECT_TRUE(Scan().empty()); }

TEST_F(RepositoryTest, TakesAModelFileByItsName) {
  root_.Write("wine.onnx", "m");
  const auto models = Scan(root_ / "wine.onnx");
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].name.str(), "wine");
  EXPECT_EQ(models[0].versions[0].path, root_ / "wine.onnx");
  EXPECT_EQ(models[0].versions[0].number.value, 1);
}

TEST_F(RepositoryTest, TakesABundleByItsContent) {
  root_.Write("release", io::TarBuilder().File("model.onnx", "m").Finish());
  root_.Write("wine/manifest.json", "{}");
  EXPECT_EQ(Scan(root_ / "release")[0].name.str(), "release");
  EXPECT_EQ(Scan(root_ / "wine/")[0].name.str(), "wine");
}

TEST_F(RepositoryTest, TakesTheFolderOfOneModel) {
  root_.Write("wine/1/model.onnx", "m");
  root_.Write("wine/2/model.onnx", "m");
  const auto models = Scan(root_ / "wine");
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].name.str(), "wine");
  EXPECT_THAT(Numbers(models[0]), ElementsAre(1, 2));
  EXPECT_EQ(models[0].versions[0].root, root_ / "wine");
}

TEST_F(RepositoryTest, SaysWhatItExpected) {
  root_.Write("notes.txt", "hello");
  const auto source = OpenSource(root_ / "notes.txt");
  EXPECT_EQ(ReasonOf(source.status()), Reason::kBadModel);
  EXPECT_THAT(MessageOf(source.status()), HasSubstr("expected an .onnx file, a bundle, a folder"));
  EXPECT_EQ(ReasonOf(OpenSource(root_ / "nothing").status()), Reason::kNotFound);
  ASSERT_EQ(::mkfifo((root_ / "model.onnx").c_str(), 0600), 0);
  EXPECT_EQ(ReasonOf(OpenSource(root_ / "model.onnx").status()), Reason::kBadModel);
  root_.Write("saved/saved_model.pb", "s");
  EXPECT_EQ(ReasonOf(OpenSource(root_ / "saved").status()), Reason::kUnsupported);
}

TEST_F(RepositoryTest, FilesOfOtherFrameworksAreModels) {
  struct Case {
    const char* path;
    const char* content;
    const char* name;
  };
  const Case cases[] = {
      {"churn.pkl", "\x80\x04.", "churn"},          {"churn.pkl.gz", "\x1f\x8b\x08", "churn"},
      {"churn.joblib", "\x80\x04.", "churn"},       {"churn.json", "{\"learner\":{}}", "churn"},
      {"churn.txt", "tree\nversion=v4\n", "churn"}, {"churn.v2.ubj", "{L", "churn.v2"}};
  for (const Case& c : cases) {
    root_.Write(c.path, c.content);
    const auto source = OpenSource(root_ / c.path);
    ASSERT_TRUE(source.ok()) << source.status();
    const auto models = (*source)->Scan();
    ASSERT_TRUE(models.ok() && models->size() == 1) << c.path;
    EXPECT_EQ(models->front().name.str(), c.name) << c.path;
  }
}

TEST_F(RepositoryTest, BoostersOfARepositoryAreToldByTheirContent) {
  root_.Write("a.json", "{\"learner\":{}}");
  root_.Write("b.txt", "tree\nversion=v4\n");
  root_.Write("c.bin", "CBM1");
  root_.Write("d.model", "binf");
  root_.Write("labels.json", "{\"0\":\"no\"}");
  root_.Write("requirements.txt", "ZF==1");
  root_.Write("spm.model", "\n\x0e");
  ASSERT_EQ(::mkfifo((root_ / "pipe.json").c_str(), 0600), 0);
  EXPECT_THAT(Names(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(Scan().front().versions.front().path, root_ / "a.json");
}

TEST_F(RepositoryTest, AFoldersOnlyModelIsFoundByTheNamesOtherServersGiveIt) {
  root_.Write("a/1/model.joblib", "\x80\x04.");
  root_.Write("a/1/requirements.txt", "scikit-learn");
  root_.Write("b/1/xgboost.json", "{}");
  root_.Write("c/model.bst", "binf");
  root_.Write("notes/readme.txt", "nothing here");
  const auto source = OpenSource(root_.path());
  ASSERT_TRUE(source.ok()) << source.status();
  const auto models = (*source)->Scan();
  ASSERT_TRUE(models.ok()) << models.status();
  std::vector<std::string> paths;
  for (const FoundModel& model : *models) paths.push_back(model.versions.front().path);
  EXPECT_THAT(paths, ElementsAre(root_ / "a/1/model.joblib", root_ / "b/1/xgboost.json",
                                 root_ / "c/model.bst"));
}

TEST_F(RepositoryTest, WhatWasFoundOutAboutABundleIsNoModel) {
  const std::string report = R"({"model":"sha256:00","report":{"target":"learner"}})";
  root_.Write("packed/3/any.slipway", "t");
  root_.Write("packed/3/any.slipway.training.json", report);
  root_.Write("packed/3/any.slipway.evaluation.html", "<html>");
  root_.Write("bundles/4/manifest.json", "{}");
  root_.Write("bundles/4.evaluation.json", report);
  root_.Write("tarred.slipway", "t");
  root_.Write("tarred.slipway.evaluation.json", report);
  EXPECT_THAT(Names(), ElementsAre("bundles", "packed", "tarred"));
  for (const FoundModel& model : Scan()) EXPECT_TRUE(model.problem.ok()) << model.problem;
  EXPECT_EQ(Scan()[1].versions.front().path, root_ / "packed/3/any.slipway");
}

TEST_F(RepositoryTest, VersionsAreNumericFoldersWithSomethingInThem) {
  for (const char* version : {"2", "10", "1", "0", "v3", "-4", "5x"}) {
    root_.Write(fmt::format("wine/{}/model.onnx", version), "m");
  }
  fs::create_directory(root_ / "wine/20");            // begun and not filled
  root_.Write("wine/21/.model.onnx.x7.tmp", "part");  // a copy under way
  root_.Write("wine/22", "a file");
  EXPECT_THAT(Numbers(Only()), ElementsAre(1, 2, 10));
}

TEST_F(RepositoryTest, LeadingZerosOfAVersionFolderDoNotCount) {
  root_.Write("half/00000123/model.onnx", "m");
  root_.Write("half/0/model.onnx", "m");
  root_.Write("half/7/model.onnx", "m");
  const FoundModel model = Only();
  EXPECT_THAT(Numbers(model), ElementsAre(7, 123));
  EXPECT_EQ(model.versions[1].path, root_.path() + "/half/00000123/model.onnx");
  EXPECT_NE(model.versions[1].stamp, 0u);
}

TEST_F(RepositoryTest, LeadingZerosMakeNoVersionBesideAConfiguration) {
  root_.Write("half/config.pbtxt", "");
  root_.Write("half/01/model.onnx", "m");
  root_.Write("half/2/model.onnx", "m");
  EXPECT_THAT(Numbers(Only()), ElementsAre(2));
}

TEST_F(RepositoryTest, TwoFoldersOfOneVersionAreRefusedByName) {
  root_.Write("half/1/model.onnx", "m");
  root_.Write("half/001/model.onnx", "m");
  EXPECT_EQ(MessageOf(Only().problem), "folders \"001\" and \"1\" are both version 1");
}

TEST_F(RepositoryTest, HonoursTheConfiguration) {
  root_.Write("wine/config.pbtxt",
              "default_model_filename: 'wine.onnx' output { name: 'y' data_type: TYPE_FP32 "
              "label_filename: 'l.txt' }");
  root_.Write("wine/l.txt", "barolo\r\nbarbera\n");
  root_.Write("wine/1/wine.onnx", "m");
  const FoundModel model = Only();
  ASSERT_TRUE(model.problem.ok()) << model.problem;
  EXPECT_EQ(model.versions[0].path, root_ / "wine/1/wine.onnx");
  EXPECT_THAT(model.labels, ElementsAre(Pair("y", ElementsAre("barolo", "barbera"))));
}

TEST_F(RepositoryTest, AModelFileThatTheConfigurationNamesIsTheOnlyOne) {
  root_.Write("wine/config.pbtxt", "default_model_filename: 'wine.onnx'");
  root_.Write("wine/1/model.onnx", "m");
  EXPECT_EQ(Only().versions[0].path,
            root_ / "wine/1/wine.onnx");  // opening it says that it is missing
}

TEST_F(RepositoryTest, ABrokenModelLeavesTheOthersAlone) {
  root_.Write("good/1/model.onnx", "m");
  root_.Write("typo/config.pbtxt", "max_batchsize: 1");
  root_.Write("typo/1/model.onnx", "m");
  root_.Write("renamed/config.pbtxt", "name: 'other'");
  root_.Write("renamed/1/model.onnx", "m");
  root_.Write("unlabelled/config.pbtxt",
              "output { name: 'y' data_type: TYPE_FP32 label_filename: 'l.txt' }");
  root_.Write("unlabelled/1/model.onnx", "m");
  root_.Write("outside/config.pbtxt",
              "output { name: 'y' data_type: TYPE_FP32 label_filename: '../good/1/model.onnx' }");
  root_.Write("outside/1/model.onnx", "m");
  root_.Write("versionless/config.pbtxt", "");
  std::map<std::string, std::string> problems;
  for (const FoundModel& model : Scan()) {
    problems[model.name.str()] = model.problem.ok() ? "" : MessageOf(model.problem);
  }
  EXPECT_EQ(problems["good"], "");
  EXPECT_EQ(problems["typo"],
            "config.pbtxt:1: unknown field \"max_batchsize\"; did you mean \"max_batch_size\"?");
  EXPECT_EQ(problems["renamed"],
            "config.pbtxt: name: expected \"renamed\", as the folder is called, got \"other\"");
  EXPECT_THAT(problems["unlabelled"], HasSubstr("label file \"l.txt\" is missing"));
  EXPECT_EQ(
      problems["outside"],
      "config.pbtxt: output \"y\": label_filename: file name \"../good/1/model.onnx\": \"..\" is "
      "not allowed");
  EXPECT_THAT(problems["versionless"], HasSubstr("expected \"versionless/1/model.onnx\""));
}

// A version that cannot be read stays in the list: opening it fails and says why, the others are
// served.
TEST_F(RepositoryTest, ABrokenVersionLeavesTheOthersAlone) {
  root_.Write("wine/1/model.onnx", "m");
  root_.Write("wine/2/readme", "no model");
  fs::create_directory(root_ / "wine/3");
  ASSERT_EQ(::mkfifo((root_ / "wine/3/model.onnx").c_str(), 0600), 0);
  root_.Link("wine/4", "/etc");
  root_.Link("wine/5/model.onnx", "/etc/passwd");
  const FoundModel model = Only();
  ASSERT_TRUE(model.problem.ok()) << model.problem;
  EXPECT_THAT(Numbers(model), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(model.versions[1].path, root_ / "wine/2");
  EXPECT_EQ(model.versions[2].path, root_ / "wine/3/model.onnx");
}

TEST_F(RepositoryTest, PassesOverWhatIsNoModel) {
  root_.Write("README.md", "x");
  root_.Write("docs/index.md", "x");
  root_.Write(".hidden/1/model.onnx", "m");
  root_.Write("lost+found/1/model.onnx", "m");
  root_.Link("dangling", "nowhere");
  root_.Write("wine.onnx", "m");
  root_.Write("wine.onnx.data", "external");
  EXPECT_THAT(Names(), ElementsAre("wine"));
}

// ROBUSTNESS case 64.
TEST_F(RepositoryTest, NamesAreCheckedWhereTheyEnter) {
  for (const char* name : {"...", "..my_model", "model..1", "good", "größe"}) {
    root_.Write(fmt::format("{}/1/model.onnx", name), "m");
  }
  for (const char* name : {" ..", "\t", "a\nb", "bad\xff", "trailing "}) {
    root_.Write(fmt::format("{}/1/model.onnx", name), "m");
  }
  // Those that begin with a dot are hidden in a folder, whatever the rule for names in a request.
  EXPECT_THAT(Names(), ElementsAre("good", "größe", "model..1"));
}

TEST_F(RepositoryTest, TwoModelsOfOneNameAreBothRefused) {
  root_.Write("wine/1/model.onnx", "m");
  root_.Write("wine.onnx", "m");
  EXPECT_THAT(MessageOf(Only().problem), HasSubstr("more than one model \"wine\""));
}

TEST_F(RepositoryTest, BoundsVersions) {
  root_.Write("wine/1/model.onnx", "m");
  for (size_t i = 2; i <= kMaxVersions + 1; ++i) root_.Link(fmt::format("wine/{}", i), "1");
  EXPECT_THAT(MessageOf(Only().problem), HasSubstr("at most 1000 versions"));
}

TEST_F(RepositoryTest, ReadsAliasesOfVersionsThatAreThere) {
  root_.Write("wine/1/model.onnx", "m");
  root_.Write("wine/3/model.onnx", "m");
  root_.Write("wine/aliases.json", R"({"stable": 1, "canary": 3, "gone": 2})");
  const FoundModel model = Only();
  EXPECT_TRUE(model.problem.ok());
  EXPECT_THAT(model.aliases,
              ElementsAre(Pair("canary", VersionNumber{3}), Pair("stable", VersionNumber{1})));
  EXPECT_THAT(model.lost_aliases, ElementsAre(Pair("gone", VersionNumber{2})));
}

TEST_F(RepositoryTest, AliasesThatCannotBeReadAreTheModelsProblem) {
  root_.Write("wine/1/model.onnx", "m");
  root_.Write("wine/aliases.json", R"({"stable": 1)");
  EXPECT_THAT(MessageOf(Only().problem), HasSubstr("aliases.json: JSON, byte"));
}

TEST(AliasesTest, NamesWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"latest": 1})", "\"latest\" is built in"},
      {R"({"Stable": 1})", "\"Stable\" is no alias"},
      {R"({"1": 1})", "\"1\" is no alias"},
      {R"({"": 1})", "is no alias"},
      {R"({"a": 0})", "expected a version, 1 or more, got 0"},
      {R"({"a": "1"})", "JSON, byte"},
      {R"({"a": 1.5})", "JSON, byte"},
      {R"({"a": 99999999999999999999})", "JSON, byte"},
      {R"({"a": 1, "a": 2})", "\"a\" occurs twice"},
      {R"([1])", "JSON, byte"},
      {R"({} x)", "JSON, byte"},
      {"", "JSON, byte"},
  };
  for (const auto& [json, message] : cases) {
    const auto aliases = ParseAliases(json);
    ASSERT_FALSE(aliases.ok()) << json;
    EXPECT_EQ(ReasonOf(aliases.status()), Reason::kBadModel);
    EXPECT_THAT(MessageOf(aliases.status()), HasSubstr(message));
  }
}

TEST(LabelsTest, AreLines) {
  EXPECT_THAT(ParseLabels("a\nb\r\n\nd").value(), ElementsAre("a", "b", "", "d"));
  EXPECT_THAT(ParseLabels("a\n").value(), ElementsAre("a"));
  EXPECT_TRUE(ParseLabels("")->empty());
  EXPECT_FALSE(ParseLabels("\xff").ok());
}

TEST_F(RepositoryTest, APolicyThatSelectsNothingIsTheModelsProblem) {
  root_.Write("m/1/model.onnx", "m");
  root_.Write("m/2/model.onnx", "m");
  root_.Write("m/config.pbtxt", "version_policy { specific { versions: [3, 4] } }");
  EXPECT_EQ(MessageOf(Only().problem),
            "config.pbtxt: version_policy asks for 3, 4, none of which is there; found: 1, 2");
}

}  // namespace
}  // namespace slipway::repository
