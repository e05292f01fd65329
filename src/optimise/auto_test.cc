#include "optimise/auto.h"

#include "evaluate/testing/fake_runner.h"
#include "onnx/builder.h"
#include "optimise/graph.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Signature kSignature{{{"x", DType::kFp32, {-1, 40}}}, {{"y", DType::kFp32, {-1, 40}}}};

/// x · w, and an Identity that goes: what is left is tried in fewer bits.
std::string Model() {
  onnx::Builder b;
  b.Opset("", 21).Input("x", DType::kFp32, {-1, 40}).Output("y", DType::kFp32, {-1, 40});
  b.Constant<float>("w", {40, 40}, std::vector<float>(1600, 0.5F));
  b.Node("Identity", {"x"}, {"a"}).Node("MatMul", {"a", "w"}, {"y"});
  return b.Serialize();
}

/// Models that answer what they are asked; one of bytes that are INT8 in a fifth of the time.
struct Situation {
  FakeClock clock;
  Rows rows;
  Workshop workshop;
  AutoOptions options;

  Situation() {
    rows.count = 2;
    rows.inputs.push_back(
        {"x", evaluate::TensorOf(DType::kFp32, {2, 40}, std::vector<float>(80, 1))});
    workshop.load = [this](std::string onnx) -> StatusOr<std::unique_ptr<evaluate::Runner>> {
      const bool fast = onnx.find("MatMulInteger") != std::string::npos;
      return std::make_unique<evaluate::FakeRunner>(
          kSignature, [this, fast](std::vector<NamedTensor> inputs, const auto&) {
            clock.Advance(std::chrono::microseconds(fast ? 200 : 1'000));
            return std::vector<NamedTensor>{{"y", inputs.front().tensor}};
          });
    };
    options.optimise.clock = &clock;
    options.side_by_side.clock = &clock;
  }

  StatusOr<AutoChoice> Choose(Gatekeeper gate) {
    options.gate = std::move(gate);
    const std::string model = Model();
    return ChooseBest({std::as_bytes(std::span(model)), {}}, kSignature, {rows, {}, {}}, workshop,
                      options);
  }
};

Gatekeeper Refusing(std::vector<std::string> names) {
  return [names = std::move(names)](const Standing&, const Standing& now) -> StatusOr<std::string> {
    return std::ranges::count(names, now.name) > 0 ? "too little" : "";
  };
}

TEST(AutoTest, TheLineageNamesThePassesThatDidSomething) {
  Situation situation;
  const auto choice = situation.Choose(Refusing({}));
  ASSERT_TRUE(choice.ok()) << choice.status();
  EXPECT_EQ(choice->passes, "drop-no-ops,quantise-dynamic");
}

TEST(AutoTest, WhereWhatKeepsAnswersIsRefusedTheFastestOfTheOthersIsTaken) {
  Situation situation;
  situation.options.least_speed_up = 10;  // nothing is as fast
  const auto choice = situation.Choose(Refusing({"keeping all answers"}));
  ASSERT_TRUE(choice.ok()) << choice.status();
  EXPECT_EQ(choice->trials[choice->chosen].standing.name, "quantise-dynamic");
  EXPECT_THAT(choice->why, Not(HasSubstr("nothing else")));
}

TEST(AutoTest, TheFrontIsOfModelsThatNoOtherIsBetterThan) {
  Situation situation;
  const auto choice = situation.Choose(Refusing({"half"}));
  ASSERT_TRUE(choice.ok()) << choice.status();
  std::map<std::string, bool> on_front;
  size_t least = SIZE_MAX;
  for (const Trial& trial : choice->trials) {
    on_front[trial.standing.name] = trial.on_front;
    if (trial.refused.empty()) least = std::min(least, trial.standing.size_bytes);
  }
  // All answer alike, and INT8 takes a fifth of the time of the others.
  EXPECT_TRUE(on_front.at("quantise-dynamic"));
  EXPECT_FALSE(on_front.at("original"));
  EXPECT_FALSE(on_front.at("half")) << "refused";
  for (const Trial& trial : choice->trials)
    if (trial.standing.name != "quantise-dynamic")
      EXPECT_EQ(trial.on_front, trial.refused.empty() && trial.standing.size_bytes == least)
          << trial.standing.name;
}

TEST(AutoTest, WhereTheGateLetsNothingThroughThatIsSaid) {
  Situation situation;
  const auto all = [](const Standing&, const Standing&) -> StatusOr<std::string> { return "bad"; };
  const auto choice = situation.Choose(all);
  EXPECT_EQ(ReasonOf(choice.status()), Reason::kPreconditionFailed);
  EXPECT_EQ(MessageOf(choice.status()), "the gate says no: bad");
}

/// A slow model: of 25 calls one takes 60 ms, the others 6 ms.
struct SlowModel {
  FakeClock clock;
  int calls = 0;
  Workshop workshop;
  SideBySideOptions options{.clock = &clock, .one_row = evaluate::LatencyOptions()};
  LabelledRows rows;

  SlowModel() {
    workshop.load = [this](const std::string&) -> StatusOr<std::unique_ptr<evaluate::Runner>> {
      return std::make_unique<evaluate::FakeRunner>(
          kSignature, [this](std::vector<NamedTensor> inputs, const auto&) {
            clock.Advance(std::chrono::milliseconds(++calls % 25 == 0 ? 60 : 6));
            return std::vector<NamedTensor>{{"y", inputs.front().tensor}};
          });
    };
    rows.rows.count = 2;
    rows.rows.inputs.push_back(
        {"x", evaluate::TensorOf(DType::kFp32, {2, 40}, std::vector<float>(80, 1))});
  }
};

TEST(SideBySideTest, TheLatencyOfAGateIsOfRoundsOfManyCallsHoweverSlowTheModel) {
  SlowModel slow;
  const Contender contenders[] = {{"original", Model()}};
  const auto standings =
      CompareSideBySide(contenders, kSignature, slow.rows, slow.workshop, slow.options);
  ASSERT_TRUE(standings.ok()) << standings.status();
  const auto& rounds = standings->front().one_row;
  ASSERT_TRUE(rounds.has_value());
  EXPECT_GE(rounds->p99_ms.size(), 6);
  for (const double p99 : rounds->p99_ms) EXPECT_EQ(p99, 60);
  for (const double p50 : rounds->p50_ms) EXPECT_EQ(p50, 6);
}

TEST(FileGateTest, JudgesTheLatencyOfOneRowAndRefusesModelsThatTakeMore) {
  SlowModel slow;
  slow.rows.target = data::Target{.name = "y", .values = {1, 2}};
  const evaluate::Gate gate =
      evaluate::ParseGate("p99_ms <= 20", "gate.txt", *slow.rows.target).value();
  Signature signature = kSignature;
  Standing standing;
  standing.one.rounds = {std::vector<double>(15, 6), std::vector<double>(15, 6)};
  standing.one_row = {std::vector<double>(15, 6), std::vector<double>(15, 60)};
  const auto gatekeeper = FileGate(gate, signature, slow.rows);
  ASSERT_TRUE(gatekeeper.ok()) << gatekeeper.status();
  EXPECT_THAT((*gatekeeper)(standing, standing).value(), HasSubstr("p99_ms <= 20"));
  signature.inputs[0].shape[0] = 32;
  EXPECT_EQ(MessageOf(FileGate(gate, signature, slow.rows).status()),
            "a gate's latency is the time of one row: the model takes 32 rows at once");
}

}  // namespace
}  // namespace slipway::optimise
