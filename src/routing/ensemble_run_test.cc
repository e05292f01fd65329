// Ensembles under every interleaving of steps that run at once and steps that are queued.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <latch>
#include <thread>

#include "routing/infer_service.h"

namespace slipway::routing {
namespace {

using lifecycle::ModelEntry;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;
using testing::HasSubstr;

constexpr int kLoops = 3;

TensorSpec Floats(std::string name) {
  return {.name = std::move(name), .dtype = DType::kFp32, .shape = {1}};
}

/// x -> y = x + 1; refuses 1000.
class AddOne final : public LoadedModel {
 public:
  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t>, const RunOptions&,
             std::vector<Tensor>& results) const override {
    const float y = inputs[0]->as<float>()[0] + 1;
    if (y == 1001) return MakeError(Reason::kBadRequest, "1000 is too much");
    results = {{DType::kFp32, {1}, Buffer::Own(std::string(reinterpret_cast<const char*>(&y), 4))}};
    return OkStatus();
  }

 private:
  const Signature signature_{{Floats("x")}, {Floats("y")}};
};

struct Answer {
  Status status;
  float value = 0;
  std::string model;
};

class TestCall final : public InferCall {
 public:
  explicit TestCall(float x) : x_(x) {
    request.model = "e";
    request.inputs = {{"t0", {DType::kFp32, {1}, std::as_bytes(std::span(&x_, 1))}}};
  }
  std::future<Answer> answer() { return answer_.get_future(); }
  std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);

  std::shared_ptr<const std::atomic<bool>> Detach() override { return gone; }
  Status Done(const Status& status, const ServedVersion* version) override {
    Answer answer{.model = version != nullptr ? version->name.str() : ""};
    // A status that no other thread shares: ThreadSanitizer does not see Abseil count references.
    if (status.ok())
      answer.value = response.outputs.at(0).tensor.as<float>()[0];
    else
      answer.status = MakeError(ReasonOf(status), MessageOf(status));
    answer_.set_value(std::move(answer));
    return status;
  }

 private:
  const float x_;
  std::promise<Answer> answer_;
};

/// Keeps a thread of the pool.
struct Blocker final : batching::Job {
  explicit Blocker(std::latch& until) : go(until) { size = {.rows = 1, .row_bytes = 4}; }
  batching::RunOutcome Run() override {
    go.wait();
    return {};
  }
  bool CanJoin(const Job&) const override { return false; }
  batching::RunOutcome RunWith(std::span<const std::unique_ptr<Job>>) override { return {}; }
  void Drop(const Status&) override {}
  std::latch& go;
};

struct EnsembleRunTest : ::testing::Test {
  static constexpr int kSteps = 5;
  SteadyClock clock;
  Registry registry;
  LifecycleMetrics metrics{registry};
  std::shared_ptr<ServingTable> next = std::make_shared<ServingTable>();
  Snapshot<ServingTable> table{nullptr};
  std::vector<std::unique_ptr<InferService>> services;  // the last one is asked
  Duration known{};                                     // what a step takes; 0: nobody knows
  batching::WorkerPool pool{2};                         // ends before what its threads count in

  void Add(std::unique_ptr<ServedVersion> version) {
    version->metrics = metrics.ForVersion(version->name.str(), version->version);
    auto entry = std::make_shared<ModelEntry>();
    entry->name = version->name.str();
    entry->ready = {std::move(version)};
    next->models[entry->name] = entry;
  }

  static std::unique_ptr<ServedVersion> Version(const std::string& name, Signature signature) {
    return std::make_unique<ServedVersion>(ServedVersion{.name = *ModelName::Parse(name),
                                                         .number = {1},
                                                         .version = "1",
                                                         .signature = std::move(signature)});
  }

  /// Members m0 … m4, every `queued`-th of which never runs on the thread that asks; 0: none.
  void Serve(int queued) {
    auto ensemble = Version("e", {{Floats("t0")}, {Floats(fmt::format("t{}", kSteps))}});
    for (int i = 0; i < kSteps; ++i) {
      const std::string name = fmt::format("m{}", i);
      auto member = Version(name, {{Floats("x")}, {Floats("y")}});
      member->model = std::make_unique<AddOne>();
      batching::ModelQueueOptions options;
      options.instances = 4;
      if (queued > 0 && i % queued == 0) options.admission.inline_limit = Duration(-1);
      const auto cost = std::make_shared<batching::CostModel>();
      for (int run = 0; run < 3 && known > Duration::zero(); ++run)
        cost->Observe({.rows = 1, .row_bytes = 4}, known);
      member->queue = std::make_shared<batching::ModelQueue>(options, pool, clock, cost);
      Add(std::move(member));
      ensemble->config.ensemble.push_back({.model = name,
                                           .version = "",
                                           .inputs = {{"x", fmt::format("t{}", i)}},
                                           .outputs = {{"y", fmt::format("t{}", i + 1)}},
                                           .line = 0});
    }
    Add(std::move(ensemble));
    next->settled = true;
    table.Replace(next);
    services.push_back(std::make_unique<InferService>(InferServiceOptions{}, table, kLoops, clock));
  }

  Answer Ask(int loop, float x, Duration time = {}) {
    auto call = std::make_unique<TestCall>(x);
    call->request.context.received = clock.Now();
    if (time > Duration::zero()) call->request.context.deadline = clock.Now() + time;
    auto answer = call->answer();
    services.back()->Infer(loop, std::move(call));
    return answer.get();
  }

  const ServedVersion& Served(const std::string& name) { return *next->models[name]->ready[0]; }
};

