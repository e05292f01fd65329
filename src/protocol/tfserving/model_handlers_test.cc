#include "protocol/tfserving/model_handlers.h"

#include <gtest/gtest.h>

namespace slipway::tfserving {
namespace {

using lifecycle::VersionState;

/// A table with model "m", whose only version is not ready.
lifecycle::ServingTable TableOf(VersionState state, std::string reason) {
  auto entry = std::make_shared<lifecycle::ModelEntry>();
  entry->name = "m";
  entry->versions.push_back({VersionNumber{1}, state, std::move(reason)});
  lifecycle::ServingTable table;
  table.models.emplace("m", std::move(entry));
  return table;
}

TEST(TfServingModelHandlersTest, KserveIsToldWhyAModelIsNotReady) {
  std::string out;
  const Status loading =
      TellStatus(TableOf(VersionState::kLoading, ""), "m", "", /*need_ready=*/true, out);
  EXPECT_EQ(ReasonOf(loading), Reason::kLoading);
  EXPECT_EQ(MessageOf(loading), "model \"m\" is not ready: loading");
  const Status failed = TellStatus(TableOf(VersionState::kUnavailable, "no such file"), "m", "",
                                   /*need_ready=*/true, out);
  EXPECT_EQ(MessageOf(failed), "model \"m\" is not ready: no such file");
  EXPECT_EQ(out, "");
}

TEST(TfServingModelHandlersTest, OthersAreToldTheStateOfAModelThatIsNotReady) {
  std::string out;
  ASSERT_TRUE(
      TellStatus(TableOf(VersionState::kLoading, ""), "m", "", /*need_ready=*/false, out).ok());
  EXPECT_EQ(out, R"({"name":"m","ready":false,"model_version_status":[{"version":"1",)"
                 R"("state":"LOADING","status":{"error_code":"OK","error_message":""}}]})");
}

}  // namespace
}  // namespace slipway::tfserving
