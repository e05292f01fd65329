#include "base/random.h"
#include "evaluate/testing/fake_runner.h"
#include "onnx/builder.h"
#include "optimise/graph.h"
#include "optimise/passes.h"
#include "optimise/prune/perceptron.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;

constexpr int32_t kClasses = 5;
constexpr int64_t kUnits = 8;

std::vector<double> Drawn(size_t count) {
  Random random(1);
  std::vector<double> values(count);
  for (double& value : values) value = random.Uniform() - 0.5;
  return values;
}

/// A perceptron that knows nothing yet, of five features and as many classes.
ModelProto Network() {
  onnx::Builder b;
  b.Opset("", 21)
      .Input("x", DType::kFp64, {-1, kClasses})
      .Output("p", DType::kFp64, {-1, kClasses});
  b.Constant<double>("w", {kClasses, kUnits}, Drawn(kClasses * kUnits));
  b.Constant<double>("b", {kUnits}, std::vector<double>(kUnits));
  b.Constant<double>("v", {kUnits, kClasses}, Drawn(kUnits * kClasses));
  b.Constant<double>("c", {kClasses}, std::vector<double>(kClasses));
  b.Node("MatMul", {"x", "w"}, {"xw"}).Node("Add", {"xw", "b"}, {"sums"});
  b.Node("Relu", {"sums"}, {"h"}).Node("MatMul", {"h", "v"}, {"hv"});
  b.Node("Add", {"hv", "c"}, {"logits"}).Node("Softmax", {"logits"}, {"p"});
  return b.proto();
}

/// Rows of the classes in turn; a row's features say its class. Runs what the network reads, and
/// takes the network to say that all classes are alike.
struct Situation {
  LabelledRows rows;
  Signature signature;
  Workshop workshop;

  explicit Situation(size_t count, int64_t batch = -1)
      : signature{{{"x", DType::kFp64, {batch, kClasses}}},
                  {{"p", DType::kFp64, {batch, kClasses}}}} {
    data::Target target{.task = data::Task::kClassification, .name = "y"};
    for (int32_t label = 0; label < kClasses; ++label)
      target.labels.push_back(fmt::format("{}", label));
    signature.outputs[0].labels = target.labels;
    std::vector<double> features(count * kClasses);
    for (size_t row = 0; row < count; ++row) {
      target.classes.push_back(static_cast<int32_t>(row) % kClasses);
      features[row * kClasses + row % kClasses] = 1;
    }
    rows.rows.count = count;
    rows.rows.inputs.push_back(
        {"x", evaluate::TensorOf(DType::kFp64, {static_cast<int64_t>(count), kClasses}, features)});
    rows.target = std::move(target);
    workshop = {.load = [this](const std::string& onnx) { return Load(onnx); },
                .rows = &rows,
                .signature = &signature};
  }

  StatusOr<std::unique_ptr<evaluate::Runner>> Load(const std::string& onnx) const {
    ModelProto model;
    model.ParseFromString(onnx);
    const std::string name = model.graph().output(0).name();
    return std::make_unique<evaluate::FakeRunner>(
        signature, [name](std::vector<NamedTensor> inputs, const auto&) {
          if (name == "x") return inputs;
          const Shape shape = inputs.front().tensor.shape;
          const std::vector<double> alike(static_cast<size_t>(shape[0]) * kClasses, 0.2);
          return std::vector<NamedTensor>{{name, evaluate::TensorOf(DType::kFp64, shape, alike)}};
        });
  }

  StatusOr<std::string> Apply(ModelProto& model, std::string_view parameters) const {
    const Step step = ReadSteps(fmt::format("prune-network:{}", parameters)).value().front();
    return step.pass->apply(model, step.settings, workshop);
  }
};