TEST_F(EnsembleRunTest, EveryRequestGetsItsOwnAnswerWhereverItsStepsRun) {
  for (const int queued : {0, 1, 2, 3}) {
    Serve(queued);
    std::vector<std::jthread> loops;
    for (int loop = 0; loop < kLoops; ++loop)
      loops.emplace_back([this, loop] {
        for (int i = 0; i < 300; ++i) {
          const auto x = static_cast<float>(2000 * loop + i);
          const Answer answer = Ask(loop, x);
          EXPECT_TRUE(answer.status.ok()) << answer.status;
          EXPECT_EQ(answer.value, x + kSteps);
        }
      });
  }
}

TEST_F(EnsembleRunTest, TheFirstStepThatFailsIsNamedAndNoneFollows) {
  for (const int queued : {0, 1}) {
    Serve(queued);
    const auto runs_before = Served("m3").metrics->Snapshot().execution_count;
    const Answer answer = Ask(0, 998);  // 999 after the first, 1000 after the second
    EXPECT_EQ(ReasonOf(answer.status), Reason::kBadRequest);
    EXPECT_THAT(std::string(MessageOf(answer.status)),
                HasSubstr("step 3 of ensemble \"e\", model \"m2\": "));
    EXPECT_EQ(answer.model, "e");
    EXPECT_EQ(Served("m3").metrics->Snapshot().execution_count, runs_before);
  }
}

TEST_F(EnsembleRunTest, AMemberThatIsNotServedIsMissedBeforeAnyStepRuns) {
  Serve(0);
  next = std::make_shared<ServingTable>(*next);
  next->models.erase("m4");
  table.Replace(next);
  const Answer answer = Ask(0, 1);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kLoading);
  EXPECT_THAT(std::string(MessageOf(answer.status)), HasSubstr("step 5 of ensemble \"e\""));
  EXPECT_EQ(Served("m0").metrics->Snapshot().execution_count, 0u);
}

TEST_F(EnsembleRunTest, AStepThatNamesNoVersionRunsTheNewestWhateverTheDefaultIs) {
  Serve(0);
  auto chosen = Version("m0", {{Floats("x")}, {Floats("y")}});
  chosen->number = {9};
  chosen->version = "9";
  chosen->metrics = metrics.ForVersion("m0", "9");
  chosen->model = std::make_unique<AddOne>();
  chosen->queue =
      std::make_shared<batching::ModelQueue>(batching::ModelQueueOptions{}, pool, clock);
  const auto of_chosen = chosen->metrics;
  auto entry = std::make_shared<ModelEntry>(*next->models["m0"]);
  entry->ready.insert(entry->ready.begin(), std::move(chosen));
  entry->default_version = {9};
  next = std::make_shared<ServingTable>(*next);
  next->models["m0"] = entry;
  table.Replace(next);
  EXPECT_TRUE(Ask(0, 1).status.ok());
  EXPECT_EQ(entry->ready.back()->metrics->Snapshot().execution_count, 1u);
  EXPECT_EQ(of_chosen->Snapshot().execution_count, 0u);
}

TEST_F(EnsembleRunTest, NoStepRunsForAClientThatHasGone) {
  Serve(0);
  auto call = std::make_unique<TestCall>(1.0f);
  call->request.context.received = clock.Now();
  call->gone->store(true);
  auto answer = call->answer();
  services.back()->Infer(0, std::move(call));
  EXPECT_EQ(ReasonOf(answer.get().status), Reason::kCancelled);
  EXPECT_EQ(Served("m0").metrics->Snapshot().execution_count, 0u);
}

TEST_F(EnsembleRunTest, WhatItsStepsTogetherCannotDoInTimeIsNotBegun) {
  known = std::chrono::seconds(30);
  Serve(0);
  const Answer answer = Ask(0, 1, std::chrono::seconds(149));
  EXPECT_EQ(ReasonOf(answer.status), Reason::kOverloaded);
  EXPECT_EQ(
      MessageOf(answer.status),
      "step 1 of ensemble \"e\", model \"m0\": it and the steps after it would finish in about "
      "150000 ms, after the deadline");
  EXPECT_EQ(Served("m0").metrics->Snapshot().execution_count, 0u);
  EXPECT_TRUE(Ask(0, 1, std::chrono::seconds(1000)).status.ok());
}

TEST_F(EnsembleRunTest, WhatWaitsForALaterStepCounts) {
  known = std::chrono::milliseconds(30);
  Serve(0);
  std::latch go(1);
  for (int i = 0; i < 60; ++i) {
    std::unique_ptr<batching::Job> job = std::make_unique<Blocker>(go);
    ASSERT_TRUE(Served("m4").queue->Enqueue(job).ok());
  }
  const Answer answer = Ask(0, 1, std::chrono::milliseconds(300));
  EXPECT_EQ(ReasonOf(answer.status), Reason::kOverloaded);
  EXPECT_EQ(answer.model, "e");
  go.count_down();
  pool.Stop();
}

TEST_F(EnsembleRunTest, WhatLooksTooSlowIsTriedNowAndThenThroughAllSteps) {
  known = std::chrono::seconds(30);
  Serve(0);
  int answered = 0;
  for (int i = 0; i < 64; ++i) answered += Ask(0, 1, std::chrono::seconds(100)).status.ok() ? 1 : 0;
  EXPECT_EQ(answered, 4);
}

TEST_F(EnsembleRunTest, AnEndOfThePoolEndsWhatWaits) {
  Serve(1);
  pool.Stop();
  const Answer answer = Ask(0, 1);
  EXPECT_EQ(ReasonOf(answer.status), Reason::kDraining);
}

}  // namespace
}  // namespace slipway::routing
