#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

namespace slipway::tabular {

/// Probabilities p of classes from r[i][j], that of i against j, 0 on the diagonal: the minimum of
/// p'Qp, coordinate by coordinate, until all of Qp are close to p'Qp. Sources: Wu, Lin and Weng
/// 2004, second method; libsvm's stop.
template <typename T>
class Coupling {
 public:
  explicit Coupling(size_t classes) : classes_(classes), q_(classes * classes), qp_(classes) {}

  void Solve(const T* r, T* p) {
    SetForm(r);
    const T tolerance = T(0.005) / static_cast<T>(classes_);
    std::fill_n(p, classes_, 1 / static_cast<T>(classes_));
    for (size_t round = 0; round < std::max<size_t>(100, classes_); ++round) {
      if (Multiply(p) < tolerance) return;
      for (size_t t = 0; t < classes_; ++t) Descend(t, p);
    }
  }

 private:
  /// Q[t][t] = Σ r[j][t]², Q[t][j] = −r[j][t]·r[t][j].
  void SetForm(const T* r) {
    for (size_t t = 0; t < classes_; ++t) {
      T squares = 0;
      for (size_t j = 0; j < classes_; ++j) {
        const T against = r[j * classes_ + t];
        squares += against * against;
        q_[t * classes_ + j] = -against * r[t * classes_ + j];
      }
      q_[t * classes_ + t] = squares;
    }
  }

  /// Sets qp_ and pqp_; how far the one is from the other at most.
  T Multiply(const T* p) {
    pqp_ = 0;
    for (size_t t = 0; t < classes_; ++t) {
      qp_[t] = 0;
      for (size_t j = 0; j < classes_; ++j) qp_[t] += q_[t * classes_ + j] * p[j];
      pqp_ += p[t] * qp_[t];
    }
    T error = 0;
    for (const T each : qp_) error = std::max(error, std::abs(each - pqp_));
    return error;
  }

  void Descend(size_t t, T* p) {
    const T* const column = q_.data() + t * classes_;  // or row: Q is symmetric
    const T step = (pqp_ - qp_[t]) / column[t];
    pqp_ = (pqp_ + step * (step * column[t] + 2 * qp_[t])) / (1 + step) / (1 + step);
    p[t] += step;
    for (size_t j = 0; j < classes_; ++j) {
      qp_[j] = (qp_[j] + step * column[j]) / (1 + step);
      p[j] /= 1 + step;
    }
  }

  const size_t classes_;
  T pqp_ = 0;
  std::vector<T> q_, qp_;
};

}  // namespace slipway::tabular
