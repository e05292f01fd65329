#include "base/ids.h"
#include "base/log.h"
#include "base/snapshot.h"
#include "base/status.h"

namespace slipway {
namespace {

TEST(StatusTest, CarriesItsReasonAndMessage) {
  const Status status = Error(Reason::kQueueFull, "model \"{}\": {} waiting", "m", 8);
  EXPECT_EQ(ReasonOf(status), Reason::kQueueFull);
  EXPECT_EQ(MessageOf(status), "model \"m\": 8 waiting");
  EXPECT_EQ(InfoOf(ReasonOf(status)).http_status, 503);
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), Reason::kNotFound);
}

TEST(ModelNameTest, RefusesWhatCouldBeAPathOrForgeALine) {
  for (const std::string_view bad :
       {"../etc", "a/../b", "model/", " ..", "", "\t", "a\nb", "..", "."})
    EXPECT_FALSE(ModelName::Parse(bad).ok()) << bad;
  EXPECT_FALSE(ModelName::Parse(std::string(256, 'a')).ok());
  for (const std::string_view good : {"...", "..my_model", "model..1", "é"})
    EXPECT_TRUE(ModelName::Parse(good).ok()) << good;
}

TEST(VersionNumberTest, IsWholeAndPositive) {
  EXPECT_EQ(VersionNumber::Parse("9223372036854775807")->value, INT64_MAX);
  for (const std::string_view bad : {"", "0", "01", "-1", "+1", "1.0", "9223372036854775808", " 1"})
    EXPECT_FALSE(VersionNumber::Parse(bad)) << bad;
}

TEST(AliasTest, IsAWordThatIsNoNumber) {
  for (const std::string_view good : {"stable", "a", "v1.2-rc_3"})
    EXPECT_TRUE(IsAlias(good)) << good;
  for (const std::string_view bad : {"", "1", "Stable", "-a", "a b"})
    EXPECT_FALSE(IsAlias(bad)) << bad;
  EXPECT_FALSE(IsAlias(std::string(64, 'a')));
}

TEST(LogTest, AModelNameCannotForgeALine) {
  EXPECT_EQ(log::Render(log::Format::kJson, log::Level::kInfo, "loaded",
                        {{"model", "a\"\n{"}, {"ms", 12}, {"ok", true}}, 1'000'000),
            R"({"time":"1970-01-01T00:00:01.000000Z","level":"info","message":"loaded",)"
            R"("model":"a\"\u000a{","ms":12,"ok":true})");
  EXPECT_EQ(
      log::Render(log::Format::kHuman, log::Level::kWarn, "refused", {{"why", "two words"}}, 0),
      "1970-01-01T00:00:00.000000Z warn  refused why=\"two words\"");
}

TEST(SnapshotTest, ReaderKeepsItsValueUntilItLooksAgain) {
  Snapshot<int> snapshot(std::make_shared<const int>(1));
  Snapshot<int>::Reader reader(snapshot);
  const int& before = reader.Get();
  snapshot.Replace(std::make_shared<const int>(2));
  EXPECT_EQ(before, 1);
  EXPECT_EQ(reader.Get(), 2);
}

}  // namespace
}  // namespace slipway
