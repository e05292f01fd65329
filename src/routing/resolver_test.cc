#include "routing/resolver.h"

namespace slipway::routing {
namespace {

using lifecycle::ModelEntry;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;
using lifecycle::VersionHandle;
using lifecycle::VersionState;

VersionHandle MakeVersion(int64_t number) {
  auto version = std::make_shared<ServedVersion>(ServedVersion{
      .name = *ModelName::Parse("wine"), .number = {number}, .version = std::to_string(number)});
  return version;
}

ServingTable MakeTable() {
  auto wine = std::make_shared<ModelEntry>();
  wine->name = "wine";
  wine->ready = {MakeVersion(2), MakeVersion(3)};
  wine->aliases = {{"stable", {2}}, {"next", {4}}, {"broken", {5}}};
  wine->versions = {{{2}, VersionState::kReady, ""},
                    {{3}, VersionState::kReady, ""},
                    {{4}, VersionState::kLoading, ""},
                    {{5}, VersionState::kUnavailable, "node \"a\": no such operator"}};
  ServingTable table;
  table.models.emplace("wine", wine);
  table.settled = true;
  return table;
}

TEST(ResolverTest, AnswersByTheTable) {
  const ServingTable table = MakeTable();
  struct Row {
    std::string model, version, want;
  };
  const std::vector<Row> rows = {
      {"wine", "", "3"},
      {"wine", "latest", "3"},
      {"wine", "2", "2"},
      {"wine", "stable", "2"},
      {"wine", "next", "loading: alias \"next\": model \"wine\" version 4 is being loaded"},
      {"wine", "5",
       "not_found: model \"wine\" version 5 is not served: node \"a\": no such operator"},
      {"wine", "9", "not_found: model \"wine\" has no version 9; ready: 2, 3"},
      {"wine", "prod", "not_found: model \"wine\" has no alias \"prod\""},
      {"wine", "1.0", "bad_request: version \"1.0\": expected a whole number or an alias"},
      {"wien", "", "not_found: no model \"wien\"; did you mean \"wine\"?"},
      {"x", "", "not_found: no model \"x\""},
      {"..my_model", "", "not_found: no model \"..my_model\""},
      {"../etc", "", "bad_request: model name: \"/\" is not allowed"},
  };
  for (const Row& row : rows) {
    const auto got = Resolve(table, row.model, row.version);
    const std::string text = got.ok() ? (**got)->version
                                      : fmt::format("{}: {}", InfoOf(ReasonOf(got.status())).label,
                                                    MessageOf(got.status()));
    EXPECT_EQ(text, row.want);
  }
}

TEST(ResolverTest, WhoNamesNoVersionGetsTheChosenOneWhileItIsReady) {
  for (const auto& [chosen, want] : {std::pair(2, "2"), {3, "3"}, {9, "3"}}) {
    ServingTable table = MakeTable();
    auto wine = std::make_shared<ModelEntry>(*table.models["wine"]);
    wine->default_version = {chosen};
    table.models["wine"] = wine;
    EXPECT_EQ((**Resolve(table, "wine", ""))->version, want);
    EXPECT_EQ((**Resolve(table, "wine", "latest"))->version, "3");
  }
}

TEST(ResolverTest, BeforeTheFirstPassIsDoneAnUnknownModelMayStillCome) {
  const ServingTable table;
  EXPECT_EQ(ReasonOf(Resolve(table, "wine", "").status()), Reason::kLoading);
}

}  // namespace
}  // namespace slipway::routing
