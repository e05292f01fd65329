// Requests that run together, and what becomes of them when their run fails.

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "routing/infer_service.h"

namespace slipway::routing {
namespace {

using lifecycle::ModelEntry;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;
using std::chrono::milliseconds;
using testing::ElementsAre;

TensorSpec Rows(std::string name) {
  return {.name = std::move(name), .dtype = DType::kFp32, .shape = {-1}};
}

/// x -> y = x, as long as `before` has nothing against it.
class Echo final : public LoadedModel {
 public:
  using Before = std::function<Status(std::span<const float>)>;
  explicit Echo(Before before) : before_(std::move(before)) {}

  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t>, const RunOptions&,
             std::vector<Tensor>& results) const override {
    RETURN_IF_ERROR(before_(inputs[0]->as<float>()));
    const auto bytes = inputs[0]->data.bytes();
    results = {{DType::kFp32, inputs[0]->shape,
                Buffer::Own({reinterpret_cast<const char*>(bytes.data()), bytes.size()})}};
    return OkStatus();
  }

 private:
  const Signature signature_{{Rows("x")}, {Rows("y")}};
  const Before before_;
};

struct Answers {
  std::vector<std::string> by_call;  // the value, or the reason why there is none
};

class TestCall final : public InferCall {
 public:
  TestCall(std::vector<float> x, size_t number, Answers& answers)
      : x_(std::move(x)), number_(number), answers_(answers) {
    request.model = "m";
    request.inputs = {
        {"x", {DType::kFp32, {static_cast<int64_t>(x_.size())}, std::as_bytes(std::span(x_))}}};
    more_follow = true;
  }
  std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);
  bool cannot_be_written = false;

  std::shared_ptr<const std::atomic<bool>> Detach() override { return gone; }
  Status Done(const Status& status, const ServedVersion*) override {
    if (cannot_be_written) throw std::bad_alloc();
    answers_.by_call[number_] =
        status.ok() ? fmt::format("{}", fmt::join(response.outputs.at(0).tensor.as<float>(), " "))
                    : std::string(InfoOf(ReasonOf(status)).label);
    return status;
  }

 private:
  const std::vector<float> x_;
  const size_t number_;
  Answers& answers_;
};

struct CompanyTest : ::testing::Test {
  FakeClock clock;
  Registry registry;
  LifecycleMetrics metrics{registry};
  Snapshot<ServingTable> table{nullptr};
  batching::WorkerPool pool{1};
  std::unique_ptr<InferService> service;
  std::vector<size_t> runs;  // rows of each
  Answers answers;

  void Serve(Echo::Before before, Duration run_limit = {}, int64_t piece_rows = 0) {
    auto version = std::make_unique<ServedVersion>(
        ServedVersion{.name = *ModelName::Parse("m"), .number = {1}, .version = "1"});
    version->model = std::make_unique<Echo>([this, before](std::span<const float> x) {
      runs.push_back(x.size());
      return before(x);
    });
    version->signature = version->model->signature();
    version->row_wise = true;
    version->piece_rows = piece_rows;
    version->time_follows_values = true;  // inline runs have the limit as well
    version->run_limit = run_limit;
    version->metrics = metrics.ForVersion("m", "1");
    const auto cost = std::make_shared<batching::CostModel>();
    cost->Observe({1, 4}, std::chrono::microseconds(10));
    cost->Observe({8, 4}, std::chrono::microseconds(12));
    version->queue = std::make_shared<batching::ModelQueue>(
        batching::ModelQueueOptions{.batch = {.max_rows = 8}}, pool, clock, cost);
    auto entry = std::make_shared<ModelEntry>();
    entry->name = "m";
    entry->ready = {std::move(version)};
    auto next = std::make_shared<ServingTable>();
    next->models["m"] = entry;
    table.Replace(std::move(next));
    service = std::make_unique<InferService>(InferServiceOptions{}, table, 1, clock);
  }
  std::unique_ptr<TestCall> Call(std::vector<float> x) {
    answers.by_call.emplace_back("none");
    return std::make_unique<TestCall>(std::move(x), answers.by_call.size() - 1, answers);
  }
  std::unique_ptr<TestCall> Call(float x) { return Call(std::vector<float>{x}); }
  void Ask(std::unique_ptr<TestCall> call) {
    EXPECT_EQ(service->Infer(0, std::move(call)), nullptr);
  }
};

