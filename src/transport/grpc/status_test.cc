#include "transport/grpc/status.h"

#include <gmock/gmock.h>

#include "base/utf8.h"
#include "protobuf/message_reader.h"
#include "text/base64.h"

namespace slipway::grpc {
namespace {

using testing::ElementsAre;
using testing::Pair;

/// The fields of a message whose numbers are told as text.
std::vector<std::pair<uint32_t, std::string>> FieldsOf(std::string_view message) {
  std::vector<std::pair<uint32_t, std::string>> fields;
  protobuf::MessageReader reader(message);
  for (protobuf::Field field; reader.Next(&field);)
    fields.emplace_back(field.number(), field.tag == protobuf::VarintTag(field.number())
                                            ? std::to_string(field.value)
                                            : std::string(field.bytes));
  EXPECT_TRUE(reader.status().ok());
  return fields;
}

std::vector<std::pair<uint32_t, std::string>> FieldsOfDetails(std::string text) {
  EXPECT_EQ(text.find('='), std::string::npos);
  text.resize((text.size() + 3) / 4 * 4, '=');
  const auto bytes = DecodeBase64(text);
  EXPECT_TRUE(bytes.ok()) << text;
  return FieldsOf(*bytes);
}

TEST(GrpcStatusTest, DetailsTellTheReasonAndWhenToComeBack) {
  const auto status = FieldsOfDetails(EncodeDetails(14, "100 % voll", Reason::kQueueFull));
  ASSERT_EQ(status.size(), 4u);
  EXPECT_THAT(status[0], Pair(1, "14"));
  EXPECT_THAT(status[1], Pair(2, "100 % voll"));
  const auto error = FieldsOf(status[2].second), retry = FieldsOf(status[3].second);
  ASSERT_THAT(
      error, ElementsAre(Pair(1, "type.googleapis.com/google.rpc.ErrorInfo"), Pair(2, testing::_)));
  EXPECT_THAT(FieldsOf(error[1].second), ElementsAre(Pair(1, "QUEUE_FULL"), Pair(2, "slipway")));
  ASSERT_THAT(
      retry, ElementsAre(Pair(1, "type.googleapis.com/google.rpc.RetryInfo"), Pair(2, testing::_)));
  const auto delay = FieldsOf(retry[1].second);
  ASSERT_THAT(delay, ElementsAre(Pair(1, testing::_)));
  EXPECT_THAT(FieldsOf(delay[0].second), ElementsAre(Pair(1, "1")));
}

TEST(GrpcStatusTest, WhatIsNoUseToRepeatSaysNothingOfIt) {
  const auto status = FieldsOfDetails(EncodeDetails(3, "no", Reason::kBadRequest));
  EXPECT_EQ(status.size(), 3u);
}

TEST(GrpcStatusTest, DetailsOfMessagesOfAnyLengthCanBeRead) {
  for (size_t size = 0; size < 300; ++size) {
    const std::string message(size, 'x');
    EXPECT_THAT(FieldsOfDetails(EncodeDetails(8, message, Reason::kRateLimited))[1],
                Pair(2, message));
  }
}

TEST(GrpcStatusTest, ALongMessageIsCutBetweenCharacters) {
  std::string letters = "x";
  for (int i = 0; i < 1000; ++i) letters += "ö";
  for (const std::string& message : {letters, letters.substr(1)}) {
    const std::string told = ToldMessage(message);
    EXPECT_TRUE(IsValidUtf8(told));
    EXPECT_LE(told.size(), 1024u + 3);
    EXPECT_GE(told.size(), 1022u + 3);
    EXPECT_TRUE(told.ends_with("ö..."));
  }
  const std::string whole(1024, 'x');
  EXPECT_EQ(ToldMessage(whole), whole);
}

}  // namespace
}  // namespace slipway::grpc
