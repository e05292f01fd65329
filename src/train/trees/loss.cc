#include "train/trees/loss.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/clones.h"

namespace slipway::train::trees {
namespace {

constexpr size_t kRowsOfTask = 16384;

/// work(begin, end) for all rows, in parts of the same size whoever works.
template <typename Work>
void ForRows(size_t rows, Team& team, const Work& work) {
  team.ForEach((rows + kRowsOfTask - 1) / kRowsOfTask, [&](size_t part) {
    work(part * kRowsOfTask, std::min(rows, (part + 1) * kRowsOfTask));
  });
}

void ApplyWeights(const Samples& samples, size_t begin, size_t end, float* gradients,
                  float* hessians) {
  if (samples.weights.empty()) return;
  for (size_t i = begin; i < end; ++i) {
    const auto weight = static_cast<float>(samples.weights[i]);
    gradients[i] *= weight;
    hessians[i] *= weight;
  }
}

template <typename ValueOf>
double WeightedMean(const Samples& samples, const ValueOf& value_of) {
  double sum = 0, weights = 0;
  for (size_t i = 0; i < samples.rows; ++i) {
    sum += samples.weight(i) * value_of(i);
    weights += samples.weight(i);
  }
  return sum / weights;
}

/// e^x to float's precision (Cephes' polynomial on [-ln 2 / 2, ln 2 / 2]), for |x| <= 87.
[[gnu::always_inline]] inline float Exp(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
  const float shifted = x * 1.44269504F + kRound;
  const float whole = shifted - kRound;
  const float rest = x - whole * 0.693359375F + whole * 2.12194440e-4F;
  float sum = 1.9875691500e-4F;
  sum = sum * rest + 1.3981999507e-3F;
  sum = sum * rest + 8.3334519073e-3F;
  sum = sum * rest + 4.1665795894e-2F;
  sum = sum * rest + 1.6666665459e-1F;
  sum = sum * rest + 5.0000001201e-1F;
  sum = sum * rest * rest + rest + 1.0F;
  const int32_t exponent = std::bit_cast<int32_t>(shifted) << 23;
  return std::bit_cast<float>(std::bit_cast<int32_t>(sum) + exponent);
}

/// Scores beyond are answered with the same certainty.
constexpr float kMaxScore = 80;

SLIPWAY_CLONES void DeriveLogistic(const double* __restrict scores,
                                   const int32_t* __restrict classes, size_t count,
                                   float* __restrict gradients, float* __restrict hessians) {
  for (size_t i = 0; i < count; ++i) {
    auto score = static_cast<float>(scores[i]);
    score = score > kMaxScore ? kMaxScore : score;
    score = score < -kMaxScore ? -kMaxScore : score;
    const float p = 1 / (1 + Exp(-score));
    gradients[i] = p - static_cast<float>(classes[i]);
    hessians[i] = p * (1 - p);
  }
}

/// Scores, gradients and hessians of class k begin at k * stride.
SLIPWAY_CLONES void DeriveSoftmax(const double* __restrict scores,
                                  const int32_t* __restrict classes, size_t count, size_t stride,
                                  size_t outputs, float* __restrict gradients,
                                  float* __restrict hessians) {
  constexpr size_t kBlock = 256;
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const size_t rows = count - begin < kBlock ? count - begin : kBlock;
    double largest[kBlock];
    float sum[kBlock];
    for (size_t i = 0; i < rows; ++i) {
      largest[i] = scores[begin + i];
      sum[i] = 0;
    }
    for (size_t k = 1; k < outputs; ++k)
      for (size_t i = 0; i < rows; ++i) {
        const double score = scores[k * stride + begin + i];
        largest[i] = score > largest[i] ? score : largest[i];
      }
    for (size_t k = 0; k < outputs; ++k)
      for (size_t i = 0; i < rows; ++i) {
        auto below = static_cast<float>(scores[k * stride + begin + i] - largest[i]);
        below = below < -kMaxScore ? -kMaxScore : below;
        const float power = Exp(below);
        gradients[k * stride + begin + i] = power;
        sum[i] += power;
      }
    for (size_t k = 0; k < outputs; ++k)
      for (size_t i = 0; i < rows; ++i) {
        const float p = gradients[k * stride + begin + i] / sum[i];
        gradients[k * stride + begin + i] =
            p - (classes[begin + i] == static_cast<int32_t>(k) ? 1.0F : 0.0F);
        hessians[k * stride + begin + i] = p * (1 - p);
      }
  }
}

SLIPWAY_CLONES void DeriveSquared(const double* __restrict scores, const double* __restrict values,
                                  size_t count, float* __restrict gradients,
                                  float* __restrict hessians) {
  for (size_t i = 0; i < count; ++i) {
    gradients[i] = static_cast<float>(scores[i] - values[i]);
    hessians[i] = 1;
  }
}

importing::Matrix Column(importing::Graph& graph, const std::string& op,
                         const importing::Matrix& x) {
  return {graph.Add(op, {x.value}), x.dtype, x.columns};
}

class SquaredError : public Loss {
 public:
  std::string_view name() const override { return "squared error"; }
  std::vector<double> Baseline(const Samples& samples) const override {
    return {WeightedMean(samples, [&](size_t i) { return samples.target.values[i]; })};
  }
  void Derive(const Samples& samples, std::span<const double> scores, std::span<float> gradients,
              std::span<float> hessians, Team& team) const override {
    ForRows(samples.rows, team, [&](size_t begin, size_t end) {
      DeriveSquared(&scores[begin], &samples.target.values[begin], end - begin, &gradients[begin],
                    &hessians[begin]);
      ApplyWeights(samples, begin, end, gradients.data(), hessians.data());
    });
  }
  double Mean(const Samples& samples, std::span<const double> scores) const override {
    return WeightedMean(samples, [&](size_t i) {
      const double error = scores[i] - samples.target.values[i];
      return error * error;
    });
  }
  importing::Predictions Answer(importing::Graph& graph,
                                const importing::Matrix& scores) const override {
    return {.value = scores};
  }
};

/// Of the quantile 1/2 it is half the absolute error.
class Quantile : public SquaredError {
 public:
  Quantile(double quantile, std::string_view name) : quantile_(quantile), name_(name) {}

