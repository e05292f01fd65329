#include "lifecycle/manager.h"

#include <future>
#include <latch>

#include "engine/testing/fake_engine.h"
#include "lifecycle/testing/model_folder.h"

namespace slipway::lifecycle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeEngine;
using testing::ModelFolder;

struct ManagerTest : ::testing::Test {
  ModelFolder folder{std::filesystem::path(::testing::TempDir()) /
                     (std::string("manager_test.") +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name())};
  SteadyClock clock;
  Registry registry;
  LifecycleMetrics metrics{registry};
  std::shared_ptr<FakeEngine> engine = std::make_shared<FakeEngine>();
  batching::WorkerPool pool{1};
  std::unique_ptr<Manager> manager;

  void Start(ManagerOptions options) {
    options.poll_interval = milliseconds(1);
    LoaderOptions loader_options;
    loader_options.probe = false;
    auto loader = std::make_unique<Loader>(loader_options, engine, VerifiedStore("", "fake"), pool,
                                           metrics, clock);
    manager =
        std::make_unique<Manager>(std::move(options), folder.Sources(), std::move(loader), metrics);
    std::promise<void> settled;
    manager->Start([&] { settled.set_value(); });
    settled.get_future().wait();
  }

  /// "1,2" of the versions that are ready; "none".
  std::string Ready(const std::string& model) {
    const auto table = manager->table().Get();
    const auto entry = table->models.find(model);
    if (entry == table->models.end()) return "none";
    std::string text;
    for (const auto& version : entry->second->ready)
      text += (text.empty() ? "" : ",") + version->version;
    return text.empty() ? "none" : text;
  }

  /// What version `number` adds to its input.
  float Answer(const std::string& model, int64_t number) {
    const auto table = manager->table().Get();
    const ServedVersion& version = **table->models.at(model)->Find({number});
    const float values[2] = {0, 0};
    const Tensor x{DType::kFp32, {1, 2}, Buffer(std::as_bytes(std::span(values)))};
    const Tensor* inputs[] = {&x};
    const size_t outputs[] = {0};
    std::vector<Tensor> results;
    EXPECT_TRUE(version.model->Run(inputs, outputs, {}, results).ok());
    return results.at(0).as<float>()[0];
  }

  template <typename F>
  void Eventually(F&& holds) {
    const auto limit = std::chrono::steady_clock::now() + seconds(10);
    while (!holds() && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(holds());
  }

  void LookAgain() {
    std::promise<void> looked;
    manager->LookAgain([&] { looked.set_value(); });
    looked.get_future().wait();
  }

  using Done = std::function<void(Status)>;
  using Later = std::function<void(Done)>;
  Status AnswerOf(const Later& request) {
    std::promise<Status> answered;
    request([&](Status status) { answered.set_value(std::move(status)); });
    return answered.get_future().get();
  }
  Status Ask(void (Manager::*request)(std::string, Done), const std::string& model) {
    return AnswerOf([&](Done done) { (manager.get()->*request)(model, std::move(done)); });
  }
  Status Ask(void (Manager::*request)(std::string, VersionNumber, Done), const std::string& model,
             VersionNumber version) {
    return AnswerOf([&](Done done) { (manager.get()->*request)(model, version, std::move(done)); });
  }
  Status Serve(const std::vector<WantedModel>& models) {
    return AnswerOf([&](Done done) { manager->Serve(models, std::move(done)); });
  }

  /// The version that answers who names none; 0 = none does.
  int64_t Default(const std::string& model) {
    const auto table = manager->table().Get();
    const VersionHandle* const version = table->models.at(model)->Default();
    return version == nullptr ? 0 : (**version).number.value;
  }

  /// Versions 1 to 3 of "wine", the last two of which are served on request.
  void StartWithVersions() {
    for (const int number : {1, 2, 3}) folder.Put("wine", number, 10 * number);
    folder.Change("wine", [](repository::FoundModel& found) {
      found.config.version_policy = {.latest = 2};
      found.aliases["stable"] = {2};
    });
    Start({.control = ModelControl::kExplicit, .load_at_start = {"wine"}});
    EXPECT_EQ(Ready("wine"), "2,3");
  }
};

TEST_F(ManagerTest, ServesTheNewestVersionAtStart) {
  folder.Put("wine", 1, 10);
  folder.Put("wine", 2, 20);
  Start({});
  EXPECT_EQ(Ready("wine"), "2");
  EXPECT_EQ(Answer("wine", 2), 20);
  EXPECT_TRUE(manager->table().Get()->settled);
}

TEST_F(ManagerTest, ANewVersionTakesOverAndTheOldOneLeavesMemory) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  folder.Put("wine", 2, 20);
  Eventually([&] { return Ready("wine") == "2"; });
  Eventually([&] { return engine->counts().live_models == 1; });
}

