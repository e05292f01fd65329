// The kind `svm`.

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <cmath>

#include "import/sklearn/kernels.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/pairs.h"
#include "train/algebra/rows.h"
#include "train/kernels/classes.h"
#include "train/kernels/support_vectors.h"
#include "train/kinds.h"

namespace slipway::train {
namespace {

namespace writing = importing::sklearn;
using importing::Graph;
using importing::Matrix;
using importing::Predictions;

constexpr std::string_view kNames[] = {"linear", "poly", "rbf", "sigmoid"};

/// Where probabilities of pairs are kept from 0 and 1. Source: LIBSVM (2011), section 8.
constexpr double kLeastProbability = 1e-7;

/// The variance of all values together, as gamma is scaled by.
double VarianceOf(const Samples& samples) {
  double mean = 0, variance = 0;
  const auto count = static_cast<double>(samples.values.size());
  for (const double value : samples.values) mean += value / count;
  for (const double value : samples.values) variance += (value - mean) * (value - mean) / count;
  return variance;
}

StatusOr<double> ReadGamma(const std::string& text, const Samples& samples) {
  const auto features = static_cast<double>(samples.features.size());
  if (text == "auto") return 1 / features;
  if (text == "scale") {
    const double variance = VarianceOf(samples);
    return variance > 0 ? 1 / (features * variance) : 1;
  }
  double gamma = 0;
  if (!absl::SimpleAtod(text, &gamma) || !(gamma > 0 && gamma <= 1e9))
    return Error(Reason::kBadRequest,
                 "parameter gamma: expected scale, auto or a number above 0 up to 1e+09, got "
                 "\"{}\"",
                 text);
  return gamma;
}

StatusOr<KernelFunction> ReadKernel(const Parameters& parameters, const Samples& samples) {
  KernelFunction kernel = {.coef0 = parameters.Number("coef0"),
                           .degree = static_cast<int>(parameters.Count("degree"))};
  const std::string& name = parameters.Word("kernel");
  kernel.shape = name == "linear" ? KernelShape::kLinear
                 : name == "poly" ? KernelShape::kPolynomial
                 : name == "rbf"  ? KernelShape::kRadial
                                  : KernelShape::kSigmoid;
  ASSIGN_OR_RETURN(kernel.gamma, ReadGamma(parameters.Word("gamma"), samples));
  return kernel;
}

class FittedSvm final : public Fitted {
 public:
  FittedSvm(const Samples& samples, const KernelFunction& kernel, SupportVectors machine)
      : kernel_(kernel), machine_(std::move(machine)), labels_(samples.target.labels.size()) {
    const auto columns = static_cast<int64_t>(samples.features.size());
    vectors_.shape = {static_cast<int64_t>(machine_.vectors.size()), columns};
    for (const uint32_t row : machine_.vectors)
      for (int64_t f = 0; f < columns; ++f) vectors_.values.push_back(samples.column(f)[row]);
  }

  StatusOr<Predictions> Write(Graph& graph, const Matrix& features) const override {
    RETURN_IF_ERROR(graph.CheckRoom((vectors_.values.size() + machine_.weights.size()) * 8));
    const Matrix decisions = Decisions(graph, features);
    Predictions predictions;
    if (machine_.classes.empty()) {
      predictions.value = decisions;
      return predictions;
    }
    const auto count = static_cast<int64_t>(machine_.classes.size());
    const Matrix for_second = {graph.Add("LessOrEqual", {decisions.value, graph.Scalar<double>(0)}),
                               DType::kBool, decisions.columns};
    predictions.label =
        LabelOf(graph, writing::ArgMax(graph, writing::CountVotes(graph, for_second, count)),
                machine_.classes, labels_);
    if (!machine_.sigmoids.empty())
      predictions.proba = WithAbsentClasses(
          graph, writing::CouplePairs(graph, Probabilities(graph, decisions), count),
          machine_.classes, labels_);
    return predictions;
  }

  std::string Summary() const override {
    return fmt::format("{} support vectors, {} iterations{}", machine_.vectors.size(),
                       machine_.iterations, machine_.converged ? "" : ", not converged");
  }

 private:
  Matrix Decisions(Graph& graph, const Matrix& features) const {
    if (machine_.vectors.empty()) return writing::Filled(graph, features, machine_.offsets[0]);
    const writing::Kernel kernel = {.name = std::string(kNames[static_cast<int>(kernel_.shape)]),
                                    .gamma = kernel_.gamma,
                                    .coef0 = kernel_.coef0,
                                    .degree = static_cast<double>(kernel_.degree)};
    const auto values = writing::AddSvmKernel(graph, kernel, features, vectors_);
    return writing::Affine(graph, *values, machine_.weights, machine_.offsets);
  }