  std::string_view name() const override { return name_; }
  std::vector<double> Baseline(const Samples& samples) const override {
    std::vector<std::pair<double, double>> values(samples.rows);
    for (size_t i = 0; i < samples.rows; ++i)
      values[i] = {samples.target.values[i], samples.weight(i)};
    return {WeightedQuantile(values, quantile_)};
  }
  void Derive(const Samples& samples, std::span<const double> scores, std::span<float> gradients,
              std::span<float> hessians, Team& team) const override {
    ForRows(samples.rows, team, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        const bool above = samples.target.values[i] > scores[i];
        gradients[i] = static_cast<float>(above ? -quantile_ : 1 - quantile_);
        hessians[i] = 1;
      }
      ApplyWeights(samples, begin, end, gradients.data(), hessians.data());
    });
  }
  double Mean(const Samples& samples, std::span<const double> scores) const override {
    return WeightedMean(samples, [&](size_t i) {
      const double lack = samples.target.values[i] - scores[i];
      return lack > 0 ? quantile_ * lack : (quantile_ - 1) * lack;
    });
  }
  std::optional<double> leaf_quantile() const override { return quantile_; }

 private:
  const double quantile_;
  const std::string_view name_;
};

/// Of counts, with the logarithm as link; half the deviance but for what no score changes.
class Poisson : public SquaredError {
 public:
  std::string_view name() const override { return "poisson deviance"; }
  std::vector<double> Baseline(const Samples& samples) const override {
    return {std::log(std::max(SquaredError::Baseline(samples)[0], kSmallest))};
  }
  void Derive(const Samples& samples, std::span<const double> scores, std::span<float> gradients,
              std::span<float> hessians, Team& team) const override {
    ForRows(samples.rows, team, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        const double mean = std::exp(std::clamp(scores[i], -kMaxLog, kMaxLog));
        gradients[i] = static_cast<float>(mean - samples.target.values[i]);
        hessians[i] = static_cast<float>(mean);
      }
      ApplyWeights(samples, begin, end, gradients.data(), hessians.data());
    });
  }
  double Mean(const Samples& samples, std::span<const double> scores) const override {
    return WeightedMean(samples, [&](size_t i) {
      return std::exp(scores[i]) - samples.target.values[i] * scores[i];
    });
  }
  importing::Predictions Answer(importing::Graph& graph,
                                const importing::Matrix& scores) const override {
    return {.value = Column(graph, "Exp", scores)};
  }

 private:
  static constexpr double kSmallest = 1e-15;
  static constexpr double kMaxLog = 80;
};

