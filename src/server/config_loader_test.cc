#include "server/config_loader.h"

#include <fstream>

#include "server/config_diff.h"
#include "server/listen_address.h"

namespace slipway::server {
namespace {

using testing::ElementsAre;

/// A configuration file that lives as long as this.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text)
      : path_(testing::TempDir() + "slipway_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml") {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Setting Flag(std::string_view path, std::vector<std::string> texts) {
  const Field* field = FindField(path);
  const bool is_list = std::holds_alternative<ListField>(field->type);
  return {field, {std::move(texts), is_list}, Source::kFlag, std::string(field->flag)};
}

/// The model every valid configuration needs, and further flags.
ConfigSources With(std::vector<Setting> flags) {
  ConfigSources sources;
  sources.flags = std::move(flags);
  sources.flags.push_back(Flag("models.paths", {"m.onnx"}));
  return sources;
}

std::string Refusal(const ConfigSources& sources) {
  const auto loaded = LoadConfig(sources);
  return loaded.ok() ? "accepted" : std::string(MessageOf(loaded.status()));
}

const Origin& OriginOf(const EffectiveConfig& effective, std::string_view path) {
  return effective.origins[static_cast<size_t>(FindField(path) - Schema().data())];
}

TEST(LoadConfigTest, AFlagBeatsTheEnvironmentBeatsTheFileBeatsTheDefault) {
  const TemporaryFile file("limits: {max_headers: 11, idle_timeout: 11s, max_body: 11KiB}\n");
  ConfigSources sources = With({Flag("limits.max_headers", {"33"})});
  sources.file = file.path();
  sources.environment = {{"SLIPWAY_MAX_HEADERS", "22"}, {"SLIPWAY_IDLE_TIMEOUT", "22s"}};
  const auto loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.limits.max_headers, 33);
  EXPECT_EQ(loaded->config.limits.idle_timeout, std::chrono::seconds(22));
  EXPECT_EQ(loaded->config.limits.max_body_bytes, 11u << 10);
  EXPECT_EQ(loaded->config.limits.max_url_bytes, 8u << 10);
  EXPECT_EQ(OriginOf(*loaded, "limits.max_headers").where, "--max-headers");
  EXPECT_EQ(OriginOf(*loaded, "limits.idle_timeout").where, "SLIPWAY_IDLE_TIMEOUT");
  EXPECT_EQ(OriginOf(*loaded, "limits.max_body").where, file.path() + ":1:56");
  EXPECT_EQ(OriginOf(*loaded, "limits.max_url").where, "default");
}

TEST(LoadConfigTest, ReplacesAListAsAWhole) {
  ConfigSources sources = With({Flag("http.listen", {"127.0.0.1:1", "unix:/run/s"})});
  sources.environment = {{"SLIPWAY_HTTP", "127.0.0.1:2,127.0.0.1:3,"}};
  EXPECT_THAT(LoadConfig(sources)->config.http.listen, ElementsAre("127.0.0.1:1", "unix:/run/s"));
  sources = With({});
  sources.environment = {{"SLIPWAY_HTTP", "127.0.0.1:2,127.0.0.1:3,"}};
  EXPECT_THAT(LoadConfig(sources)->config.http.listen, ElementsAre("127.0.0.1:2", "127.0.0.1:3"));
}

TEST(LoadConfigTest, FindsTheFileByItsVariable) {
  const TemporaryFile file("log: {level: debug}\n");
  ConfigSources sources = With({});
  sources.environment = {{"SLIPWAY_CONFIG", file.path()}};
  EXPECT_EQ(LoadConfig(sources)->config.log.level, log::Level::kDebug);
  sources.environment = {{"SLIPWAY_CONFIG", "/nonexistent.yaml"}};
  EXPECT_EQ(Refusal(sources), "/nonexistent.yaml: cannot be opened for reading");
  sources.environment = {{"SLIPWAY_CONFIG", "/"}};
  EXPECT_EQ(Refusal(sources), "/: cannot be read");
}

TEST(LoadConfigTest, RefusesUnknownVariablesButNotThoseOfTests) {
  ConfigSources sources = With({});
  sources.environment = {{"SLIPWAY_MAX_BODDY", "1"},
                         {"SLIPWAY_TEST_SCALE", "release"},
                         {"PATH", "/bin"},
                         {"SLIPWAY_DRAIN_LIMIT", "soon"}};
  EXPECT_EQ(
      Refusal(sources),
      "environment: unknown variable SLIPWAY_MAX_BODDY; did you mean \"SLIPWAY_MAX_BODY\"?\n"
      "SLIPWAY_DRAIN_LIMIT: \"limits.drain\": expected a duration such as 250ms, 30s or 5min, got "
      "\"soon\"");
}

TEST(LoadConfigTest, ListensOnLoopbackUnlessToldOtherwise) {
  const auto loaded = LoadConfig(With({}));
  EXPECT_THAT(loaded->config.http.listen, ElementsAre("127.0.0.1:8080"));
  EXPECT_FALSE(loaded->config.http.public_inference);
}

TEST(LoadConfigTest, PublicModelsAreSagemakers) {
  const Setting open = Flag("http.public_models", {"true"});
  EXPECT_EQ(Refusal(With({open})),
            "--public-models: has no effect without dialects.models=sagemaker or an address that "
            "ends in =sagemaker");
  EXPECT_EQ(Refusal(With({open, Flag("dialects.models", {"sagemaker"})})), "accepted");
  EXPECT_EQ(Refusal(With({open, Flag("http.listen", {"127.0.0.1:8080=sagemaker"})})), "accepted");
}

// Robustness case 82.
TEST(LoadConfigTest, RefusesAReachableAddressWithoutPublicInference) {
  for (const std::string address :
       {"0.0.0.0:8080", "[::]:8080", "192.168.1.5:80", "[::ffff:10.0.0.1]:80"}) {
    EXPECT_EQ(
        Refusal(With({Flag("http.listen", {address})})),
        "--http: " + address +
            " is reachable from other machines and callers have no identities yet: add "
            "--public-inference to open inference, health and metadata to all of them (control "
            "stays closed), or listen on 127.0.0.1");
    EXPECT_EQ(
        Refusal(With({Flag("http.listen", {address}), Flag("http.public_inference", {"true"})})),
        "accepted");
    EXPECT_EQ(
        Refusal(With(
            {Flag("http.control_listen", {address}), Flag("http.public_inference", {"true"})})),
        "--control: " + address +
            " is reachable from other machines and callers have no identities yet: control takes "
            "127.0.0.1:PORT, [::1]:PORT or unix:/path");
  }
  for (const std::string address :
       {"127.0.0.1:0", "127.9.9.9:80", "[::1]:80", "unix:/run/s", "localhost:80"})
    EXPECT_EQ(Refusal(With({Flag("http.listen", {address})})), "accepted") << address;
}

TEST(LoadConfigTest, RefusesTextsThatAreNoAddress) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"http.listen", "8080"},
      {"http.listen", ":8080"},
      {"http.listen", "127.0.0.1:65536"},
      {"http.listen", "127.0.0.1:+80"},
      {"http.listen", "unix:"},
      {"http.listen", "[127.0.0.1]:80"},
      {"http.listen", "a.example:80"},
      {"http.listen", "127.0.0.1:"},
      {"http.listen", ""},
      {"http.trusted_peers", "10.0.0.0/33"},
      {"http.trusted_peers", "proxy"},
      {"http.trusted_peers", "::1/129"},
      {"http.cors_origins", "example.com"},
      {"http.cors_origins", "https://a/b"},
      {"http.allowed_hosts", "a/b"},
      {"models.roots", "models"},
      {"models.paths", ""}};
  for (const auto& [path, text] : table) {
    ConfigSources sources = With({});
    sources.flags.push_back(Flag(path, {std::string(text)}));
    EXPECT_THAT(Refusal(sources), testing::HasSubstr("expected")) << path << " " << text;
  }
  EXPECT_THAT(Refusal(With({Flag("http.listen", {"unix:/" + std::string(200, 'a')})})),
              testing::HasSubstr("at most 107 bytes"));
  EXPECT_THAT(Refusal(With({Flag("http.listen", {"127.0.0.1:80", "localhost:80"})})),
              testing::HasSubstr("127.0.0.1:80 is given twice"));
}