TEST_F(ManagerTest, AVersionInUseStaysUntilItsLastHolderLetsGo) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  VersionHandle held = *manager->table().Get()->models.at("wine")->Find({1});
  folder.Put("wine", 2, 20);
  Eventually([&] { return Ready("wine") == "2"; });
  EXPECT_EQ(engine->counts().live_models, 2);
  held.reset();
  Eventually([&] { return engine->counts().live_models == 1; });
}

TEST_F(ManagerTest, AVersionThatFailsToLoadNeverCostsTheOneThatWorks) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  engine->FailNextLoads(1);
  folder.Put("wine", 2, 20);
  const auto refused = [&] {
    const auto table = manager->table().Get();
    const auto& versions = table->models.at("wine")->versions;
    return versions.size() == 2 && versions[1].state == VersionState::kUnavailable &&
           !versions[1].reason.empty();
  };
  Eventually(refused);
  EXPECT_EQ(Ready("wine"), "1");
  EXPECT_NE(registry.Scrape().find("slipway_model_load_failures_total{"), std::string::npos);
  folder.Put("wine", 2, 30);  // replaced by a good one
  Eventually([&] { return Ready("wine") == "2"; });
  EXPECT_EQ(Answer("wine", 2), 30);
}

TEST_F(ManagerTest, AVersionWhoseWarmUpFailsNeverTakesTraffic) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  engine->FailNextRuns(1);
  folder.Put("wine", 2, 20);
  Eventually([&] {
    return manager->table().Get()->models.at("wine")->versions.size() == 2 &&
           !manager->table().Get()->models.at("wine")->versions[1].reason.empty();
  });
  EXPECT_EQ(Ready("wine"), "1");
  EXPECT_EQ(engine->counts().live_models, 1);
}

TEST_F(ManagerTest, ContentThatChangesInPlaceIsLoadedAnew) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  folder.Put("wine", 1, 11);
  Eventually([&] { return Answer("wine", 1) == 11; });
  Eventually([&] { return engine->counts().live_models == 1; });
}

TEST_F(ManagerTest, AModelThatIsRemovedIsUnloaded) {
  folder.Put("wine", 1, 10);
  folder.Put("iris", 1, 10);
  Start({.control = ModelControl::kPoll});
  folder.Remove("wine");
  Eventually([&] { return Ready("wine") == "none"; });
  EXPECT_EQ(Ready("iris"), "1");
}

TEST_F(ManagerTest, AliasesAndPolicyFollowWithoutALoad) {
  folder.Put("wine", 1, 10);
  folder.Put("wine", 2, 20);
  Start({.control = ModelControl::kPoll});
  folder.Change("wine", [](repository::FoundModel& found) { found.aliases["stable"] = {2}; });
  Eventually([&] { return manager->table().Get()->models.at("wine")->aliases.contains("stable"); });
  EXPECT_EQ(engine->counts().loads, 1);
}

TEST_F(ManagerTest, AConfigurationThatBreaksLeavesWhatWorks) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  folder.Change("wine", [](repository::FoundModel& found) {
    found.problem = Error(Reason::kBadModel, "config.pbtxt:3: what is this?");
  });
  Eventually([&] { return !manager->table().Get()->models.at("wine")->problem.empty(); });
  EXPECT_EQ(Ready("wine"), "1");
}