class LogLoss : public Loss {
 public:
  std::string_view name() const override { return "log loss"; }
  std::vector<double> Baseline(const Samples& samples) const override {
    const double p = WeightedMean(
        samples, [&](size_t i) { return static_cast<double>(samples.target.classes[i]); });
    return {std::log(std::max(p, kSmallest) / std::max(1 - p, kSmallest))};
  }
  void Derive(const Samples& samples, std::span<const double> scores, std::span<float> gradients,
              std::span<float> hessians, Team& team) const override {
    ForRows(samples.rows, team, [&](size_t begin, size_t end) {
      DeriveLogistic(&scores[begin], &samples.target.classes[begin], end - begin, &gradients[begin],
                     &hessians[begin]);
      ApplyWeights(samples, begin, end, gradients.data(), hessians.data());
    });
  }
  double Mean(const Samples& samples, std::span<const double> scores) const override {
    return WeightedMean(samples, [&](size_t i) {
      const double against = samples.target.classes[i] == 1 ? -scores[i] : scores[i];
      return std::max(against, 0.0) + std::log1p(std::exp(-std::abs(against)));
    });
  }
  importing::Predictions Answer(importing::Graph& graph,
                                const importing::Matrix& scores) const override {
    const std::string second = graph.Add("Sigmoid", {scores.value});
    const std::string first = graph.Add("Sub", {graph.Scalar<double>(1), second});
    const importing::Matrix proba = {graph.Add("Concat", {first, second}, {{"axis", 1}}),
                                     DType::kFp64, 2};
    return {.label = graph.Add("ArgMax", {proba.value}, {{"axis", 1}, {"keepdims", 0}}),
            .proba = proba};
  }

 private:
  static constexpr double kSmallest = 1e-15;
};

/// One score a class.
class Softmax : public Loss {
 public:
  explicit Softmax(size_t classes) : classes_(classes) {}

  std::string_view name() const override { return "log loss"; }
  int64_t outputs() const override { return static_cast<int64_t>(classes_); }
  std::vector<double> Baseline(const Samples& samples) const override {
    std::vector<double> shares(classes_);
    double total = 0;
    for (size_t i = 0; i < samples.rows; ++i) {
      shares[static_cast<size_t>(samples.target.classes[i])] += samples.weight(i);
      total += samples.weight(i);
    }
    for (double& share : shares) share = std::log(std::max(share / total, kSmallest));
    return shares;
  }
  void Derive(const Samples& samples, std::span<const double> scores, std::span<float> gradients,
              std::span<float> hessians, Team& team) const override {
    const size_t rows = samples.rows;
    ForRows(rows, team, [&](size_t begin, size_t end) {
      DeriveSoftmax(scores.data() + begin, &samples.target.classes[begin], end - begin, rows,
                    classes_, gradients.data() + begin, hessians.data() + begin);
      for (size_t k = 0; k < classes_; ++k)
        ApplyWeights(samples, begin, end, gradients.data() + k * rows, hessians.data() + k * rows);
    });
  }
  double Mean(const Samples& samples, std::span<const double> scores) const override {
    return WeightedMean(samples, [&](size_t i) {
      double largest = scores[i], sum = 0;
      for (size_t k = 1; k < classes_; ++k)
        largest = std::max(largest, scores[k * samples.rows + i]);
      for (size_t k = 0; k < classes_; ++k) sum += std::exp(scores[k * samples.rows + i] - largest);
      const auto own = static_cast<size_t>(samples.target.classes[i]);
      return std::log(sum) + largest - scores[own * samples.rows + i];
    });
  }
  importing::Predictions Answer(importing::Graph& graph,
                                const importing::Matrix& scores) const override {
    const importing::Matrix proba = {graph.Add("Softmax", {scores.value}, {{"axis", 1}}),
                                     DType::kFp64, scores.columns};
    return {.label = graph.Add("ArgMax", {proba.value}, {{"axis", 1}, {"keepdims", 0}}),
            .proba = proba};
  }

 private:
  static constexpr double kSmallest = 1e-15;
  const size_t classes_;
};

}  // namespace

std::unique_ptr<Loss> MakeLoss(const data::Target& target, std::string_view name, double quantile) {
  if (target.task == data::Task::kClassification) {
    if (target.labels.size() == 2) return std::make_unique<LogLoss>();
    return std::make_unique<Softmax>(target.labels.size());
  }
  if (name == "absolute_error") return std::make_unique<Quantile>(0.5, "half the absolute error");
  if (name == "quantile") return std::make_unique<Quantile>(quantile, "quantile loss");
  if (name == "poisson") return std::make_unique<Poisson>();
  return std::make_unique<SquaredError>();
}

double WeightedQuantile(std::span<std::pair<double, double>> values, double quantile) {
  std::sort(values.begin(), values.end());
  double total = 0;
  for (const auto& [value, weight] : values) total += weight;
  double sum = 0;
  for (const auto& [value, weight] : values) {
    sum += weight;
    if (sum >= quantile * total) return value;
  }
  return values.back().first;
}

}  // namespace slipway::train::trees