TEST(LoadConfigTest, APrefixOfSharedMemoryIsTheBeginningOfAName) {
  const Setting allow = Flag("shared_memory.allow", {"true"});
  EXPECT_TRUE(LoadConfig(With({allow, Flag("shared_memory.prefix", {"app-"})})).ok());
  EXPECT_THAT(Refusal(With({allow, Flag("shared_memory.prefix", {"/app-"})})),
              testing::HasSubstr("without the slash, got \"/app-\""));
  EXPECT_THAT(Refusal(With({Flag("shared_memory.prefix", {"app-"})})),
              testing::HasSubstr("has no effect without shared_memory.allow"));
}

TEST(LoadConfigTest, AddressesMayHaveASchemeWhereThereIsACertificate) {
  const std::vector<Setting> certificate = {Flag("tls.certificate", {"/c.pem"}),
                                            Flag("tls.key", {"/k.pem"})};
  const auto with = [&](std::vector<std::string> addresses) {
    std::vector<Setting> flags = certificate;
    flags.push_back(Flag("http.listen", std::move(addresses)));
    return With(std::move(flags));
  };
  const auto loaded = LoadConfig(with({"https://localhost:1", "http://[::1]:2", "127.0.0.1:3"}));
  ASSERT_TRUE(loaded.ok()) << MessageOf(loaded.status());
  EXPECT_THAT(loaded->config.http.listen,
              ElementsAre("https://127.0.0.1:1", "http://[::1]:2", "127.0.0.1:3"));
  const auto speaks_tls = [](std::string_view text, bool available) {
    return ParseListenAddress(text)->SpeaksTls(available);
  };
  EXPECT_TRUE(speaks_tls("https://127.0.0.1:1", true));
  EXPECT_TRUE(speaks_tls("127.0.0.1:1", true));
  EXPECT_FALSE(speaks_tls("127.0.0.1:1", false));
  EXPECT_FALSE(speaks_tls("http://127.0.0.1:1", true));
  EXPECT_FALSE(speaks_tls("unix:/run/s", true));
  EXPECT_THAT(Refusal(with({"https://127.0.0.1:80", "http://127.0.0.1:80"})),
              testing::HasSubstr("127.0.0.1:80 is given twice"));
  EXPECT_THAT(Refusal(with({"https://unix:/run/s"})), testing::HasSubstr("expected ADDRESS:PORT"));
  EXPECT_THAT(Refusal(with({"https://0.0.0.0:80"})), testing::HasSubstr("--public-inference"));
}

