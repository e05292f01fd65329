#include "engine/testing/fake_engine.h"

#include <thread>

#include "engine/testing/conformance.h"

namespace slipway::testing {
namespace {

struct MakeFake {
  static std::unique_ptr<Engine> Make() { return std::make_unique<FakeEngine>(); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, EngineConformanceTest, MakeFake);

ModelBytes BytesOf(const std::string& model) { return {std::as_bytes(std::span(model)), {}}; }

struct Loaded {
  explicit Loaded(FakeEngine& engine, const FakeModel& fake) : bytes(fake.Serialize()) {
    auto loaded = engine.Load(BytesOf(bytes), {});
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    model = *std::move(loaded);
  }
  Status Run(RunOptions options = {}) {
    const float values[] = {1, 2};
    const Tensor x{DType::kFp32, {1, 2}, Buffer(std::as_bytes(std::span(values)))};
    const Tensor* inputs[] = {&x};
    const size_t outputs[] = {0};
    return model->Run(inputs, outputs, options, results);
  }
  std::string bytes;
  std::unique_ptr<LoadedModel> model;
  std::vector<Tensor> results;
};

TEST(FakeEngineTest, AnswersWithItsInputsPlusItsMarker) {
  FakeEngine engine;
  Loaded version2(engine, {.add = 20});
  ASSERT_TRUE(version2.Run().ok());
  EXPECT_THAT(version2.results[0].as<float>(), ::testing::ElementsAre(21, 22));
  EXPECT_EQ(engine.counts().runs, 1);
  EXPECT_EQ(engine.counts().live_models, 1);
}

TEST(FakeEngineTest, FailsAsOftenAsItWasTold) {
  FakeEngine engine;
  Loaded fake(engine, {});
  engine.FailNextRuns(1);
  EXPECT_EQ(ReasonOf(fake.Run()), Reason::kInternal);
  EXPECT_TRUE(fake.Run().ok());
  engine.FailNextLoads(1);
  EXPECT_EQ(ReasonOf(engine.Load(BytesOf(fake.bytes), {}).status()), Reason::kBadModel);
  EXPECT_TRUE(engine.Load(BytesOf(fake.bytes), {}).ok());
}

TEST(FakeEngineTest, GatedRunsWaitForTheGateOrTheirDeadline) {
  FakeEngine engine;
  engine.CloseGate();
  Loaded fake(engine, {.gated = true});
  Status waited;
  std::jthread runner([&] { waited = fake.Run(); });
  engine.WaitForRunsAtGate(1);
  EXPECT_EQ(engine.counts().runs, 0);
  engine.OpenGate();
  runner.join();
  EXPECT_TRUE(waited.ok()) << waited;
  engine.CloseGate();
  EXPECT_EQ(ReasonOf(fake.Run({.deadline = SteadyClock().Now()})), Reason::kDeadlineExceeded);
}

TEST(FakeEngineTest, BurnsTheTimeItsModelAsksFor) {
  int64_t burnt = 0;
  FakeEngine engine({.burn = [&](int64_t us) { burnt += us; }});
  Loaded fake(engine, {.burn_us = 250});
  ASSERT_TRUE(fake.Run().ok());
  EXPECT_EQ(burnt, 250);
}

}  // namespace
}  // namespace slipway::testing
