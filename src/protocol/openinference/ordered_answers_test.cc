#include "protocol/openinference/ordered_answers.h"

#include <thread>

namespace slipway::openinference {
namespace {

using testing::ElementsAre;

class FakeWriter final : public http::StreamWriter {
 public:
  void Write(http::StreamMessage message) override { said.push_back(message.body); }
  void Finish(const Status& status) override {
    said.push_back(status.ok() ? "OK" : std::string(MessageOf(status)));
  }
  void ReadMore() override { ++asked; }

  std::vector<std::string> said;
  int asked = 0;
};

http::StreamMessage Message(std::string body) { return {.body = std::move(body), .parts = {}}; }

class OrderedAnswersTest : public testing::Test {
 protected:
  const std::shared_ptr<FakeWriter> writer_ = std::make_shared<FakeWriter>();
  OrderedAnswers answers_{writer_, /*capacity=*/2};
};

TEST_F(OrderedAnswersTest, AnswersGoOutInTheOrderOfTheirRequests) {
  const uint64_t first = answers_.Reserve(), second = answers_.Reserve();
  answers_.Answer(second, Message("b"));
  EXPECT_THAT(writer_->said, ElementsAre());
  answers_.Answer(first, Message("a"));
  EXPECT_THAT(writer_->said, ElementsAre("a", "b"));
  EXPECT_TRUE(answers_.empty());
}

TEST_F(OrderedAnswersTest, TheStreamEndsWithTheLastAnswer) {
  const uint64_t only = answers_.Reserve();
  answers_.Close();
  EXPECT_THAT(writer_->said, ElementsAre());
  answers_.Answer(only, Message("a"));
  EXPECT_THAT(writer_->said, ElementsAre("a", "OK"));
}

TEST_F(OrderedAnswersTest, AStreamWithoutRequestsEndsAtOnce) {
  answers_.Close();
  EXPECT_THAT(writer_->said, ElementsAre("OK"));
}

TEST_F(OrderedAnswersTest, AFailureEndsTheStreamInItsTurn) {
  const uint64_t first = answers_.Reserve(), second = answers_.Reserve(),
                 third = answers_.Reserve();
  answers_.Fail(second, MakeError(Reason::kBadRequest, "wrong"));
  answers_.Answer(third, Message("c"));
  EXPECT_THAT(writer_->said, ElementsAre());
  answers_.Answer(first, Message("a"));
  EXPECT_THAT(writer_->said, ElementsAre("a", "wrong"));
  answers_.Answer(answers_.Reserve(), Message("to nobody"));  // the writer has finished
  EXPECT_TRUE(answers_.empty());
}

TEST_F(OrderedAnswersTest, AnswersAfterAFailureAreForNobody) {
  const uint64_t first = answers_.Reserve(), second = answers_.Reserve();
  answers_.Fail(first, MakeError(Reason::kBadRequest, "wrong"));
  answers_.Answer(second, Message("b"));
  EXPECT_THAT(writer_->said, ElementsAre("wrong"));
}

TEST_F(OrderedAnswersTest, MoreIsReadOnceThereIsRoomAgain) {
  const uint64_t first = answers_.Reserve();
  EXPECT_TRUE(answers_.HasRoom());
  const uint64_t second = answers_.Reserve();
  EXPECT_FALSE(answers_.HasRoom());
  answers_.Answer(second, Message("b"));
  EXPECT_EQ(writer_->asked, 0);
  answers_.Answer(first, Message("a"));
  EXPECT_EQ(writer_->asked, 1);
  answers_.Answer(answers_.Reserve(), Message("c"));
  EXPECT_EQ(writer_->asked, 1);
}

TEST_F(OrderedAnswersTest, ManyThreadsKeepTheOrder) {
  OrderedAnswers answers(writer_, 1000);
  std::vector<uint64_t> places(1000);
  for (uint64_t& place : places) place = answers.Reserve();
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (size_t i = t; i < places.size(); i += 4)
          answers.Answer(places[i], Message(std::to_string(i)));
      });
  }
  ASSERT_EQ(writer_->said.size(), 1000u);
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(writer_->said[i], std::to_string(i));
}

}  // namespace
}  // namespace slipway::openinference
