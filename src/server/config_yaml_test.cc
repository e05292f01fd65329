#include <fmt/format.h>

#include "base/clock.h"
#include "server/config_loader.h"

namespace slipway::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The problems of a file, one line each; "" when there is none.
std::string ProblemsOf(std::string_view yaml) {
  const Settings settings = ReadYaml(yaml, "s.yaml");
  std::vector<std::string> lines = settings.problems;
  Config config;
  for (const Setting& setting : settings.values)
    if (const Status status = Set(*setting.field, setting.value, config); !status.ok())
      lines.push_back(setting.where + ": " + std::string(MessageOf(status)));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

TEST(ReadYamlTest, ReadsEveryType) {
  const Settings settings = ReadYaml(R"(
models:
  paths: [a.onnx, "b c"]
  control: poll
  poll_interval: 5s
http:
  listen: 127.0.0.1:9999   # one address needs no brackets
  public_inference: true
limits:
  max_body: 1GiB
  max_headers: 50
data_folder: /tmp/x
)",
                                     "s.yaml");
  EXPECT_THAT(settings.problems, ElementsAre());
  Config config;
  for (const Setting& setting : settings.values)
    EXPECT_TRUE(Set(*setting.field, setting.value, config).ok()) << setting.where;
  EXPECT_THAT(config.models.paths, ElementsAre("a.onnx", "b c"));
  EXPECT_EQ(config.models.control, ModelControl::kPoll);
  EXPECT_EQ(config.models.poll_interval, std::chrono::seconds(5));
  EXPECT_THAT(config.http.listen, ElementsAre("127.0.0.1:9999"));
  EXPECT_TRUE(config.http.public_inference);
  EXPECT_EQ(config.limits.max_body_bytes, size_t{1} << 30);
  EXPECT_EQ(config.limits.max_headers, 50);
  EXPECT_EQ(config.data_folder, "/tmp/x");
  EXPECT_EQ(settings.values[2].where, "s.yaml:5:18");
}

TEST(ReadYamlTest, SaysNothingWhenTheFileDoes) {
  for (const std::string_view yaml :
       {"", "\n\n", "# a comment\n", "---\n...\n", "http:\n  # all defaults\n"}) {
    const Settings settings = ReadYaml(yaml, "s.yaml");
    EXPECT_THAT(settings.problems, ElementsAre()) << yaml;
    EXPECT_TRUE(settings.values.empty()) << yaml;
  }
}

TEST(ReadYamlTest, SyntaxIsToldByWhatWasExpected) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"limits:\n\tmax_body: 1KiB\n", "s.yaml:2:1: expected spaces, got a tab"},
      {"limits:\n  max_body: 1KiB\n \tmax_headers: 4KiB\n",
       "s.yaml:3:2: expected spaces, got a tab"},
      {"http:\n  listen:\n    - a\n   b\n",
       "s.yaml:4:4: expected `key: value`, indented as the lines before"},
      {"models:\n  paths:\n    - a\n    b: c\n",
       "s.yaml:4:5: expected `key: value`, indented as the lines before"},
      {"http:\n  listen: [a, b\n", "s.yaml:3:1: expected `]` or `, value`"},
      {"models:\n  default_model: a: b\n",
       "s.yaml:2:19: expected one `key: value` a line; text that holds `: ` stands in quotes"},
  };
  for (const auto& [yaml, expected] : cases) EXPECT_EQ(ProblemsOf(yaml), expected) << yaml;
}