TEST(LoadConfigTest, AnAddressMayNameADialect) {
  const auto address = ParseListenAddress("http://localhost:81=sagemaker");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->text, "http://127.0.0.1:81=sagemaker");
  EXPECT_EQ(address->address, "127.0.0.1:81");
  EXPECT_EQ(address->dialect, ListenDialect::kSagemaker);
  EXPECT_EQ(ParseListenAddress("unix:/run/s=torchserve-management")->dialect,
            ListenDialect::kTorchserveManagement);
  EXPECT_EQ(ParseListenAddress("unix:/run/a=b")->address, "unix:/run/a=b");
  EXPECT_THAT(Refusal(With({Flag("http.listen", {"127.0.0.1:81=triton"})})),
              testing::HasSubstr("expected =torchserve-management or =sagemaker"));
  EXPECT_THAT(Refusal(With({Flag("http.listen", {"127.0.0.1:81", "127.0.0.1:81=sagemaker"})})),
              testing::HasSubstr("127.0.0.1:81 is given twice"));
}

TEST(LoadConfigTest, SagemakerSaysThatItsContainerHasSeveralModels) {
  ConfigSources sources = With({});
  EXPECT_EQ(LoadConfig(sources)->config.dialects.models, ModelsDialect::kTorchserve);
  sources.environment = {{"SAGEMAKER_MULTI_MODEL", "true"}};
  EXPECT_EQ(LoadConfig(sources)->config.dialects.models, ModelsDialect::kSagemaker);
  sources.environment = {{"SAGEMAKER_MULTI_MODEL", "false"}};
  EXPECT_EQ(LoadConfig(sources)->config.dialects.models, ModelsDialect::kTorchserve);
  sources.environment = {{"SAGEMAKER_MULTI_MODEL", "true"},
                         {"SLIPWAY_MODELS_DIALECT", "torchserve"}};
  EXPECT_EQ(LoadConfig(sources)->config.dialects.models, ModelsDialect::kTorchserve);
}

TEST(LoadConfigTest, VertexAiSaysWhereItsContainersListen) {
  ConfigSources sources = With({});
  sources.environment = {{"AIP_MODE", "PREDICTION"},
                         {"AIP_HTTP_PORT", "7080"},
                         {"AIP_HEALTH_ROUTE", "/v1/endpoints/1/deployedModels/2"},
                         {"AIP_PREDICT_ROUTE", "/v1/endpoints/1/deployedModels/2:predict"}};
  const auto loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.http.listen, ElementsAre("0.0.0.0:7080"));
  EXPECT_TRUE(loaded->config.http.public_inference);
  EXPECT_EQ(loaded->config.vertex.health_route, "/v1/endpoints/1/deployedModels/2");
  EXPECT_EQ(loaded->config.vertex.predict_route, "/v1/endpoints/1/deployedModels/2:predict");
  EXPECT_EQ(OriginOf(*loaded, "http.listen").where, "AIP_HTTP_PORT");
}