TEST_F(ManagerTest, ExplicitControlLoadsAndUnloadsOnRequest) {
  folder.Put("wine", 1, 10);
  folder.Put("iris", 1, 10);
  Start({.control = ModelControl::kExplicit, .load_at_start = {"iris"}});
  EXPECT_EQ(Ready("iris"), "1");
  EXPECT_EQ(Ready("wine"), "none");
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  EXPECT_EQ(Ready("wine"), "1");
  EXPECT_EQ(ReasonOf(Ask(&Manager::Load, "beer")), Reason::kNotFound);
  EXPECT_TRUE(Ask(&Manager::Unload, "wine").ok());
  EXPECT_EQ(Ready("wine"), "none");
  EXPECT_EQ(ReasonOf(Ask(&Manager::Unload, "wine")), Reason::kNotFound);
  engine->FailNextLoads(1);
  EXPECT_EQ(ReasonOf(Ask(&Manager::Load, "wine")), Reason::kBadModel);
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
}

TEST_F(ManagerTest, AClientChoosesTheDefault) {
  StartWithVersions();
  EXPECT_EQ(Default("wine"), 3);
  EXPECT_TRUE(Ask(&Manager::SetDefault, "wine", {2}).ok());
  EXPECT_EQ(Default("wine"), 2);
  EXPECT_EQ(ReasonOf(Ask(&Manager::SetDefault, "wine", {1})), Reason::kNotFound);
  EXPECT_EQ(ReasonOf(Ask(&Manager::SetDefault, "iris", {1})), Reason::kNotFound);
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  EXPECT_EQ(Default("wine"), 2);
  EXPECT_TRUE(Ask(&Manager::Unload, "wine").ok());
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  EXPECT_EQ(Default("wine"), 3);
}

TEST_F(ManagerTest, ADefaultThatIsNotServedAnyMoreIsTheNewestAgain) {
  StartWithVersions();
  EXPECT_TRUE(Ask(&Manager::SetDefault, "wine", {2}).ok());
  folder.Put("wine", 4, 40);
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  EXPECT_EQ(Ready("wine"), "3,4");
  EXPECT_EQ(Default("wine"), 4);
}

TEST_F(ManagerTest, OneVersionOfSeveralIsUnloadedUntilTheModelIsLoadedAgain) {
  StartWithVersions();
  folder.Put("wine", 4, 40);  // which nobody asked for
  EXPECT_EQ(ReasonOf(Ask(&Manager::UnloadVersion, "wine", {3})), Reason::kForbidden);
  EXPECT_EQ(ReasonOf(Ask(&Manager::UnloadVersion, "wine", {1})), Reason::kNotFound);
  EXPECT_TRUE(Ask(&Manager::SetDefault, "wine", {2}).ok());
  EXPECT_TRUE(Ask(&Manager::UnloadVersion, "wine", {3}).ok());
  EXPECT_EQ(Ready("wine"), "2");
  Eventually([&] { return engine->counts().live_models == 1; });
  EXPECT_EQ(engine->counts().loads, 2);
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  EXPECT_EQ(Ready("wine"), "3,4");
}

TEST_F(ManagerTest, TheOnlyVersionIsTheModel) {
  StartWithVersions();
  EXPECT_TRUE(Ask(&Manager::UnloadVersion, "wine", {2}).ok());
  EXPECT_TRUE(Ask(&Manager::UnloadVersion, "wine", {3}).ok());
  EXPECT_EQ(Ready("wine"), "none");
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  EXPECT_EQ(Ready("wine"), "2,3");
}

TEST_F(ManagerTest, ServesWhatIsAskedForAndNothingElse) {
  StartWithVersions();
  folder.Put("iris", 1, 1);
  const repository::VersionPolicy all{.kind = repository::VersionPolicy::Kind::kAll};
  EXPECT_TRUE(Serve({{"iris"}, {"wine", all, {{"canary", {3}}, {"stable", {1}}}}}).ok());
  EXPECT_EQ(Ready("wine") + " " + Ready("iris"), "1,2,3 1");
  EXPECT_EQ(engine->counts().loads, 4);  // what was served already was left alone
  const auto aliases = manager->table().Get()->models.at("wine")->aliases;
  EXPECT_EQ(aliases.at("canary"), VersionNumber{3});
  EXPECT_EQ(aliases.at("stable"), VersionNumber{1});
  EXPECT_TRUE(Serve({WantedModel{"wine"}}).ok());
  EXPECT_EQ(Ready("wine") + " " + Ready("iris"), "2,3 none");
  EXPECT_EQ(manager->table().Get()->models.at("wine")->aliases.at("stable"), VersionNumber{2});
  EXPECT_TRUE(Serve({}).ok());
  EXPECT_EQ(Ready("wine"), "none");
}