  Matrix Probabilities(Graph& graph, const Matrix& decisions) const {
    std::vector<double> a, b;
    for (const Sigmoid& sigmoid : machine_.sigmoids) {
      a.push_back(-sigmoid.a);
      b.push_back(sigmoid.b);
    }
    const Matrix logit =
        writing::MapWith(graph, "Sub", writing::MapWith(graph, "Mul", decisions, a), b);
    const std::string p = writing::Map(graph, "Sigmoid", logit).value;
    return {graph.Add("Clip", {p, graph.Scalar<double>(kLeastProbability),
                               graph.Scalar<double>(1 - kLeastProbability)}),
            DType::kFp64, decisions.columns};
  }

  KernelFunction kernel_;
  SupportVectors machine_;
  size_t labels_;
  writing::Dense vectors_;
};

/// Distances do not depend on where the middle is; float32 keeps most digits of them around 0.
std::vector<double> MeansOf(const Samples& samples) {
  std::vector<double> means;
  for (size_t f = 0; f < samples.features.size(); ++f) {
    double mean = 0;
    for (const double value : samples.column(f)) mean += value / static_cast<double>(samples.rows);
    means.push_back(mean);
  }
  return means;
}

StatusOr<std::unique_ptr<Fitted>> FitSvm(const Samples& samples, const Parameters& parameters,
                                         const FitOptions& fit) {
  const bool is_radial = parameters.Word("kernel") == "rbf";
  ASSIGN_OR_RETURN(const std::vector<float> rows,
                   RowsOf(samples, is_radial ? MeansOf(samples) : std::vector<double>()));
  ASSIGN_OR_RETURN(const KernelFunction kernel, ReadKernel(parameters, samples));
  const SvmOptions options = {
      .kernel = kernel,
      .cost = parameters.Number("C"),
      .epsilon = parameters.Number("epsilon"),
      .tolerance = parameters.Number("tolerance"),
      .cache_bytes = static_cast<size_t>(parameters.Count("cache_mb")) << 20,
      .shrinking = parameters.Flag("shrinking"),
      .max_iterations = parameters.Count("max_iterations"),
      .probability = parameters.Flag("probability"),
  };
  ASSIGN_OR_RETURN(SupportVectors machine, FitSupportVectors(samples, rows, options, fit));
  return std::make_unique<FittedSvm>(samples, kernel, std::move(machine));
}

using Type = ParameterSpec::Type;

}  // namespace

const EstimatorKind kSvm = {
    .name = "svm",
    .summary = "Support vectors with a kernel, solved by sequential minimal optimisation.",
    .regresses = true,
    .classifies = true,
    .needs = {.wants_scaling = true},
    .saves_checkpoints = true,
    .parameters = {{.name = "kernel",
                    .type = Type::kWord,
                    .words = {"rbf", "linear", "poly", "sigmoid"},
                    .help = "How alike two rows are."},
                   {.name = "C",
                    .otherwise = 1,
                    .min = 1e-9,
                    .max = 1e9,
                    .help = "What a row beyond the margin costs."},
                   {.name = "gamma",
                    .type = Type::kText,
                    .words = {"scale"},
                    .help = "The factor in kernels: scale, auto or a number."},
                   {.name = "degree",
                    .type = Type::kCount,
                    .otherwise = 3,
                    .min = 0,
                    .max = 20,
                    .help = "The power of poly."},
                   {.name = "coef0",
                    .otherwise = 0,
                    .min = -1e6,
                    .max = 1e6,
                    .help = "What poly and sigmoid add."},
                   {.name = "epsilon",
                    .otherwise = 0.1,
                    .min = 0,
                    .max = 1e9,
                    .help = "Regression: errors up to it cost nothing."},
                   {.name = "probability",
                    .type = Type::kFlag,
                    .help = "Whether classes get probabilities; five more machines a pair."},
                   {.name = "tolerance",
                    .otherwise = 1e-3,
                    .min = 1e-9,
                    .max = 1,
                    .help = "The violation of the optimum at which training stops."},
                   {.name = "shrinking",
                    .type = Type::kFlag,
                    .otherwise = 1,
                    .help = "Whether rows at their bounds are left out for a while."},
                   {.name = "cache_mb",
                    .type = Type::kCount,
                    .otherwise = 200,
                    .min = 1,
                    .max = 1 << 16,
                    .help = "Memory for kernel rows."},
                   {.name = "max_iterations",
                    .type = Type::kCount,
                    .otherwise = 1e8,
                    .min = 1,
                    .max = 1e12,
                    .help = "Steps of each machine at most."}},
    .search = {{"C", {"0.1", "1", "10", "100"}}, {"gamma", {"scale", "0.01", "0.1", "1"}}},
    .fit = FitSvm,
};

}  // namespace slipway::train
