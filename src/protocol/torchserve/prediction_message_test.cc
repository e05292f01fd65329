#include "protocol/torchserve/prediction_message.h"

#include "protobuf/message_writer.h"

namespace slipway::torchserve {
namespace {

using protobuf::MessageWriter;
using ::testing::HasSubstr;

struct Entry {
  std::string_view key, value;
};

std::string Message(std::string_view model, std::initializer_list<Entry> entries) {
  std::string message;
  MessageWriter writer(message);
  writer.Bytes(1, model);
  writer.Bytes(2, "1.0");
  for (const auto& [key, value] : entries) {
    const size_t entry = writer.Begin(3);
    writer.Bytes(1, key);
    writer.Bytes(2, value);
    writer.End(entry);
  }
  writer.Bytes(4, "sequence");
  return message;
}

std::string Refusal(const std::string& message) {
  const auto read = ReadPredictionMessage(message);
  if (read.ok()) return "OK";
  EXPECT_EQ(ReasonOf(read.status()), Reason::kBadRequest);
  return std::string(MessageOf(read.status()));
}

TEST(PredictionMessageTest, HasModelVersionAndInputs) {
  const std::string message = Message("m", {{"data", "[1]"}, {"mask", ""}});
  const auto read = ReadPredictionMessage(message);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->model, "m");
  EXPECT_EQ(read->version, "1.0");
  ASSERT_EQ(read->input.size(), 2u);
  EXPECT_EQ(read->input[0].name, "data");
  EXPECT_EQ(read->input[0].body, "[1]");
  EXPECT_EQ(read->input[1].name, "mask");
}

TEST(PredictionMessageTest, OfAnInputGivenTwiceTheLastCounts) {
  const std::string message = Message("m", {{"data", "[1]"}, {"data", "[2]"}});
  const auto read = ReadPredictionMessage(message);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->input.size(), 1u);
  EXPECT_EQ(read->input[0].body, "[2]");
}

TEST(PredictionMessageTest, RefusesByName) {
  EXPECT_EQ(Refusal(Message("", {{"data", "[1]"}})), "Parameter model_name is required.");
  EXPECT_THAT(Refusal(Message("m", {})), HasSubstr("input: expected an entry \"data\""));
  EXPECT_THAT(Refusal(Message("m", {{"\xff", ""}})), HasSubstr("not UTF-8"));
  const std::string whole = Message("m", {{"data", "[1]"}});
  EXPECT_THAT(Refusal(whole.substr(0, 10)), HasSubstr("input"));
  std::string many;
  for (size_t i = 0; i <= http::kMaxFormParts; ++i) MessageWriter(many).Bytes(3, "");
  EXPECT_THAT(Refusal(many), HasSubstr("at most 1000 entries"));
}

}  // namespace
}  // namespace slipway::torchserve
