#include "protocol/tfserving/reload_message.h"

#include "protobuf/message_writer.h"

namespace slipway::tfserving {
namespace {

using lifecycle::VersionPolicy;
using lifecycle::WantedModel;
using protobuf::MessageWriter;
using testing::HasSubstr;

/// A message with one field.
std::string Message(uint32_t number, std::string_view bytes) {
  std::string message;
  MessageWriter(message).Bytes(number, bytes);
  return message;
}
std::string Message(uint32_t number, uint64_t value) {
  std::string message;
  MessageWriter(message).Varint(number, value);
  return message;
}

std::string Config(std::string_view name, std::string_view base_path, std::string_view rest = "") {
  return Message(1, name) + Message(2, base_path) + std::string(rest);
}
std::string Request(const std::vector<std::string>& configs) {
  std::string list;
  for (const std::string& config : configs) list += Message(1, config);
  return Message(1, Message(1, list));
}
std::string Policy(uint32_t choice, std::string_view what) {
  return Message(7, Message(choice, what));
}
std::string Label(std::string_view label, uint64_t version) {
  return Message(8, Message(1, label) + Message(2, version));
}

StatusOr<std::vector<WantedModel>> Read(std::string_view message) {
  const dialect::Repository repositories[] = {{"/srv/models"}, {"/srv/other/7", "beer"}};
  return ReadReloadRequest(message, repositories);
}
WantedModel ReadOne(std::string_view rest) {
  const auto models = Read(Request({Config("wine", "/srv/models/wine", rest)}));
  EXPECT_TRUE(models.ok()) << MessageOf(models.status());
  return models.ok() ? models->at(0) : WantedModel();
}
/// "<reason>: <message>"
std::string Refusal(const std::string& message) {
  const auto models = Read(message);
  if (models.ok()) return "OK";
  return fmt::format("{}: {}", InfoOf(ReasonOf(models.status())).label, MessageOf(models.status()));
}
std::string RefusalOf(std::string_view rest) {
  return Refusal(Request({Config("wine", "/srv/models/wine", rest)}));
}

TEST(ReloadMessageTest, ReadsModelsByNameAndPlace) {
  const auto models = Read(Request({Config("wine", "/srv/models/wine", Message(4, "tensorflow")),
                                    Config("beer", "/srv/other/7"), Config("rum", "rum")}));
  ASSERT_TRUE(models.ok()) << MessageOf(models.status());
  ASSERT_EQ(models->size(), 3u);
  EXPECT_EQ(models->at(0).name, "wine");
  EXPECT_FALSE(models->at(0).policy);
  EXPECT_EQ(models->at(1).name, "beer");
  EXPECT_EQ(models->at(2).name, "rum");
  EXPECT_TRUE(Read(Request({}))->empty());
}

TEST(ReloadMessageTest, ReadsPolicies) {
  const auto latest = [](int count) { return VersionPolicy{.latest = count}; };
  EXPECT_EQ(ReadOne(Policy(100, Message(1, uint64_t{2}))).policy, latest(2));
  EXPECT_EQ(ReadOne(Policy(100, "")).policy, latest(1));
  EXPECT_EQ(ReadOne(Policy(101, "")).policy, VersionPolicy{.kind = VersionPolicy::Kind::kAll});
  const VersionPolicy specific{.kind = VersionPolicy::Kind::kSpecific, .specific = {{1}, {3}}};
  EXPECT_EQ(ReadOne(Policy(102, Message(1, "\1\3"))).policy, specific);
  EXPECT_EQ(ReadOne(Policy(102, Message(1, uint64_t{1}) + Message(1, uint64_t{3}))).policy,
            specific);
}

TEST(ReloadMessageTest, ReadsLabels) {
  const auto aliases =
      ReadOne(Label("stable", 1) + Label("canary", 2) + Label("stable", 3)).aliases;
  EXPECT_THAT(aliases, testing::ElementsAre(testing::Pair("canary", VersionNumber{2}),
                                            testing::Pair("stable", VersionNumber{3})));
}

TEST(ReloadMessageTest, NamesWhatDoesNotFit) {
  const std::string at = "bad_request: model \"wine\": ";
  EXPECT_EQ(RefusalOf(Policy(102, "")), at + "specific: expected versions");
  EXPECT_EQ(RefusalOf(Policy(102, Message(1, std::string_view("\0", 1)))),
            at + "specific: expected a version from 1, got 0");
  EXPECT_EQ(RefusalOf(Policy(102, Message(1, "\x80"))),
            at + "field \"versions\": its last number is truncated");
  EXPECT_EQ(RefusalOf(Policy(102, Message(1, std::string(1001, '\1')))),
            at + "expected at most 1000 versions");
  EXPECT_EQ(RefusalOf(Label("stable", 0)),
            at + "version label \"stable\": expected a version from 1, got 0");
  for (const auto* label : {"Stable", "latest", "", "\xff"})
    EXPECT_THAT(RefusalOf(Label(label, 1)), HasSubstr("expected [a-z][a-z0-9._-]{0,62}"));
  EXPECT_THAT(RefusalOf(Message(2, "\xff")), HasSubstr("\"base_path\" is not UTF-8"));
  EXPECT_THAT(RefusalOf("\x12\x7f"), HasSubstr("\"base_path\""));
  const std::string wine = Config("wine", "/srv/models/wine");
  EXPECT_EQ(Refusal(Request({wine, wine})), "bad_request: model \"wine\" is configured twice");
  EXPECT_EQ(Refusal(Request({Config("", "/srv/models/wine")})),
            "bad_request: model_config_list: a config has no name");
  EXPECT_EQ(Refusal(Request({Message(1, "wine")})), at + "expected a base_path");
  EXPECT_THAT(Refusal(Request({Config("rum", "/srv/models/wine")})),
              HasSubstr("model \"rum\": base_path \"/srv/models/wine\" is that of \"wine\""));
  EXPECT_EQ(Refusal(""), "bad_request: expected a model_config_list");
  EXPECT_EQ(Refusal(Message(1, "")), "bad_request: expected a model_config_list");
}

TEST(ReloadMessageTest, PlacesElsewhereAreForbidden) {
  for (const auto* path : {"/etc/wine", "s3://models/wine", "/srv/models/../models/wine"})
    EXPECT_THAT(Refusal(Request({Config("wine", path)})),
                testing::StartsWith("forbidden: model \"wine\": base_path"))
        << path;
}

TEST(ReloadMessageTest, WhatIsNotOfferedIsNamed) {
  EXPECT_EQ(RefusalOf(Message(6, "")),
            "not_offered: model \"wine\": not offered: logging_config: requests are not logged");
  EXPECT_EQ(Refusal(Message(1, Message(2, ""))), "not_offered: not offered: custom_model_config");
  EXPECT_EQ(Refusal(Request({}) + Message(2, ":tensorflow:serving:request_count")),
            "not_offered: not offered: metric_names");
}

TEST(ReloadMessageTest, WritesAnEmptyStatus) {
  std::string answer;
  WriteReloadAnswer(answer);
  EXPECT_EQ(answer, std::string("\x0a\0", 2));
}

}  // namespace
}  // namespace slipway::tfserving
