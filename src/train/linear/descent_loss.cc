#include "train/linear/descent_loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "train/algebra/row_kernels.h"

namespace slipway::train {
namespace {

constexpr size_t kCachedValues = size_t{1} << 19;  // 4 MiB
constexpr uint64_t kScattering = UINT64_MAX;       // a stream of random numbers no round has

}  // namespace

std::string_view NameOf(DescentLoss loss) {
  switch (loss) {
    case DescentLoss::kSquared:
      return "squared error";
    case DescentLoss::kHuber:
      return "huber loss";
    case DescentLoss::kLog:
    case DescentLoss::kSoftmax:
      return "log loss";
    case DescentLoss::kHinge:
      return "hinge loss";
  }
  return "";
}

DescentRows::DescentRows(const Samples& samples, const Classes* classes,
                         const DescentOptions& options)
    : loss_(options.loss),
      epsilon_(options.epsilon),
      features_(samples.features.size()),
      stride_(PaddedRow(features_)),
      outputs_(classes == nullptr || classes->count() == 2 ? 1 : classes->count()),
      values_(samples.rows * stride_, 0),
      targets_(samples.rows) {
  std::vector<uint32_t> places(samples.rows);
  std::iota(places.begin(), places.end(), 0);
  scattered_ = values_.size() > kCachedValues;
  if (scattered_) Random(options.seed, kScattering).Shuffle(std::span(places));
  ToRows(samples.values.data(), samples.rows, features_, stride_, values_.data(), places.data());
  weights_.assign(samples.rows, 1);
  bool even = true;
  for (size_t row = 0; row < samples.rows; ++row) {
    double &weight = weights_[places[row]], &target = targets_[places[row]];
    weight = samples.weight(row);
    if (classes == nullptr) {
      target = samples.target.values[row];
    } else {
      const int32_t place = classes->places[samples.target.classes[row]];
      target = std::max(place, 0);
      if (place < 0) weight = 0;
    }
    even = even && weight == 1;
  }
  if (even) weights_.clear();
  const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  if (sum > 0)
    for (double& weight : weights_) weight *= static_cast<double>(samples.rows) / sum;
}

void DescentRows::Prefetch(size_t row) const {
  constexpr size_t kLine = 8;  // doubles
  const double* values = this->row(row);
  for (size_t i = 0; i < stride_; i += kLine) __builtin_prefetch(values + i);
}

double DescentRows::LossOf(double score, double target, double& slope) const {
  switch (loss_) {
    case DescentLoss::kSquared:
      slope = score - target;
      return slope * slope / 2;
    case DescentLoss::kHuber: {
      const double off = score - target, size = std::fabs(off);
      slope = std::clamp(off, -epsilon_, epsilon_);
      return size <= epsilon_ ? off * off / 2 : epsilon_ * (size - epsilon_ / 2);
    }
    case DescentLoss::kHinge: {
      const double margin = target * score;
      slope = margin < 1 ? -target : 0;
      return std::max(1 - margin, 0.0);
    }
    case DescentLoss::kLog:
    case DescentLoss::kSoftmax:
      break;
  }
  const double margin = target * score;
  const double e = std::exp(-std::fabs(margin));
  slope = -target * (margin > 0 ? e : 1) / (1 + e);
  return std::log1p(e) + std::max(-margin, 0.0);
}

double DescentRows::SoftmaxLoss(size_t place, double* scores) const {
  const double most = *std::max_element(scores, scores + outputs_);
  const double own = scores[place];
  double sum = 0;
  for (size_t k = 0; k < outputs_; ++k) sum += scores[k] = std::exp(scores[k] - most);
  for (size_t k = 0; k < outputs_; ++k) scores[k] /= sum;
  scores[place] -= 1;
  return std::log(sum) + most - own;
}

double DescentRows::Loss(size_t row, const std::vector<double>& at, double* slopes) const {
  const double* x = this->row(row);
  const double* intercepts = &at[outputs_ * stride_];
  for (size_t k = 0; k < outputs_; ++k)
    slopes[k] = RowDot(x, &at[k * stride_], stride_) + intercepts[k];
  double loss = 0;
  const bool regression = loss_ == DescentLoss::kSquared || loss_ == DescentLoss::kHuber;
  if (regression) {
    loss = LossOf(slopes[0], targets_[row], slopes[0]);
  } else if (outputs_ == 1) {
    loss = LossOf(slopes[0], targets_[row] > 0 ? 1 : -1, slopes[0]);
  } else if (loss_ == DescentLoss::kSoftmax) {
    loss = SoftmaxLoss(static_cast<size_t>(targets_[row]), slopes);
  } else {
    const auto place = static_cast<size_t>(targets_[row]);
    for (size_t k = 0; k < outputs_; ++k)
      loss += LossOf(slopes[k], k == place ? 1 : -1, slopes[k]) / static_cast<double>(outputs_);
  }
  if (weights_.empty()) return loss;
  for (size_t k = 0; k < outputs_; ++k) slopes[k] *= weights_[row];
  return loss * weights_[row];
}

double DescentRows::Gradient(Team& team, std::span<const uint32_t> rows,
                             const std::vector<double>& at, bool fit_intercept,
                             std::vector<double>& gradient) const {
  constexpr size_t kPartRows = 1024;
  const size_t parts = std::clamp<size_t>(rows.size() / kPartRows, 1, 64);
  std::vector<std::vector<double>> sums(parts);
  team.ForEach(parts, [&](size_t part) {
    const Share share = ShareOf(rows.size(), part, parts);
    std::vector<double>& sum = sums[part];
    sum.assign(size() + 1, 0);
    std::vector<double> slopes(outputs_);
    for (size_t i = share.begin; i < share.end; ++i) {
      sum.back() += Loss(rows[i], at, slopes.data());
      for (size_t k = 0; k < outputs_; ++k) {
        RowUpdate(1, slopes[k], row(rows[i]), stride_, &sum[k * stride_]);
        if (fit_intercept) sum[outputs_ * stride_ + k] += slopes[k];
      }
    }
  });
  for (size_t part = 1; part < parts; ++part)
    for (size_t i = 0; i < sums[0].size(); ++i) sums[0][i] += sums[part][i];
  for (size_t i = 0; i < size(); ++i) gradient[i] = sums[0][i] / static_cast<double>(rows.size());
  return sums[0].back() / static_cast<double>(rows.size());
}

double DescentRows::MeanLoss(const std::vector<double>& at) const {
  std::vector<double> slopes(outputs_);
  double sum = 0;
  for (size_t row = 0; row < count(); ++row) sum += Loss(row, at, slopes.data());
  return sum / static_cast<double>(count());
}

LinearModel DescentRows::ModelOf(const std::vector<double>& at) const {
  LinearModel model;
  model.features = features_;
  for (size_t k = 0; k < outputs_; ++k)
    model.weights.insert(model.weights.end(), &at[k * stride_], &at[k * stride_] + features_);
  model.intercepts.assign(at.end() - static_cast<std::ptrdiff_t>(outputs_), at.end());
  return model;
}

}  // namespace slipway::train
