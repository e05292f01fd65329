#include "protocol/reflection/answer.h"

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/reflection/contracts.h"

namespace slipway::reflection {
namespace {

using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

using Fields = std::vector<std::pair<uint32_t, std::string>>;  // number, bytes or number as text

Fields FieldsOf(std::string_view message) {
  Fields fields;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);)
    fields.emplace_back(field.number(), field.tag == protobuf::BytesTag(field.number())
                                            ? std::string(field.bytes)
                                            : std::to_string(field.value));
  EXPECT_TRUE(reader.status().ok());
  return fields;
}

std::string Request(uint32_t number, std::string_view argument) {
  std::string request;
  MessageWriter writer(request);
  writer.Bytes(1, "host.example");
  if (number != 0) writer.Bytes(number, argument);
  return request;
}

/// The fields of the answer's third field, whose number is `expected`: what was answered.
Fields AnswerTo(const std::string& request, uint32_t expected) {
  static const DescriptorIndex index = *DescriptorIndex::Create(Contracts());
  const auto answer = Answer(index, request);
  if (!answer.ok()) return {{0, std::string(MessageOf(answer.status()))}};
  const Fields fields = FieldsOf(*answer);
  EXPECT_THAT(fields, SizeIs(3));
  EXPECT_THAT(fields[0], Pair(1, "host.example"));
  EXPECT_THAT(fields[1], Pair(2, request));
  EXPECT_EQ(fields[2].first, expected);
  return FieldsOf(fields[2].second);
}

TEST(ReflectionAnswerTest, ListsServices) {
  std::vector<std::string> names;
  for (const auto& [number, service] : AnswerTo(Request(7, ""), 6))
    names.push_back(FieldsOf(service).front().second);
  EXPECT_THAT(names, testing::Contains("inference.GRPCInferenceService"));
  EXPECT_THAT(names, testing::Contains("grpc.reflection.v1.ServerReflection"));
}

TEST(ReflectionAnswerTest, GivesFilesWithWhatTheyImport) {
  const Fields by_name = AnswerTo(Request(3, "inference/grpc_service.proto"), 4);
  EXPECT_THAT(by_name, SizeIs(2));
  EXPECT_EQ(by_name, AnswerTo(Request(4, "inference.GRPCInferenceService.ModelInfer"), 4));
}

TEST(ReflectionAnswerTest, SaysInTheAnswerWhatIsNotThere) {
  EXPECT_THAT(AnswerTo(Request(3, "x.proto"), 7),
              ElementsAre(Pair(1, "5"), Pair(2, "no file is called \"x.proto\"")));
  EXPECT_THAT(AnswerTo(Request(4, "x.Y"), 7).front(), Pair(1, "5"));
  EXPECT_THAT(AnswerTo(Request(5, "\x0a\x03x.Y\x10\x64"), 7),
              ElementsAre(Pair(1, "5"), Pair(2, "no file extends \"x.Y\"")));
  EXPECT_THAT(AnswerTo(Request(6, "x.Y"), 7).front(), Pair(1, "5"));
}

TEST(ReflectionAnswerTest, NoTypeHasExtensions) {
  EXPECT_THAT(AnswerTo(Request(6, "inference.ModelInferRequest"), 5),
              ElementsAre(Pair(1, "inference.ModelInferRequest")));
}

TEST(ReflectionAnswerTest, RefusesWhatAsksForNothing) {
  EXPECT_THAT(AnswerTo(Request(0, ""), 7).front(), Pair(1, "3"));
  EXPECT_THAT(AnswerTo(Request(8, "later versions"), 7).front(), Pair(1, "3"));
}

TEST(ReflectionAnswerTest, RefusesWhatIsNoMessage) {
  const DescriptorIndex index = *DescriptorIndex::Create(Contracts());
  EXPECT_EQ(ReasonOf(Answer(index, "\x1a\x7f").status()), Reason::kBadRequest);
}

}  // namespace
}  // namespace slipway::reflection
