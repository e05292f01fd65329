#include "train/linear/losses.h"

#include <algorithm>
#include <cmath>

#include "train/algebra/lanes.h"

namespace slipway::train {
namespace {

using Bits = int64_t __attribute__((vector_size(sizeof(Lanes))));

/// x becomes eˣ, for x <= 0; below −708 it stays e⁻⁷⁰⁸.
/// eˣ = 2ⁿ eʳ, |r| <= ln 2 / 2, and the first 13 terms of eʳ: off by at most 1.5 in the last place.
SLIPWAY_INLINE void ExpOfNegative(Lanes& x) {
  constexpr double kLog2E = 1.4426950408889634, kRounder = 0x1.8p52;
  constexpr double kLn2High = 0x1.62e42fefa38p-1, kLn2Low = 0x1.ef35793c7673p-45;
  x = x < -708.0 ? Lanes{-708.0, -708.0, -708.0, -708.0} : x;
  const Lanes rounded = x * kLog2E + kRounder;  // its low bits are n
  const Lanes n = rounded - kRounder;
  const Lanes r = (x - n * kLn2High) - n * kLn2Low;
  Lanes sum = r * (1.0 / 6227020800) + 1.0 / 479001600;
  sum = sum * r + 1.0 / 39916800;
  sum = sum * r + 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  Bits bits;
  std::memcpy(&bits, &rounded, sizeof(bits));
  bits = (bits + 1023) << 52;
  Lanes power;
  std::memcpy(&power, &bits, sizeof(power));
  x = sum * power;
}

/// Sums ln(v) of numbers from 1 to `largest` by their products: one logarithm for many.
class LogSum {
 public:
  explicit LogSum(double largest)
      : most_(std::max(1, static_cast<int>(900 / std::log2(std::max(largest, 2.0))))) {}

  SLIPWAY_INLINE void Add(const Lanes& values) {
    product_ *= values;
    if (++count_ == most_) Flush();
  }
  double Total() {
    Flush();
    return total_;
  }

 private:
  void Flush() {
    for (size_t lane = 0; lane < kLanes; ++lane) total_ += std::log(product_[lane]);
    product_ = Lanes{1, 1, 1, 1};
    count_ = 0;
  }

  const int most_;
  int count_ = 0;
  double total_ = 0;
  Lanes product_ = {1, 1, 1, 1};
};

/// `rows` numbers from `from`, zeros behind them.
SLIPWAY_INLINE void LoadSome(const double* from, size_t rows, Lanes& to) {
  to = Lanes{};
  for (size_t lane = 0; lane < rows; ++lane) to[lane] = from[lane];
}

/// One step of LogisticResiduals: s becomes sigmoid(s) − y.
/// @param log_argument  1 + e^−|s|. @param linear  max(s, 0) − y·s; the loss is ln of the one plus
///   the other.
SLIPWAY_INLINE void LogisticStep(Lanes& s, const Lanes& y, Lanes& log_argument, Lanes& linear) {
  const Lanes zero = {};
  const Lanes positive = s > zero ? s : zero;
  Lanes e = s > zero ? -s : s;
  linear = positive - y * s;
  ExpOfNegative(e);
  log_argument = 1.0 + e;
  s = (s > zero ? zero + 1.0 : e) / log_argument - y;
}

SLIPWAY_CLONES double LogisticResidualsOf(double* scores, const double* y, const double* weights,
                                          size_t rows) {
  LogSum logs(2);
  Lanes sum = {};
  double weighted = 0;
  for (size_t row = 0; row < rows; row += kLanes) {
    const size_t some = std::min(kLanes, rows - row);
    Lanes s, label, log_argument, linear;
    if (some == kLanes) {
      LoadLanes(scores + row, s);
      LoadLanes(y + row, label);
    } else {
      LoadSome(scores + row, some, s);
      LoadSome(y + row, some, label);
    }
    LogisticStep(s, label, log_argument, linear);
    if (weights == nullptr && some == kLanes) {
      logs.Add(log_argument);
      sum += linear;
      StoreLanes(s, scores + row);
      continue;
    }
    for (size_t lane = 0; lane < some; ++lane) {
      const double w = weights ? weights[row + lane] : 1;
      weighted += w * (std::log(log_argument[lane]) + linear[lane]);
      scores[row + lane] = w * s[lane];
    }
  }
  return logs.Total() + SumOf(sum) + weighted;
}

/// Four rows of SoftmaxResiduals: scores become probabilities.
/// @param sum  Σ e^(s − most)
SLIPWAY_INLINE void SoftmaxStep(double* scores, size_t stride, size_t classes, Lanes& most,
                                Lanes& sum) {
  LoadLanes(scores, most);
  for (size_t k = 1; k < classes; ++k) {
    Lanes s;
    LoadLanes(scores + k * stride, s);
    most = s > most ? s : most;
  }
  sum = Lanes{};
  for (size_t k = 0; k < classes; ++k) {
    Lanes e;
    LoadLanes(scores + k * stride, e);
    e -= most;
    ExpOfNegative(e);
    sum += e;
    StoreLanes(e, scores + k * stride);
  }
  const Lanes share = 1.0 / sum;
  for (size_t k = 0; k < classes; ++k) {
    Lanes e;
    LoadLanes(scores + k * stride, e);
    e *= share;
    StoreLanes(e, scores + k * stride);
  }
}

/// @param rows  a multiple of kLanes; the caller pads.
SLIPWAY_CLONES double SoftmaxResidualsOf(double* scores, size_t stride, size_t classes,
                                         const int32_t* y, const double* weights, size_t rows,
                                         size_t padded) {
  LogSum logs(static_cast<double>(classes));
  double total = 0;
  for (size_t row = 0; row < padded; row += kLanes) {
    const size_t some = std::min(kLanes, rows - row);
    double own[kLanes];
    for (size_t lane = 0; lane < some; ++lane)
      own[lane] = scores[static_cast<size_t>(y[row + lane]) * stride + row + lane];
    Lanes most, sum;
    SoftmaxStep(scores + row, stride, classes, most, sum);
    if (weights == nullptr && some == kLanes) {
      logs.Add(sum);
      for (size_t lane = 0; lane < kLanes; ++lane) total += most[lane] - own[lane];
    } else {
      for (size_t lane = 0; lane < some; ++lane)
        total +=
            (weights ? weights[row + lane] : 1) * (std::log(sum[lane]) + most[lane] - own[lane]);
    }
    for (size_t lane = 0; lane < some; ++lane)
      scores[static_cast<size_t>(y[row + lane]) * stride + row + lane] -= 1;
  }
  if (weights)
    for (size_t k = 0; k < classes; ++k)
      for (size_t row = 0; row < rows; ++row) scores[k * stride + row] *= weights[row];
  return logs.Total() + total;
}

}  // namespace

double LogisticResiduals(double* scores, const double* y, const double* weights, size_t rows) {
  return LogisticResidualsOf(scores, y, weights, rows);
}

double SoftmaxResiduals(double* scores, size_t stride, size_t classes, const int32_t* y,
                        const double* weights, size_t rows) {
  const size_t padded = (rows + kLanes - 1) / kLanes * kLanes;
  return SoftmaxResidualsOf(scores, stride, classes, y, weights, rows, padded);
}

}  // namespace slipway::train