Status Fine(std::span<const float>) { return OkStatus(); }

TEST_F(CompanyTest, WhatIsAtHandRunsAsOne) {
  Serve(Fine);
  for (const float x : {1, 2, 3}) Ask(Call(x));
  service->RunGathered(0);
  EXPECT_THAT(answers.by_call, ElementsAre("1", "2", "3"));
  EXPECT_THAT(runs, ElementsAre(3));
}

TEST_F(CompanyTest, OnesTroubleIsNotTheOthers) {
  Serve([](std::span<const float> x) {
    for (const float v : x)
      if (v == 2) return MakeError(Reason::kBadRequest, "2 is not liked");
    return OkStatus();
  });
  for (const float x : {1, 2, 3}) Ask(Call(x));
  service->RunGathered(0);
  EXPECT_THAT(answers.by_call, ElementsAre("1", "bad_request", "3"));
  EXPECT_THAT(runs, ElementsAre(3, 1, 1, 1));
}

TEST_F(CompanyTest, WhoHasGoneOrIsLateIsNotRunAgain) {
  std::shared_ptr<std::atomic<bool>> gone;
  Serve([&](std::span<const float> x) {
    if (x.size() == 1) return OkStatus();
    clock.Advance(milliseconds(10));
    *gone = true;
    return MakeError(Reason::kInternal, "not together");
  });
  auto first = Call(1), second = Call(2);
  gone = first->gone;
  second->request.context.deadline = clock.Now() + milliseconds(5);
  Ask(std::move(first));
  Ask(std::move(second));
  Ask(Call(3));
  service->RunGathered(0);
  EXPECT_THAT(answers.by_call, ElementsAre("cancelled", "deadline_exceeded", "3"));
  EXPECT_THAT(runs, ElementsAre(3, 1));
}

TEST_F(CompanyTest, ARequestOfMoreRowsRunsInPiecesAndOneOfFewerWhole) {
  Serve(Fine, {}, /*piece_rows=*/3);
  for (const auto& x : {std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}, std::vector<float>{1, 2, 3}}) {
    auto call = Call(x);
    call->more_follow = false;
    EXPECT_NE(service->Infer(0, std::move(call)), nullptr);
  }
  EXPECT_THAT(answers.by_call, ElementsAre("1 2 3 4 5 6 7 8", "1 2 3"));
  EXPECT_THAT(runs, ElementsAre(3, 3, 2, 3));
}

TEST_F(CompanyTest, AfterTheLimitOfTheRunNobodyRunsAgain) {
  Serve(
      [&](std::span<const float>) {
        clock.Advance(milliseconds(100));
        return MakeError(Reason::kDeadlineExceeded, "ended");
      },
      milliseconds(100));
  for (const float x : {1, 2, 3}) Ask(Call(x));
  service->RunGathered(0);
  EXPECT_THAT(answers.by_call,
              ElementsAre("deadline_exceeded", "deadline_exceeded", "deadline_exceeded"));
  EXPECT_THAT(runs, ElementsAre(3));
}

TEST_F(CompanyTest, AnAnswerThatCannotBeWrittenTakesNoOtherAlong) {
  Serve(Fine);
  auto first = Call(1);
  first->cannot_be_written = true;
  Ask(std::move(first));
  Ask(Call(2));
  service->RunGathered(0);
  Ask(Call(3));
  Ask(Call(4));
  service->RunGathered(0);
  EXPECT_THAT(answers.by_call, ElementsAre("none", "2", "3", "4"));
}

}  // namespace
}  // namespace slipway::routing