TEST(PruneNetworkTest, ClassesInTurnAreAllLearned) {
  const Situation situation(500);
  ModelProto model = Network();
  const auto done = situation.Apply(model, "share=0.05:epochs=300:learning_rate=0.01");
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(*done, HasSubstr("(100 rows not learned from)"));
  std::vector<float> each(kClasses * kClasses);
  for (size_t label = 0; label < kClasses; ++label) each[label * kClasses + label] = 1;
  const auto sums = train::Answers(FindPerceptron(*model.mutable_graph())->network, each);
  for (size_t label = 0; label < kClasses; ++label) {
    const std::span<const float> of_class = std::span(sums).subspan(label * kClasses, kClasses);
    EXPECT_EQ(std::ranges::max_element(of_class) - of_class.begin(), label);
  }
}

TEST(PruneNetworkTest, WhereNothingIsPrunedThereIsNothingToDo) {
  for (const std::string_view parameters :
       {"share=0:epochs=0", "share=0:units=0.1", "share=0.01"}) {
    ModelProto model = Network();
    const std::string before = model.SerializeAsString();
    EXPECT_EQ(Situation(100).Apply(model, parameters).value(), "") << parameters;
    EXPECT_EQ(model.SerializeAsString(), before);
  }
}

TEST(PruneNetworkTest, RowsThatAFixedBatchLeavesOverAreNamedAndNotTheNetwork) {
  ModelProto model = Network();
  EXPECT_EQ(MessageOf(Situation(100, 32).Apply(model, "share=0.5").status()),
            "the model takes 32 rows at once: of 100 rows, 4 would not be judged");
}

/// Between the sums and the answers: what the network's sums are taken for, by the operators.
TEST(FindPerceptronTest, SumsOfWhichSomethingElseIsMadeAreNotTheAnswers) {
  const auto found = [](int64_t outputs, const std::vector<std::string_view>& operators) {
    onnx::Builder b;
    b.Opset("", 21).Input("x", DType::kFp64, {-1, 2}).Output("y", DType::kFp64, {-1, outputs});
    b.Constant<double>("w", {2, 2}, std::vector<double>(4, 1));
    b.Constant<double>("v", {2, outputs}, std::vector<double>(2 * outputs, 1));
    b.Constant<double>("b", {2}, std::vector<double>(2, 1));
    b.Constant<double>("c", {outputs}, std::vector<double>(outputs, 1));
    b.Node("MatMul", {"x", "w"}, {"xw"}).Node("Add", {"xw", "b"}, {"sums"});
    b.Node("Relu", {"sums"}, {"h"}).Node("MatMul", {"h", "v"}, {"hv"});
    std::string last = operators.empty() ? "y" : "a";
    b.Node("Add", {"hv", "c"}, {last});
    for (size_t i = 0; i < operators.size(); ++i) {
      const std::string next = i + 1 == operators.size() ? "y" : last + "a";
      b.Node(std::string(operators[i]), {last}, {next});
      last = next;
    }
    const auto perceptron = FindPerceptron(*b.proto().mutable_graph());
    return perceptron ? std::optional(perceptron->network.answer) : std::nullopt;
  };
  using train::Answer;
  EXPECT_EQ(found(1, {}), Answer::kValue);
  EXPECT_EQ(found(1, {"Squeeze", "Identity"}), Answer::kValue);
  EXPECT_EQ(found(1, {"Sigmoid", "Flatten"}), Answer::kProbability);
  EXPECT_EQ(found(3, {"Softmax", "Identity"}), Answer::kProbabilities);
  EXPECT_EQ(found(1, {"Exp"}), std::nullopt);
  EXPECT_EQ(found(1, {"Squeeze", "Exp"}), std::nullopt);
  EXPECT_EQ(found(1, {"Sigmoid", "Exp"}), std::nullopt);
  EXPECT_EQ(found(3, {"Softmax", "Sigmoid"}), std::nullopt);
  EXPECT_EQ(found(3, {}), std::nullopt);
}

}  // namespace
}  // namespace slipway::optimise
