// One row on the tabular engine and on ONNX Runtime: the linear, MLP and SVM models of goal 14.
//   tabular [ROWS]   nanoseconds a run, median of rounds that alternate, and the ratio
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/tabular/tabular_engine.h"
#include "onnx/builder.h"

namespace slipway::bench {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kFeatures = 30;
constexpr int kRounds = 15;
constexpr auto kRound = std::chrono::milliseconds(20);

std::mt19937 random_bits(1);

void AddWeights(onnx::Builder& b, std::string_view name, const Shape& shape) {
  std::normal_distribution<double> normal(0, 0.3);
  std::vector<double> values(static_cast<size_t>(*ElementCount(shape)));
  for (double& value : values) value = normal(random_bits);
  b.Constant<double>(name, shape, std::span<const double>(values));
}

/// FP64 [-1, 30] in, probabilities and labels of two classes out.
onnx::Builder Start() {
  onnx::Builder b;
  b.Opset("", 21).IrVersion(10).Input("x", DType::kFp64, {-1, kFeatures});
  b.Output("label", DType::kInt64, {-1}).Output("p", DType::kFp64, {-1, 2});
  const int64_t classes[] = {0, 1};
  b.Constant<int64_t>("classes", {2}, classes);
  return b;
}

std::string Finish(onnx::Builder b) {
  b.Node("Softmax", {"z"}, {"p"}, {{"axis", 1}});
  b.Node("ArgMax", {"z"}, {"best"}, {{"axis", 1}, {"keepdims", 0}});
  b.Node("Gather", {"classes", "best"}, {"label"}, {{"axis", 0}});
  return b.Serialize();
}

void AddLayer(onnx::Builder& b, const std::string& in, const std::string& out, int64_t from,
              int64_t to) {
  AddWeights(b, out + "_w", {from, to});
  AddWeights(b, out + "_b", {to});
  b.Node("MatMul", {in, out + "_w"}, {out + "_product"});
  b.Node("Add", {out + "_product", out + "_b"}, {out});
}

std::string Linear() {
  onnx::Builder b = Start();
  AddLayer(b, "x", "z", kFeatures, 2);
  return Finish(std::move(b));
}

std::string Mlp() {
  onnx::Builder b = Start();
  AddLayer(b, "x", "h1", kFeatures, 100);
  b.Node("Relu", {"h1"}, {"r1"});
  AddLayer(b, "r1", "h2", 100, 50);
  b.Node("Relu", {"h2"}, {"r2"});
  AddLayer(b, "r2", "z", 50, 2);
  return Finish(std::move(b));
}

/// exp(-γ·|x - s|²) for 100 support vectors s, as |x|² - 2·x·s + |s|².
std::string Svm() {
  onnx::Builder b = Start();
  AddWeights(b, "support", {kFeatures, 100});
  AddWeights(b, "squares", {100});
  AddWeights(b, "duals", {100, 2});
  const int64_t axis[] = {1};
  const double gamma = -0.03;
  b.Constant<int64_t>("axis", {1}, axis).Constant<double>("gamma", {}, std::span(&gamma, 1));
  b.Node("ReduceSumSquare", {"x", "axis"}, {"norm"}, {{"keepdims", 1}});
  b.Node("MatMul", {"x", "support"}, {"products"});
  b.Node("Add", {"products", "squares"}, {"shifted"});
  b.Node("Add", {"shifted", "norm"}, {"distances"});
  b.Node("Mul", {"distances", "gamma"}, {"exponents"}).Node("Exp", {"exponents"}, {"kernel"});
  b.Node("MatMul", {"kernel", "duals"}, {"z"});
  return Finish(std::move(b));
}

double ProcessorTime() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

class Subject {
 public:
  Subject(Engine& engine, const std::string& model, int64_t rows) {
    auto loaded = engine.Load({std::as_bytes(std::span(model)), {}}, {});
    if (!loaded.ok()) {
      std::fprintf(stderr, "%s\n", std::string(MessageOf(loaded.status())).c_str());
      std::exit(1);
    }
    model_ = *std::move(loaded);
    std::normal_distribution<double> normal;
    values_.resize(static_cast<size_t>(kVariety * rows * kFeatures));
    for (double& value : values_) value = normal(random_bits);
    rows_ = rows;
  }

  /// Nanoseconds a run, over one round of rotating rows.
  double Round() {
    const double start = ProcessorTime();
    int64_t runs = 0;
    while (ProcessorTime() - start < 2e7)
      for (int64_t i = 0; i < kVariety; ++i, ++runs) RunOne(i);
    return (ProcessorTime() - start) / static_cast<double>(runs);
  }

 private:
  static constexpr int64_t kVariety = 64;

  void RunOne(int64_t which) {
    const auto size = static_cast<size_t>(rows_ * kFeatures);
    const auto rows = std::span(values_).subspan(static_cast<size_t>(which) * size, size);
    const Tensor x{DType::kFp64, {rows_, kFeatures}, Buffer(std::as_bytes(rows))};
    const Tensor* inputs[] = {&x};
    const size_t outputs[] = {0, 1};
    if (!model_->Run(inputs, outputs, {}, results_).ok()) std::exit(1);
  }

  std::unique_ptr<LoadedModel> model_;
  std::vector<double> values_;
  int64_t rows_ = 1;
  std::vector<Tensor> results_;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int Main(int64_t rows, std::string_view only) {
  const auto native = CreateTabularEngine();
  SetOnnxRuntimeEnvironment();
  const auto runtime = *CreateOnnxRuntimeEngine();
  const std::pair<const char*, std::string> models[] = {
      {"linear", Linear()}, {"mlp", Mlp()}, {"svm", Svm()}};
  for (const auto& [name, bytes] : models) {
    if (!only.empty() && only != name) continue;
    Subject ours(*native, bytes, rows), theirs(*runtime, bytes, rows);
    std::vector<double> our_times, their_times;
    for (int i = 0; i < kRounds; ++i) {
      our_times.push_back(ours.Round());
      their_times.push_back(theirs.Round());
    }
    const double us = Median(our_times), them = Median(their_times);
    std::printf("%-8s %6ld rows  tabular %10.0f ns  onnxruntime %10.0f ns  %6.1fx\n", name,
                static_cast<long>(rows), us, them, them / us);
  }
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  return slipway::bench::Main(argc > 1 ? std::atoll(argv[1]) : 1, argc > 2 ? argv[2] : "");
}
