#include "lifecycle/loader.h"

#include "engine/testing/fake_engine.h"
#include "lifecycle/testing/model_folder.h"
#include "lifecycle/thread_choice.h"

namespace slipway::lifecycle {
namespace {

namespace fs = std::filesystem;
using testing::FakeEngine;
using testing::FakeModel;
using testing::ModelFolder;

constexpr int kProcessors = 4;

/// Threads of a model on a machine of four processors. A shell script is in the probe's place.
struct LoaderTest : ::testing::Test {
  const fs::path data = fs::path(::testing::TempDir()) /
                        (std::string("loader_test.") +
                         ::testing::UnitTest::GetInstance()->current_test_info()->name());
  ModelFolder folder{data / "models"};
  FakeClock clock;
  Registry registry;
  LifecycleMetrics metrics{registry};
  batching::WorkerPool pool{1};
  std::shared_ptr<FakeEngine> engine = std::make_shared<FakeEngine>(FakeEngine::Options{
      .burn = [this](int64_t us) { clock.Advance(std::chrono::microseconds(us)); }});
  VerifiedStore verified{data / "verified", "fake 1", kProcessors};
  LoaderOptions options;
  repository::FoundModel model{.name = *ModelName::Parse("m")};
  std::string digest;

  LoaderTest() {
    options.default_instances = 2 * kProcessors;
    options.probe_options.processors = kProcessors;
    ProbeSays("echo bad_model nobody was to ask");
  }
  ~LoaderTest() override { fs::remove_all(data); }

