#include "engine/choice/choice_engine.h"

#include "engine/testing/fake_engine.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

/// Takes no model, for the reason given.
class Refusing final : public Engine {
 public:
  explicit Refusing(Reason reason) : reason_(reason) {}
  std::string_view name() const override { return "refusing"; }
  std::string_view version() const override { return "1"; }
  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes&, const LoadOptions&) override {
    return Error(reason_, "not this one");
  }

 private:
  const Reason reason_;
};

EngineCandidate Refuses(Reason reason) {
  return {"refusing", "1", [reason]() -> StatusOr<std::unique_ptr<Engine>> {
            return std::make_unique<Refusing>(reason);
          }};
}

std::string AnyModel() {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  return b.Node("Identity", {"x"}, {"y"}).Serialize();
}

struct Fake {
  int made = 0;
  EngineCandidate candidate() {
    return {"fake", "2", [this]() -> StatusOr<std::unique_ptr<Engine>> {
              ++made;
              return std::make_unique<FakeEngine>();
            }};
  }
};

TEST(ChoiceEngineTest, TheNextIsAskedWhenAModelIsUnsupportedAndTheModelSaysWhy) {
  Fake fake;
  const auto engine = CreateChoiceEngine({Refuses(Reason::kUnsupported), fake.candidate()});
  const auto model = LoadModel(*engine, AnyModel());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->origin().engine, "fake");
  EXPECT_EQ((*model)->origin().version, "2");
  EXPECT_EQ((*model)->origin().declined, "refusing: not this one");
}

TEST(ChoiceEngineTest, NobodyIsAskedAfterTheOneThatAloneRunsAModel) {
  Fake fake;
  EngineCandidate refuses = Refuses(Reason::kUnsupported);
  refuses.alone_runs = [](const ModelBytes&) { return true; };
  const auto engine = CreateChoiceEngine({std::move(refuses), fake.candidate()});
  const auto status = LoadModel(*engine, AnyModel()).status();
  EXPECT_EQ(ReasonOf(status), Reason::kUnsupported);
  EXPECT_EQ(MessageOf(status),
            "the model needs the engine refusing, which refuses it: not this one");
  EXPECT_EQ(fake.made, 0);
}

TEST(ChoiceEngineTest, AnEngineIsMadeOnceAndOnlyWhenItIsNeeded) {
  Fake first, second;
  const auto engine = CreateChoiceEngine({first.candidate(), second.candidate()});
  EXPECT_EQ(first.made, 0);
  ASSERT_TRUE(LoadModel(*engine, AnyModel()).ok());
  ASSERT_TRUE(LoadModel(*engine, AnyModel()).ok());
  EXPECT_EQ(first.made, 1);
  EXPECT_EQ(second.made, 0);
}

TEST(ChoiceEngineTest, OnlyTheLastJudgesAModelBad) {
  Fake fake;
  const auto engine = CreateChoiceEngine({Refuses(Reason::kBadModel), fake.candidate()});
  const auto model = LoadModel(*engine, AnyModel());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->origin().declined, "refusing: not this one");
  const auto strict = CreateChoiceEngine({fake.candidate(), Refuses(Reason::kBadModel)});
  EXPECT_TRUE(LoadModel(*strict, AnyModel()).ok());
  const auto all = CreateChoiceEngine({Refuses(Reason::kUnsupported), Refuses(Reason::kBadModel)});
  EXPECT_EQ(ReasonOf(LoadModel(*all, AnyModel()).status()), Reason::kBadModel);
}

TEST(ChoiceEngineTest, ALimitOfMemoryIsFinal) {
  Fake fake;
  const auto engine = CreateChoiceEngine({Refuses(Reason::kTooLarge), fake.candidate()});
  EXPECT_EQ(ReasonOf(LoadModel(*engine, AnyModel()).status()), Reason::kTooLarge);
  EXPECT_EQ(fake.made, 0);
}

TEST(ChoiceEngineTest, ItsNameIsThatOfAll) {
  Fake fake;
  const auto engine = CreateChoiceEngine({Refuses(Reason::kUnsupported), fake.candidate()});
  EXPECT_EQ(engine->name(), "refusing+fake");
  EXPECT_EQ(engine->version(), "1+2");
}

}  // namespace
}  // namespace slipway::testing
