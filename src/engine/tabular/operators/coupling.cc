// ai.slipway's CouplePairs: docs/formats/slipway-operators.md.

#include <algorithm>
#include <cmath>

#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// Probabilities p of classes from r[i][j], that of i against j, 0 on the diagonal: the minimum of
/// p'Qp, coordinate by coordinate, until all of Qp are close to p'Qp. Sources: Wu, Lin and Weng
/// 2004, second method; libsvm's stop.
class Coupling {
 public:
  explicit Coupling(size_t classes) : classes_(classes), q_(classes * classes), qp_(classes) {}

  void Solve(const double* r, double* p) {
    SetForm(r);
    const double tolerance = 0.005 / static_cast<double>(classes_);
    std::fill_n(p, classes_, 1 / static_cast<double>(classes_));
    for (size_t round = 0; round < std::max<size_t>(100, classes_); ++round) {
      if (Multiply(p) < tolerance) return;
      for (size_t t = 0; t < classes_; ++t) Descend(t, p);
    }
  }

 private:
  /// Q[t][t] = Σ r[j][t]², Q[t][j] = −r[j][t]·r[t][j].
  void SetForm(const double* r) {
    for (size_t t = 0; t < classes_; ++t) {
      double squares = 0;
      for (size_t j = 0; j < classes_; ++j) {
        const double against = r[j * classes_ + t];
        squares += against * against;
        q_[t * classes_ + j] = -against * r[t * classes_ + j];
      }
      q_[t * classes_ + t] = squares;
    }
  }

  /// Sets qp_ and pqp_; how far the one is from the other at most.
  double Multiply(const double* p) {
    pqp_ = 0;
    for (size_t t = 0; t < classes_; ++t) {
      qp_[t] = 0;
      for (size_t j = 0; j < classes_; ++j) qp_[t] += q_[t * classes_ + j] * p[j];
      pqp_ += p[t] * qp_[t];
    }
    double error = 0;
    for (const double each : qp_) error = std::max(error, std::abs(each - pqp_));
    return error;
  }

  void Descend(size_t t, double* p) {
    const double* const column = q_.data() + t * classes_;  // or row: Q is symmetric
    const double step = (pqp_ - qp_[t]) / column[t];
    pqp_ = (pqp_ + step * (step * column[t] + 2 * qp_[t])) / (1 + step) / (1 + step);
    p[t] += step;
    for (size_t j = 0; j < classes_; ++j) {
      qp_[j] = (qp_[j] + step * column[j]) / (1 + step);
      p[j] /= 1 + step;
    }
  }

  const size_t classes_;
  double pqp_ = 0;
  Elements<double> q_, qp_;
};

Status LowerCouplePairs(Lowering& node) {
  ASSIGN_OR_RETURN(const Value r, node.Rows(0));
  if (r.dtype != DType::kFp64 || r.tail.size() != 2 || r.tail[0] != r.tail[1] || r.tail[0] < 1)
    return node.Unsupported("input 0 is {}, expected FP64 [n,classes,classes]", r.ToString());
  ASSIGN_OR_RETURN(const Value p, node.NewRows(DType::kFp64, {r.tail[0]}));
  node.Emit(MakeStep([from = r.slot, to = p.slot, classes = p.columns()](const Block& block) {
              Coupling coupling(classes);
              for (size_t i = 0; i < block.rows; ++i)
                coupling.Solve(block.In<double>(from) + i * classes * classes,
                               block.Out<double>(to) + i * classes);
            }),
            {r.slot}, {p.slot});
  node.Give(0, p);
  return OkStatus();
}

constexpr Operator kOperators[] = {{"ai.slipway", "CouplePairs", LowerCouplePairs, 2}};

}  // namespace

std::span<const Operator> CouplingOperators() { return kOperators; }

}  // namespace slipway::tabular
