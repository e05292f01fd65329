#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/personality/testing.h"
#include "io/testing/temporary_folder.h"

namespace slipway::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class KserveTest : public ::testing::Test {
 protected:
  static std::vector<std::string> WithoutFolder(std::vector<std::string> texts,
                                                const std::string& folder) {
    for (std::string& text : texts)
      for (size_t at; (at = text.find(folder)) != std::string::npos;)
        text.replace(at, folder.size(), "/m");
    return texts;
  }
  std::vector<std::string> Settings(std::string_view name, std::vector<std::string> words,
                                    server::Environment environment = {}) const {
    words.push_back("--model_dir=" + root_.path());
    return WithoutFolder(SettingsOf({name, std::move(words), std::move(environment)}),
                         root_.path());
  }
  std::vector<std::string> Notes(std::string_view name, std::vector<std::string> words) const {
    words.push_back("--model_dir=" + root_.path());
    return WithoutFolder(NotesOf({name, std::move(words)}), root_.path());
  }

  io::TemporaryFolder root_;
};

TEST_F(KserveTest, TheOnlyFileOfTheFolderIsTheModel) {
  root_.Write("model.joblib", "m");
  root_.Write("notes.txt", "m");
  EXPECT_THAT(Settings("sklearnserver", {"--model_name", "iris", "--http_port=80"}),
              ElementsAre("dialects.open_inference=kserve", "http.listen=0.0.0.0:80,0.0.0.0:8081",
                          "http.public_inference=true", "models.paths=iris=/m/model.joblib"));
  EXPECT_THAT(Settings("sklearnserver", {"--enable_grpc", "false"}),
              Contains("http.listen=0.0.0.0:8080"));
  EXPECT_THAT(Settings("sklearnserver", {}), Contains("models.paths=model=/m/model.joblib"));
  EXPECT_THAT(Settings("lgbserver", {}), Contains("models.paths=/m"));
}

TEST_F(KserveTest, PredictProbaAndBoostersSayWhatIsAnswered) {
  root_.Write("model.pkl", "m");
  root_.Write("model.bst", "m");
  for (const char* said : {"true", "True", "TRUE"})
    EXPECT_THAT(Settings("sklearnserver", {}, {{"PREDICT_PROBA", said}}),
                Contains("models.answers=*=predict_proba,predict"));
  for (const char* said : {"", "1", "false"})
    EXPECT_THAT(Settings("sklearnserver", {}, {{"PREDICT_PROBA", said}}),
                Not(Contains(HasSubstr("models.answers"))));
  for (const char* name : {"xgbserver", "lgbserver"})
    EXPECT_THAT(Settings(name, {}), Contains("models.answers=*=Booster.predict"));
}

TEST_F(KserveTest, FoldersBeneathAreModelsWhereNoFileIs) {
  root_.Write("a/model.pkl", "m");
  EXPECT_THAT(Settings("sklearnserver", {"--grpc_port=7"}),
              ElementsAre("dialects.open_inference=kserve", "http.listen=0.0.0.0:8080,0.0.0.0:7",
                          "http.public_inference=true", "models.control=explicit", "models.load=*",
                          "models.paths=/m"));
  EXPECT_THAT(Notes("sklearnserver", {"--model_name=b"}),
              Contains("--model_name has no effect: models are called as their folders beneath "
                       "--model_dir"));
}

TEST_F(KserveTest, ACertificateMovesHttpAlone) {
  root_.Write("c.bst", "m");
  const std::vector<std::string> files = {"--ssl_certfile=c.pem", "--ssl_keyfile", "k.pem"};
  const auto listens = [](std::string_view addresses) {
    return testing::IsSupersetOf({fmt::format("http.listen={}", addresses),
                                  std::string("tls.certificate=c.pem"),
                                  std::string("tls.key=k.pem")});
  };
  EXPECT_THAT(Settings("lgbserver", files), listens("0.0.0.0:8443,http://0.0.0.0:8081"));
  EXPECT_THAT(Settings("lgbserver", {"--enable_grpc=false", "--http_port=7"},
                       {{"KSERVE_TLS_CERT_FILE", "c.pem"}, {"KSERVE_TLS_KEY_FILE", "k.pem"}}),
              listens("0.0.0.0:7"));
  EXPECT_THAT(Settings("lgbserver", {"--ssl_keyfile=k.pem"}),
              testing::IsSupersetOf({"http.listen=0.0.0.0:8080,0.0.0.0:8081", "tls.key=k.pem"}));
}

TEST_F(KserveTest, WhatCannotBeIsNamed) {
  root_.Write("a.json", "m");
  root_.Write("b.ubj", "m");
  EXPECT_THAT(Settings("xgbserver", {}),
              ElementsAre("--model_dir: \"/m\": expected one model file, got 2: \"a.json\", "
                          "\"b.ubj\""));
  for (const char* name : {"c.ubj", "d.ubj", "e.ubj", "f.ubj"}) root_.Write(name, "m");
  EXPECT_THAT(Settings("xgbserver", {}),
              ElementsAre("--model_dir: \"/m\": expected one model file, got 6: \"a.json\", "
                          "\"b.ubj\", \"c.ubj\", \"d.ubj\", \"e.ubj\" and 1 more"));
  EXPECT_THAT(SettingsOf({"xgbserver", {}}), ElementsAre("--model_dir: is missing"));
  EXPECT_THAT(SettingsOf({"xgbserver", {"--model_dir=s3://b/m"}}),
              ElementsAre("--model_dir: expected a folder, got \"s3://b/m\": download it first"));
  root_.Write("c.bst", "m");
  EXPECT_THAT(Settings("lgbserver", {"--predictor_host=other"}),
              ElementsAre("--predictor_host: calls another server: transformers are not offered"));
  EXPECT_THAT(Settings("lgbserver", {"--model_name=a/b"}), ElementsAre(HasSubstr("--model_dir: ")));
}

TEST_F(KserveTest, WordsAboutSpeedHaveNoEffectAndAreNamed) {
  root_.Write("c.bst", "m");
  EXPECT_THAT(Notes("lgbserver", {"--workers=1", "--nthread=4", "--max_threads", "4"}),
              ElementsAre("--nthread has no effect: --intra-op-threads says so of one run"));
  EXPECT_THAT(Settings("lgbserver", {"--timeout-keep-alive=5"}),
              Contains("limits.idle_timeout=5s"));
}

}  // namespace
}  // namespace slipway::cli