TEST_F(ManagerTest, WhatIsNotThereChangesNothing) {
  StartWithVersions();
  using Policy = repository::VersionPolicy;
  const Policy missing{.kind = Policy::Kind::kSpecific, .specific = {{1}, {7}}};
  for (const WantedModel& wanted : std::vector<WantedModel>{
           {"nobody"}, {"wine", missing}, {"wine", Policy{}, {{"stable", {2}}}}}) {
    EXPECT_EQ(ReasonOf(Serve({wanted})), Reason::kNotFound);
    EXPECT_EQ(Ready("wine"), "2,3");
  }
}

TEST_F(ManagerTest, AModelThatIsAskedForAndBadIsTold) {
  StartWithVersions();
  folder.Put("iris", 1, 1);
  engine->FailNextLoads(1);
  const Status served = Serve({WantedModel{"iris"}, WantedModel{"wine"}});
  EXPECT_THAT(std::string(MessageOf(served)), ::testing::HasSubstr("model \"iris\""));
  EXPECT_EQ(Ready("wine"), "2,3");
}

TEST_F(ManagerTest, ExplicitControlNamesWhatLiesThereAndIsNotLoaded) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kExplicit});
  const auto states = [&] {
    LookAgain();
    std::string text;
    const auto table = manager->table().Get();
    for (const char* name : {"beer", "wine"})
      if (const auto model = table->models.find(name); model != table->models.end())
        for (const VersionStatus& version : model->second->versions)
          text += fmt::format("{} {} {} {}. ", name, version.number.value, NameOf(version.state),
                              version.reason);
    return text;
  };
  EXPECT_EQ(states(), "wine 1 UNAVAILABLE unloaded. ");
  folder.Put("beer", 3, 10);
  EXPECT_EQ(states(), "beer 3 UNAVAILABLE unloaded. wine 1 UNAVAILABLE unloaded. ");
  EXPECT_TRUE(Ask(&Manager::Load, "beer").ok());
  folder.Put("beer", 4, 10);  // what was asked for stays as it was then
  folder.Remove("wine");
  EXPECT_EQ(states(), "beer 3 READY . ");
  EXPECT_TRUE(Ask(&Manager::Unload, "beer").ok());
  EXPECT_EQ(states(), "beer 3 UNAVAILABLE unloaded. beer 4 UNAVAILABLE unloaded. ");
}

TEST_F(ManagerTest, ALookWaitsForNoLoad) {
  folder.Put("wine", 1, testing::FakeModel{.gated = true});
  Start({.control = ModelControl::kExplicit});
  engine->CloseGate();
  std::promise<Status> loaded;
  manager->Load("wine", [&](Status status) { loaded.set_value(std::move(status)); });
  const auto look = [&] {
    bool looked = false;
    manager->LookAgain([&] { looked = true; });
    return looked;
  };
  EXPECT_TRUE(look());
  engine->WaitForRunsAtGate(1);
  EXPECT_TRUE(look());
  engine->OpenGate();
  EXPECT_TRUE(loaded.get_future().get().ok());
}

TEST_F(ManagerTest, ManyWhoAskForALookShareOne) {
  std::atomic<int> tables{0};
  Start({.control = ModelControl::kExplicit, .on_change = [&] { ++tables; }});
  LookAgain();
  const int before = tables;
  LookAgain();
  const int of_one = tables - before;
  std::latch looked(100);
  folder.Put("wine", 1, 10);
  folder.Change("wine", [&](repository::FoundModel&) {  // no scan can end meanwhile
    for (int i = 0; i < 100; ++i) manager->LookAgain([&] { looked.count_down(); });
  });
  looked.wait();
  EXPECT_LE(tables, before + 3 * of_one);  // the second above, one in progress, one for the rest
}

