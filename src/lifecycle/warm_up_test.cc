// How many golden examples a load replays, against a model that takes as long as it is told to.

#include "lifecycle/warm_up.h"

#include <gtest/gtest.h>

namespace slipway::lifecycle {
namespace {

using std::chrono::milliseconds;

Tensor Float(float value) {
  return {DType::kFp32, {1}, Buffer::Own(std::string(reinterpret_cast<const char*>(&value), 4))};
}

/// x -> y = x, on a clock of its own.
class TimedModel final : public LoadedModel {
 public:
  TimedModel(FakeClock& clock, Duration run) : clock_(clock), run_(run) {}

  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t>, const RunOptions&,
             std::vector<Tensor>& results) const override {
    clock_.Advance(run_);
    results = {*inputs[0]};
    return OkStatus();
  }

 private:
  FakeClock& clock_;
  const Duration run_;
  const Signature signature_{{{.name = "x", .dtype = DType::kFp32, .shape = {1}}},
                             {{.name = "y", .dtype = DType::kFp32, .shape = {1}}}};
};

/// Six examples; those from `wrong` on expect another y.
std::vector<bundle::Example> Examples(int wrong = 6) {
  std::vector<bundle::Example> examples(6);
  for (int i = 0; i < 6; ++i) {
    examples[i].name = std::to_string(i);
    examples[i].inputs = {{"x", Float(1)}};
    examples[i].outputs = {{"y", Float(i < wrong ? 1 : 2)}};
  }
  return examples;
}

StatusOr<WarmUpReport> WarmUpOf(Duration run, const std::vector<bundle::Example>& examples) {
  FakeClock clock;
  return WarmUp(TimedModel(clock, run), examples, {}, clock, nullptr);
}

TEST(WarmUpTest, ReplaysThreeExamplesOrWhatFitsIntoFiftyMilliseconds) {
  struct Row {
    Duration run;
    int replayed;
  };
  for (const Row& row : {Row{milliseconds(1), 3},
                         {milliseconds(24), 3},
                         {milliseconds(26), 2},
                         {milliseconds(50), 1},
                         {std::chrono::seconds(10), 1}}) {
    const auto report = WarmUpOf(row.run, Examples());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->examples_replayed, row.replayed) << row.run.count();
  }
}

TEST(WarmUpTest, ALongRunIsNotRepeatedWhereNothingIsCompared) {
  EXPECT_EQ(WarmUpOf(milliseconds(6), {})->runs, 1);
  EXPECT_EQ(WarmUpOf(milliseconds(4), {})->runs, 2);
}

TEST(WarmUpTest, AnExampleThatIsNotReproducedIsNamed) {
  const auto report = WarmUpOf(milliseconds(1), Examples(/*wrong=*/2));
  EXPECT_EQ(ReasonOf(report.status()), Reason::kBadModel);
  EXPECT_TRUE(MessageOf(report.status()).starts_with("example \"2\": output \"y\""))
      << report.status();
  EXPECT_TRUE(WarmUpOf(milliseconds(1), Examples(/*wrong=*/3)).ok());
}

}  // namespace
}  // namespace slipway::lifecycle
