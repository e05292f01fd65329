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

TEST(ReasonTest, EachHasItsRowOfTheTable) {
  // gRPC's codes, in its own numbers.
  enum {
    kCancelled = 1,
    kInvalidArgument = 3,
    kDeadlineExceeded = 4,
    kNotFound = 5,
    kAlreadyExists = 6,
    kPermissionDenied = 7,
    kResourceExhausted = 8,
    kFailedPrecondition = 9,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14,
    kUnauthenticated = 16
  };
  const struct {
    Reason reason;
    std::string_view label;
    int http, grpc;
    bool retry;
  } rows[] = {
      {Reason::kBadRequest, "bad_request", 400, kInvalidArgument, false},
      {Reason::kUnauthenticated, "unauthenticated", 401, kUnauthenticated, false},
      {Reason::kForbidden, "forbidden", 403, kPermissionDenied, false},
      {Reason::kNotFound, "not_found", 404, kNotFound, false},
      {Reason::kMethodNotAllowed, "method_not_allowed", 405, kUnimplemented, false},
      {Reason::kUnsupportedCoding, "unsupported_coding", 415, kUnimplemented, false},
      {Reason::kUrlTooLong, "url_too_long", 414, kInvalidArgument, false},
      {Reason::kHeadersTooLarge, "headers_too_large", 431, kInvalidArgument, false},
      {Reason::kSlowRequest, "slow_request", 408, kDeadlineExceeded, false},
      {Reason::kAlreadyExists, "already_exists", 409, kAlreadyExists, false},
      {Reason::kPreconditionFailed, "precondition_failed", 409, kFailedPrecondition, false},
      {Reason::kTooLarge, "too_large", 413, kResourceExhausted, false},
      {Reason::kBadModel, "bad_model", 422, kFailedPrecondition, false},
      {Reason::kRateLimited, "rate_limited", 429, kResourceExhausted, true},
      {Reason::kQueueFull, "queue_full", 503, kUnavailable, true},
      {Reason::kOverloaded, "overloaded", 503, kUnavailable, true},
      {Reason::kLoading, "loading", 503, kUnavailable, true},
      {Reason::kDraining, "draining", 503, kUnavailable, true},
      {Reason::kDeadlineExceeded, "deadline_exceeded", 504, kDeadlineExceeded, false},
      {Reason::kDiskFull, "disk_full", 507, kResourceExhausted, false},
      {Reason::kNotOffered, "not_offered", 501, kUnimplemented, false},
      {Reason::kUnsupported, "unsupported", 422, kFailedPrecondition, false},
      {Reason::kInternal, "internal", 500, kInternal, false},
      {Reason::kCancelled, "cancelled", 499, kCancelled, false},
      {Reason::kIo, "io", 500, kInternal, false},
  };
  static_assert(std::size(rows) == kReasonCount);
  for (int i = 0; i < kReasonCount; ++i) {
    const auto& row = rows[i];
    EXPECT_EQ(static_cast<int>(row.reason), i) << row.label;
    const ReasonInfo& info = InfoOf(row.reason);
    EXPECT_EQ(info.label, row.label);
    EXPECT_EQ(info.http_status, row.http) << row.label;
    EXPECT_EQ(info.grpc_code, row.grpc) << row.label;
    EXPECT_EQ(info.retry, row.retry) << row.label;
  }
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