TEST_F(ManagerTest, AStopAnswersWhoWaitsForALook) {
  Start({.control = ModelControl::kExplicit});
  folder.Put("wine", 1, 10);
  std::atomic<int> looked = 0;
  folder.Change("wine", [&](repository::FoundModel&) {
    for (int i = 0; i < 3; ++i) manager->LookAgain([&] { ++looked; });
    manager->BeginStop();
    EXPECT_EQ(looked, 3);
  });
}

// With thousands of models a table is made thousands of times: what did not change is not made
// anew.
TEST_F(ManagerTest, TablesShareTheEntriesOfModelsThatDidNotChange) {
  folder.Put("wine", 1, 10);
  folder.Put("iris", 1, 10);
  Start({.control = ModelControl::kExplicit, .load_at_start = {"iris"}});
  const auto before = manager->table().Get();
  EXPECT_TRUE(Ask(&Manager::Load, "wine").ok());
  const auto after = manager->table().Get();
  EXPECT_EQ(after->models.at("iris"), before->models.at("iris"));
  EXPECT_NE(after->models.at("wine"), before->models.at("wine"));
}

TEST_F(ManagerTest, ARefusedVersionThatIsRemovedLeavesTheMetrics) {
  folder.Put("wine", 1, 10);
  Start({.control = ModelControl::kPoll});
  engine->FailNextLoads(1);
  folder.Put("wine", 2, 20);
  const auto scraped = [&] {
    return registry.Scrape().find("slipway_model_load_failures_total{") != std::string::npos;
  };
  Eventually(scraped);
  folder.Remove("wine", 2);
  Eventually([&] { return !scraped(); });
}

TEST_F(ManagerTest, LoadsOnRequestAreRefusedUnlessExplicit) {
  folder.Put("wine", 1, 10);
  Start({});
  EXPECT_EQ(ReasonOf(Ask(&Manager::Unload, "wine")), Reason::kForbidden);
  EXPECT_EQ(ReasonOf(Ask(&Manager::Load, "wine")), Reason::kForbidden);
}

TEST_F(ManagerTest, ARefusalNamesNoFolderOfTheMachine) {
  Start({.control = ModelControl::kExplicit});
  folder.Put("wine", 1, 1);
  for (const auto& file : std::filesystem::directory_iterator(folder.path()))
    std::filesystem::remove(file);
  std::promise<Status> done;
  manager->Load("wine", [&](Status status) { done.set_value(std::move(status)); });
  const Status refused = done.get_future().get();
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(MessageOf(refused), ::testing::HasSubstr("wine.1"));
  EXPECT_THAT(MessageOf(refused), ::testing::Not(::testing::HasSubstr(folder.path().string())));
}

TEST_F(ManagerTest, AStopAnswersWhoWaitsForALoadAndDoesNotWaitForIt) {
  folder.Put("wine", 1, testing::FakeModel{.gated = true});
  folder.Put("iris", 1, 1);
  Start({.control = ModelControl::kExplicit});
  engine->CloseGate();
  std::promise<Status> in_progress, queued;
  manager->Load("wine", [&](Status status) { in_progress.set_value(std::move(status)); });
  engine->WaitForRunsAtGate(1);
  manager->Load("iris", [&](Status status) { queued.set_value(std::move(status)); });
  manager->BeginStop();
  EXPECT_EQ(ReasonOf(in_progress.get_future().get()), Reason::kDraining);
  EXPECT_EQ(ReasonOf(queued.get_future().get()), Reason::kDraining);
  EXPECT_EQ(ReasonOf(Ask(&Manager::Load, "iris")), Reason::kDraining);
  EXPECT_FALSE(manager->WaitUntilStopped(milliseconds(1)));
  engine->OpenGate();
  EXPECT_TRUE(manager->WaitUntilStopped(seconds(10)));
}

TEST_F(ManagerTest, OnceStoppedNothingChangesAnyMore) {
  std::atomic<int> changes{0};
  folder.Put("wine", 1, 1);
  Start({.control = ModelControl::kPoll, .on_change = [&] { ++changes; }});
  manager->Stop();
  const int before = changes;
  folder.Put("wine", 2, 2);
  manager->Unload("wine", [](const Status&) {});
  EXPECT_EQ(changes, before);
  EXPECT_EQ(Ready("wine"), "1");
  manager->Stop();
}

}  // namespace
}  // namespace slipway::lifecycle