TEST(LoadConfigTest, SlipwaysOwnWordsBeatThoseOfVertexAi) {
  ConfigSources sources = With({Flag("http.listen", {"127.0.0.1:9000"})});
  sources.environment = {{"AIP_MODE", "PREDICTION"},
                         {"AIP_PREDICT_ROUTE", "/a"},
                         {"SLIPWAY_VERTEX_PREDICT_ROUTE", "/b"}};
  const auto loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.http.listen, ElementsAre("127.0.0.1:9000"));
  EXPECT_EQ(loaded->config.vertex.predict_route, "/b");
}

TEST(LoadConfigTest, VertexAiIsNotListenedToElsewhere) {
  ConfigSources sources = With({});
  sources.environment = {{"AIP_HTTP_PORT", "7080"}, {"AIP_PREDICT_ROUTE", "/a"}};
  const auto loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.http.listen, ElementsAre("127.0.0.1:8080"));
  EXPECT_EQ(loaded->config.vertex.predict_route, "");
}

TEST(LoadConfigTest, ARouteIsAPlainPath) {
  for (const std::string_view route : {"predict", "/{model}", "/a b", "/a?b", "/%61"})
    EXPECT_EQ(Refusal(With({Flag("vertex.predict_route", {std::string(route)})})),
              fmt::format("--vertex-predict-route: expected a path such as /predict, of at most 16 "
                          "segments, got \"{}\"",
                          route));
  ConfigSources sources = With({});
  sources.environment = {{"AIP_MODE", "PREDICTION"}, {"AIP_HEALTH_ROUTE", "health"}};
  EXPECT_THAT(Refusal(sources), testing::StartsWith("AIP_HEALTH_ROUTE: \"vertex.health_route\": "));
}

TEST(LoadConfigTest, NeedsAModel) {
  EXPECT_EQ(Refusal(ConfigSources{}),
            "models.paths: expected a model or a folder of models, as in: slipway serve "
            "examples/models");
}

TEST(LoadConfigTest, KeepsDataWhereTheMachineExpectsIt) {
  ConfigSources sources = With({});
  EXPECT_EQ(LoadConfig(sources)->config.data_folder, "");
  sources.environment = {{"HOME", "/home/a"}};
  EXPECT_EQ(LoadConfig(sources)->config.data_folder, "/home/a/.local/state/slipway");
  sources.environment["XDG_STATE_HOME"] = "/state";
  EXPECT_EQ(LoadConfig(sources)->config.data_folder, "/state/slipway");
  sources.is_root = true;
  EXPECT_EQ(LoadConfig(sources)->config.data_folder, "/var/lib/slipway");
  sources.flags.push_back(Flag("data_folder", {"/data"}));
  EXPECT_EQ(LoadConfig(sources)->config.data_folder, "/data");
}

TEST(LoadConfigTest, WhatCheckPrintsReadsBackAsTheSame) {
  ConfigSources sources =
      With({Flag("http.listen", {"[::1]:80", "unix:/run/a \"b\"\\"}),
            Flag("data_folder", {"/tmp/\x01 #x"}), Flag("log.level", {"warn"})});
  const auto first = LoadConfig(sources);
  ASSERT_TRUE(first.ok()) << first.status();
  const TemporaryFile file(ToAnnotatedYaml(*first));
  ConfigSources again;
  again.file = file.path();
  const auto second = LoadConfig(again);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(Diff(first->config, second->config).empty());
  EXPECT_EQ(second->config.http.listen, first->config.http.listen);
}

TEST(ConfigDiffTest, TellsWhatChangesLiveFromWhatNeedsARestart) {
  Config before, after;
  EXPECT_TRUE(Diff(before, after).empty());
  after.limits.max_body_bytes = 1 << 20;
  after.log.level = log::Level::kDebug;
  after.http.listen = {"127.0.0.1:1"};
  const ConfigDiff diff = Diff(before, after);
  EXPECT_THAT(diff.live, ElementsAre(FindField("limits.max_body"), FindField("log.level")));
  EXPECT_THAT(diff.needs_restart, ElementsAre(FindField("http.listen")));

  const Config running = WithLiveFields(before, after);
  EXPECT_EQ(running.limits.max_body_bytes, 1u << 20);
  EXPECT_EQ(running.http.listen, before.http.listen);
}

}  // namespace
}  // namespace slipway::server
