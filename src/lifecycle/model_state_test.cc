#include "lifecycle/model_state.h"

namespace slipway::lifecycle {
namespace {

repository::FoundModel Found(std::vector<int64_t> numbers) {
  repository::FoundModel found{.name = *ModelName::Parse("wine")};
  found.config.version_policy = {.kind = VersionPolicy::Kind::kAll};
  for (const int64_t number : numbers)
    found.versions.push_back({.number = {number}, .path = "", .root = "", .stamp = 7});
  found.aliases["stable"] = {1};
  return found;
}

TEST(ModelStateTest, WhatAClientUnloadedIsNotWantedWhenTheRepositoryIsReadAgain) {
  const auto found = Found({1, 2});
  ModelState state("wine");
  state.Set(&found, /*wanted=*/true);
  EXPECT_EQ(state.Next(), (Decision{Action::kLoad, {2}}));
  state.Ask({.unloaded = {{2}}});
  EXPECT_EQ(state.Next(), (Decision{Action::kLoad, {1}}));
  state.Set(&found, /*wanted=*/true);
  EXPECT_EQ(state.Next(), (Decision{Action::kLoad, {1}}));
  state.Ask({});
  state.Set(&found, /*wanted=*/true);
  EXPECT_EQ(state.Next(), (Decision{Action::kLoad, {2}}));
}

TEST(ModelStateTest, WhatAClientAskedForWinsOverTheRepository) {
  const auto found = Found({1, 2});
  ModelState state("wine");
  state.Ask({.policy = VersionPolicy{.kind = VersionPolicy::Kind::kSpecific, .specific = {{1}}},
             .aliases = {{"stable", {2}}, {"canary", {1}}},
             .default_version = VersionNumber{1}});
  state.Set(&found, /*wanted=*/true);
  EXPECT_EQ(state.Next(), (Decision{Action::kLoad, {1}}));
  const auto entry = state.Entry();
  EXPECT_EQ(entry->aliases.at("stable"), VersionNumber{2});
  EXPECT_EQ(entry->aliases.at("canary"), VersionNumber{1});
  EXPECT_EQ(entry->default_version, VersionNumber{1});
  EXPECT_TRUE(entry->wanted);
  state.Set(&found, /*wanted=*/false);
  EXPECT_FALSE(state.Entry()->wanted);
}

}  // namespace
}  // namespace slipway::lifecycle