TEST(ReadYamlTest, NamesPlaceExpectationAndNearestWord) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"limits:\n  max_boddy: 1KiB\n",
       "s.yaml:2:3: unknown key \"max_boddy\" in \"limits\"; did you mean \"max_body\"?"},
      {"modles:\n  paths: [a]\n", "s.yaml:1:1: unknown key \"modles\"; did you mean \"models\"?"},
      {"max_body: 1KiB\n",
       "s.yaml:1:1: unknown key \"max_body\"; did you mean \"limits.max_body\"?"},
      {"limits.max_body: 1KiB\n",
       "s.yaml:1:1: unknown key \"limits.max_body\"; write \"max_body\" inside \"limits\""},
      {"colour: 1\n",
       "s.yaml:1:1: unknown key \"colour\"; expected one of models, http, shared_memory, tls, "
       "limits, resources, "
       "cache, probe, dialects, azureml, vertex, log, "
       "data_folder"},
      {"limits:\n  max_body: big\n",
       "s.yaml:2:13: expected bytes such as 16KiB or 64MiB, got \"big\""},
      {"limits:\n  max_body: 64MB\n",
       "s.yaml:2:13: expected bytes such as 16KiB or 64MiB, got \"64MB\""},
      {"limits:\n  max_body: 5\n", "s.yaml:2:13: expected between 1KiB and 1TiB, got 5"},
      {"limits:\n  max_body: 99999999999999999999TiB\n",
       "s.yaml:2:13: expected bytes such as 16KiB or 64MiB, got \"99999999999999999999TiB\""},
      {"limits:\n  max_headers: 1.5\n", "s.yaml:2:16: expected a whole number, got \"1.5\""},
      {"limits:\n  idle_timeout: 75\n",
       "s.yaml:2:17: expected a duration such as 250ms, 30s or 5min, got \"75\""},
      {"models:\n  control: pol\n",
       "s.yaml:2:12: expected one of none, poll, explicit, got \"pol\"; did you mean \"poll\"?"},
      {"http:\n  public_inference: yes\n", "s.yaml:2:21: expected true or false, got \"yes\""},
      {"limits:\n  max_body: [1KiB]\n", "s.yaml:2:13: expected bytes, got a list"},
      {"limits:\n  max_body: {a: b}\n",
       "s.yaml:2:13: \"limits.max_body\": expected bytes, got a mapping"},
      {"limits:\n  max_body:\n", "s.yaml:2:3: \"limits.max_body\": expected bytes, got nothing"},
      {"limits: 5\n",
       "s.yaml:1:9: \"limits\": expected a section with max_body, max_header_bytes, max_headers, "
       "max_url, "
       "max_connections, max_handshakes, max_buffered, header_timeout, idle_timeout, "
       "write_timeout, min_body_rate, "
       "drain"},
      {"http:\n  listen: [[a]]\n", "s.yaml:2:12: \"http.listen\": expected a text in the list"},
      {"log:\n  level: info\n  level: debug\n", "s.yaml:3:3: \"level\" is set twice"},
      {"log: {}\nlog: {}\n", "s.yaml:2:1: \"log\" is set twice"},
      {"? [a]\n: 1\n",
       "s.yaml:1:3: expected a key, one of models, http, shared_memory, tls, limits, resources, "
       "cache, probe, dialects, "
       "azureml, vertex, log, "
       "data_folder"},
      {"a: &x 1\n", "s.yaml:1:4: an anchor (&name) is not taken here, write the value"},
      {"a: *x\n", "s.yaml:1:4: the referenced anchor is not defined"},
      {"a: !!python/object 1\n",
       "s.yaml:1:4: a tag (tag:yaml.org,2002:python/object) is not taken here"},
      {"--- {}\n--- {log: {}}\n", "s.yaml:2:5: expected one document, got a second"},
      {"- a\n",
       "s.yaml:1:1: expected `key: value` lines with models, http, shared_memory, tls, limits, "
       "resources, cache, probe, "
       "dialects, azureml, vertex, log, "
       "data_folder"},
      {"a: [1\n", "s.yaml:2:1: expected `]` or `, value`"},
  };
  for (const auto& [yaml, expected] : table) EXPECT_EQ(ProblemsOf(yaml), expected) << yaml;
}

TEST(ReadYamlTest, NamesEveryMistakeAtOnce) {
  EXPECT_EQ(ProblemsOf("colr: 1\nlog:\n  levle: info\n  format: xml\n"),
            "s.yaml:1:1: unknown key \"colr\"; expected one of models, http, shared_memory, tls, "
            "limits, resources, "
            "cache, probe, dialects, azureml, vertex, log, "
            "data_folder\n"
            "s.yaml:3:3: unknown key \"levle\" in \"log\"; did you mean \"level\"?\n"
            "s.yaml:4:11: expected one of auto, human, json, got \"xml\"");
}

// Inputs that make naive YAML readers recurse, expand or crawl.
TEST(ReadYamlTest, StaysWithinBoundsOnHostileFiles) {
  std::string laughs = "a: &a [x]\n";
  for (char c = 'b'; c < 'n'; ++c)
    laughs += fmt::format("{}: &{} [*{},*{},*{}]\n", c, c, char(c - 1), char(c - 1), char(c - 1));
  const std::string table[] = {
      laughs,
      std::string(kMaxConfigBytes, '['),
      std::string(kMaxConfigBytes, '{'),
      std::string(kMaxConfigBytes, '-'),
      std::string(kMaxConfigBytes - 1, '\t') + "x",
      std::string(kMaxConfigBytes, '\xff'),
      std::string(kMaxConfigBytes + 1, ' '),
      [] {
        std::string nested;
        for (int i = 0; i < 400; ++i) nested += std::string(i, ' ') + "a:\n";
        return nested;
      }(),
      [] {
        std::string many = "models:\n  paths:\n";
        for (int i = 0; i < 20'000; ++i) many += "  - a\n";
        return many;
      }(),
  };
  for (const std::string& yaml : table) {
    const TimePoint start = SteadyClock().Now();
    EXPECT_NE(ProblemsOf(yaml), "") << yaml.substr(0, 20);
    EXPECT_LT(SteadyClock().Now() - start, std::chrono::seconds(5)) << yaml.substr(0, 20);
  }
}

TEST(ReadYamlTest, ReportsAProblemOrSettingsForEveryCutOfAFile) {
  const std::string yaml = "models:\n  paths: [\"a\", 'b']\nlog:\n  level: debug\n  format: json\n";
  for (size_t size = 0; size <= yaml.size(); ++size) ProblemsOf(yaml.substr(0, size));
  for (size_t at = 0; at < yaml.size(); ++at)
    for (const char c : {'\0', '\t', ':', '{', '\x80'}) {
      std::string broken = yaml;
      broken[at] = c;
      ProblemsOf(broken);
    }
}

}  // namespace
}  // namespace slipway::server