  void PutModel(Duration run) {
    folder.Put("m", 1, FakeModel{.burn_us = run / std::chrono::microseconds(1)});
    model = folder.Sources().front()->Scan()->front();
    digest = bundle::Open(model.versions[0].path).value()->digest();
  }
  void ProbeSays(const std::string& script) {
    fs::create_directories(data);
    options.probe_options.program = data / "probe";
    std::ofstream(options.probe_options.program) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(options.probe_options.program, fs::perms::owner_all);
  }
  void ProbePasses(const std::string& threads) {
    ProbeSays("echo ok " + digest + "; echo threads " + threads);
  }
  std::unique_ptr<ServedVersion> Load() {
    Loader loader(options, engine, verified, pool, metrics, clock);
    auto served = loader.Load(model, model.versions[0]);
    EXPECT_TRUE(served.ok()) << served.status();
    return served.ok() ? *std::move(served) : nullptr;
  }
  int ThreadsOfALoad() { return Load() ? engine->counts().threads : 0; }
};

/// A model whose engine has a quicker form of it.
struct PreparedLoaderTest : LoaderTest {
  PreparedLoaderTest() {
    engine = std::make_shared<FakeEngine>(FakeEngine::Options{.prepares = true});
    options.prepared = Store(data / "prepared");
    options.probe = false;
    PutModel({});
  }
  static std::shared_ptr<PreparedStore> Store(const fs::path& folder,
                                              PreparedStore::Limits limits = {.free_share = 0}) {
    return std::make_shared<PreparedStore>(folder, "fake 1", limits);
  }
  std::optional<size_t> KeptBytes() const {
    const auto form = options.prepared->Find(digest);
    return form ? std::optional(form->size()) : std::nullopt;
  }
  /// A server's life. @return how many models it had left to prepare.
  int LoadAndPrepare() {
    Loader loader(options, engine, verified, pool, metrics, clock);
    EXPECT_TRUE(loader.Load(model, model.versions[0]).ok());
    int prepared = 0;
    for (; loader.has_unprepared(); ++prepared) loader.PrepareNext();
    return prepared;
  }
  /// Loads of the prepared form in a server's life, which are its start's.
  int64_t PreparedLoads() {
    const int64_t before = engine->counts().prepared_loads;
    EXPECT_TRUE(Load());
    return engine->counts().prepared_loads - before;
  }
};

TEST_F(PreparedLoaderTest, TheNextStartLoadsThePreparedForm) {
  EXPECT_EQ(LoadAndPrepare(), 1);
  EXPECT_GT(KeptBytes(), 0u);
  EXPECT_EQ(PreparedLoads(), 1);
  EXPECT_EQ(LoadAndPrepare(), 0);
}

TEST_F(PreparedLoaderTest, TidiesUpAfterEveryLoadModelByModelAndThenOnce) {
  Loader loader(options, engine, verified, pool, metrics, clock);
  loader.TidyUp();  // after a start without models
  EXPECT_FALSE(loader.is_untidy());
  ASSERT_TRUE(loader.Load(model, model.versions[0]).ok());
  ASSERT_TRUE(loader.has_unprepared());
  loader.TidyUp();
  EXPECT_FALSE(loader.has_unprepared());
  EXPECT_GT(KeptBytes(), 0u);
  EXPECT_TRUE(loader.is_untidy());
  loader.TidyUp();
  EXPECT_FALSE(loader.is_untidy());
}

TEST_F(PreparedLoaderTest, AFormThatDoesNotLoadGivesWayToTheModel) {
  ASSERT_TRUE(options.prepared->Put(digest, Buffer::Own(std::string("no model"))).ok());
  EXPECT_EQ(PreparedLoads(), 1);
  EXPECT_EQ(KeptBytes(), 0u);
  EXPECT_EQ(LoadAndPrepare(), 0);
  EXPECT_EQ(PreparedLoads(), 0);
}

TEST_F(PreparedLoaderTest, AModelThatEndedTheProcessIsNotPreparedAgain) {
  ASSERT_TRUE(options.prepared->Refuse(digest).ok());
  EXPECT_EQ(LoadAndPrepare(), 0);
}

TEST_F(PreparedLoaderTest, WhatFailsToBePreparedIsNotTriedAgain) {
  Loader loader(options, engine, verified, pool, metrics, clock);
  ASSERT_TRUE(loader.Load(model, model.versions[0]).ok());
  engine->FailNextLoads(1);
  loader.PrepareNext();
  EXPECT_EQ(KeptBytes(), 0u);
  EXPECT_EQ(LoadAndPrepare(), 0);
}

TEST_F(PreparedLoaderTest, FilesThatChangedSinceAreNotPrepared) {
  Loader loader(options, engine, verified, pool, metrics, clock);
  ASSERT_TRUE(loader.Load(model, model.versions[0]).ok());
  std::ofstream(model.versions[0].path) << FakeModel{.add = 7}.Serialize();
  loader.PrepareNext();
  EXPECT_EQ(KeptBytes(), std::nullopt);
}

TEST_F(PreparedLoaderTest, AShortDiskIsAskedAgain) {
  options.prepared = Store(data / "prepared", {.free_share = 1});
  EXPECT_EQ(LoadAndPrepare(), 1);
  EXPECT_EQ(KeptBytes(), std::nullopt);
  options.prepared = Store(data / "prepared");
  EXPECT_EQ(LoadAndPrepare(), 1);
  EXPECT_GT(KeptBytes(), 0u);
}

TEST_F(PreparedLoaderTest, LargeModelsAreNot) {
  options.prepared = Store(data / "prepared", {.model_bytes = 10, .free_share = 0});
  EXPECT_EQ(LoadAndPrepare(), 0);
}

TEST_F(LoaderTest, ANewModelHasTheThreadsThatItsProbeFound) {
  PutModel(std::chrono::milliseconds(5));
  ProbePasses("2");
  const auto served = Load();
  ASSERT_TRUE(served);
  EXPECT_EQ(engine->counts().threads, 2);
  EXPECT_EQ(served->instances, InstancesFor(2, kProcessors));
  EXPECT_EQ(verified.Find(digest)->threads, 2);
}

TEST_F(LoaderTest, AKnownModelHasThemWithoutAProbe) {
  PutModel(std::chrono::milliseconds(5));
  ASSERT_TRUE(verified.Add(digest, {.threads = 4}).ok());
  EXPECT_EQ(ThreadsOfALoad(), 4);
  EXPECT_EQ(engine->counts().loads, 1);
}

TEST_F(LoaderTest, OneThreadLeavesTheInstancesAsTheyAre) {
  PutModel(std::chrono::milliseconds(5));
  ASSERT_TRUE(verified.Add(digest, {.threads = 1}).ok());
  const auto served = Load();
  ASSERT_TRUE(served);
  EXPECT_EQ(served->instances, options.default_instances);
}

TEST_F(LoaderTest, InstancesOfTheModelsConfigurationWin) {
  PutModel(std::chrono::milliseconds(5));
  ASSERT_TRUE(verified.Add(digest, {.threads = 4}).ok());
  model.config.instance_count = 3;
  const auto served = Load();
  ASSERT_TRUE(served);
  EXPECT_EQ(served->instances, 3);
}

TEST_F(LoaderTest, ConfiguredThreadsWinOverMeasuredOnes) {
  PutModel(std::chrono::milliseconds(5));
  ASSERT_TRUE(verified.Add(digest, {.threads = 4}).ok());
  options.probe_options.processors = 1;
  options.engine.intra_op_threads = 3;
  const auto served = Load();
  ASSERT_TRUE(served);
  EXPECT_EQ(engine->counts().threads, 3);
  EXPECT_EQ(served->instances, options.default_instances);
}

TEST_F(LoaderTest, WithConfiguredThreadsNoneAreRemembered) {
  PutModel(std::chrono::milliseconds(5));
  ProbePasses("1");
  options.probe_options.processors = 1;
  ASSERT_TRUE(Load());
  ASSERT_TRUE(verified.Find(digest));
  EXPECT_EQ(verified.Find(digest)->threads, std::nullopt);
}

TEST_F(LoaderTest, WithoutAProbeEveryModelHasOneThread) {
  PutModel(std::chrono::milliseconds(5));
  options.probe = false;
  EXPECT_EQ(ThreadsOfALoad(), 1);
}

TEST_F(LoaderTest, AKnownModelOfLongRunsIsMeasuredWhenItHasNotBeen) {
  PutModel(kWorthThreads);
  ASSERT_TRUE(verified.Add(digest, {}).ok());
  ProbePasses("4");
  EXPECT_EQ(ThreadsOfALoad(), 4);
  EXPECT_EQ(verified.Find(digest)->threads, 4);
}

TEST_F(LoaderTest, AKnownModelOfShortRunsIsNot) {
  PutModel(kWorthThreads - std::chrono::microseconds(1));
  ASSERT_TRUE(verified.Add(digest, {}).ok());
  EXPECT_EQ(ThreadsOfALoad(), 1);
  EXPECT_EQ(engine->counts().loads, 1);
}

TEST_F(LoaderTest, ABusyMachineIsAskedAgainAtTheNextLoad) {
  PutModel(std::chrono::milliseconds(5));
  ProbePasses("unknown");
  EXPECT_EQ(ThreadsOfALoad(), 1);
  EXPECT_EQ(verified.Find(digest)->threads, std::nullopt);
  ProbePasses("2");
  EXPECT_EQ(ThreadsOfALoad(), 2);
}

TEST_F(LoaderTest, AMeasurementThatFailsCostsAKnownModelNothingButThreads) {
  PutModel(std::chrono::milliseconds(5));
  ASSERT_TRUE(verified.Add(digest, {}).ok());
  for (const char* script : {"kill -KILL $$", "exec sleep 1000"}) {
    ProbeSays(script);
    EXPECT_EQ(ThreadsOfALoad(), 1);
    EXPECT_EQ(verified.Find(digest)->threads, std::nullopt);
  }
}

}  // namespace
}  // namespace slipway::lifecycle
