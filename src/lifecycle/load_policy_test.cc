#include "lifecycle/load_policy.h"

namespace slipway::lifecycle {
namespace {

constexpr std::optional<uint64_t> kNo = std::nullopt;

TEST(LoadPolicyTest, DecidesByTheTable) {
  struct Row {
    std::string situation;
    std::vector<VersionView> versions;
    Decision want;
  };
  const std::vector<Row> table = {
      {"nothing is known", {}, {}},
      {"a first version", {{{1}, 7, kNo, kNo}}, {Action::kLoad, {1}}},
      {"it is served", {{{1}, 7, 7, kNo}}, {}},
      {"several: the newest first", {{{1}, 7, kNo, kNo}, {{2}, 8, kNo, kNo}}, {Action::kLoad, {2}}},
      {"a new version replaces the old one: load before unload",
       {{{1}, kNo, 7, kNo}, {{2}, 8, kNo, kNo}},
       {Action::kLoad, {2}}},
      {"the new one is served: the old one goes",
       {{{1}, kNo, 7, kNo}, {{2}, 8, 8, kNo}},
       {Action::kUnload, {1}}},
      {"the new one was refused: the old one stays", {{{1}, kNo, 7, kNo}, {{2}, 8, kNo, 8}}, {}},
      {"the refused file was replaced: try again",
       {{{1}, kNo, 7, kNo}, {{2}, 9, kNo, 8}},
       {Action::kLoad, {2}}},
      {"content changed in place", {{{1}, 8, 7, kNo}}, {Action::kLoad, {1}}},
      {"content changed in place and was refused: the loaded one stays", {{{1}, 8, 7, 8}}, {}},
      {"back to the old version", {{{1}, 7, kNo, kNo}, {{2}, kNo, 8, kNo}}, {Action::kLoad, {1}}},
      {"the model was removed", {{{1}, kNo, 7, kNo}, {{2}, kNo, 8, kNo}}, {Action::kUnload, {1}}},
      {"removed while refused", {{{1}, kNo, kNo, 7}}, {}},
      {"dismissed: it waits for no other",
       {{{1}, kNo, 7, kNo, true}, {{2}, 8, 8, kNo}, {{3}, 9, kNo, 9}},
       {Action::kUnload, {1}}},
      {"nor for one that comes, but after it",
       {{{1}, kNo, 7, kNo, true}, {{2}, 8, kNo, kNo}},
       {Action::kLoad, {2}}},
  };
  for (const Row& row : table) EXPECT_EQ(NextAction(row.versions), row.want) << row.situation;
}

}  // namespace
}  // namespace slipway::lifecycle
