#include "train/kernels/support_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "import/sklearn/pairs.h"
#include "train/algebra/rows.h"
#include "train/kernels/dual_series.h"

namespace slipway::train {
namespace {

DualOptions SolverOptions(const SvmOptions& options, size_t side_by_side, Team* team) {
  return {.tolerance = options.tolerance,
          .cache_bytes = options.cache_bytes / side_by_side,
          .shrinking = options.shrinking,
          .max_iterations = options.max_iterations,
          .team = team};
}

/// All that decides what is solved, but for the values themselves.
std::string TrainingName(const Samples& samples, const SvmOptions& o, size_t folds) {
  return fmt::format(
      "support vectors of {} rows, {} features, {} labels: kernel {} {} {} {}, C {}, epsilon {}, "
      "tolerance {}, shrinking {}, iterations {}, {} folds",
      samples.rows, samples.features.size(), samples.target.labels.size(),
      static_cast<int>(o.kernel.shape), o.kernel.gamma, o.kernel.coef0, o.kernel.degree, o.cost,
      o.epsilon, o.tolerance, o.shrinking, o.max_iterations, o.probability ? folds : 0);
}

/// One class against another: rows of the samples with their signs.
struct Pair {
  std::vector<uint32_t> rows;
  std::vector<int8_t> signs;
};

/// @param rows  ascending.
Pair Among(const Pair& pair, std::span<const uint32_t> rows) {
  Pair some;
  for (size_t i = 0; i < pair.rows.size(); ++i) {
    if (!std::ranges::binary_search(rows, pair.rows[i])) continue;
    some.rows.push_back(pair.rows[i]);
    some.signs.push_back(pair.signs[i]);
  }
  return some;
}

struct Machine {
  std::vector<double> weights;  // [rows of its pair]: y·α
  double rho = 0;
  int64_t iterations = 0;
  bool converged = false;
};

/// Fits pairs, and what their probabilities need.
class PairFitter {
 public:
  PairFitter(const Samples& samples, const Points& points, const SvmOptions& options,
             const FitOptions& fit, std::vector<Pair> pairs)
      : samples_(samples),
        points_(points),
        options_(options),
        fit_(fit),
        pairs_(std::move(pairs)),
        per_pair_(options.probability ? 1 + fit.folds.size() : 1),
        machines_(pairs_.size()),
        sigmoids_(options.probability ? pairs_.size() : 0) {}

  /// @return what a checkpoint cannot be read or saved for.
  Status Run() {
    ASSIGN_OR_RETURN(series_,
                     DualSeries::Create(TrainingName(samples_, options_, fit_.folds.size()),
                                        pairs_.size() * per_pair_, fit_));
    const auto team_size = static_cast<size_t>(fit_.team->size());
    const bool side_by_side = team_size > 1 && pairs_.size() >= team_size;
    const DualOptions solver =
        SolverOptions(options_, side_by_side ? team_size : 1, side_by_side ? nullptr : fit_.team);
    if (!side_by_side) {
      for (size_t p = 0; p < pairs_.size(); ++p) RETURN_IF_ERROR(FitPair(p, solver));
      return OkStatus();
    }
    std::vector<Status> fitted(pairs_.size());
    fit_.team->ForEach(pairs_.size(), [&](size_t p) { fitted[p] = FitPair(p, solver); });
    for (const Status& status : fitted) RETURN_IF_ERROR(status);
    return OkStatus();
  }

  const std::vector<Pair>& pairs() const { return pairs_; }
  const std::vector<Machine>& machines() const { return machines_; }
  std::vector<Sigmoid>& sigmoids() { return sigmoids_; }

 private:
  Status FitPair(size_t p, const DualOptions& solver) {
    ASSIGN_OR_RETURN(machines_[p], FitMachine(p * per_pair_, pairs_[p], solver));
    if (!options_.probability) return OkStatus();
    ASSIGN_OR_RETURN(sigmoids_[p], FitProbability(p, solver));
    return OkStatus();
  }

  /// @param number  of its problem among all.
  StatusOr<Machine> FitMachine(size_t number, const Pair& pair, const DualOptions& solver) {
    DualProblem problem{.points = points_, .point = pair.rows, .sign = pair.signs};
    problem.linear.assign(pair.rows.size(), -1);
    for (const uint32_t row : pair.rows)
      problem.bound.push_back(options_.cost * samples_.weight(row));
    ASSIGN_OR_RETURN(const DualSolution solution, series_->Solve(number, problem, solver));
    Machine machine{
        .rho = solution.rho, .iterations = solution.iterations, .converged = solution.converged};
    for (size_t i = 0; i < pair.rows.size(); ++i)
      machine.weights.push_back(pair.signs[i] * solution.alpha[i]);
    return machine;
  }

  /// The decisions of a machine at rows that it was not fitted to.
  void Decide(const Pair& pair, const Machine& machine, std::span<const uint32_t> rows,
              std::span<double> decisions) const {
    const KernelRows kernels(points_, rows);
    std::vector<float> row(kernels.padded());
    std::ranges::fill(decisions, -machine.rho);
    for (size_t i = 0; i < pair.rows.size(); ++i) {
      if (machine.weights[i] == 0) continue;
      kernels.Row(points_.row(pair.rows[i]), nullptr, row.data());
      for (size_t k = 0; k < rows.size(); ++k)
        decisions[k] += machine.weights[i] * static_cast<double>(row[k]);
    }
  }

  /// Platt's sigmoid of decisions that machines make of what each has not seen.
  StatusOr<Sigmoid> FitProbability(size_t p, const DualOptions& solver) {
    const Pair& pair = pairs_[p];
    std::vector<double> decisions, weights;
    std::vector<int8_t> signs;
    size_t number = p * per_pair_;
    for (const data::Split& fold : fit_.folds) {
      ++number;
      const Pair seen = Among(pair, fold.train), unseen = Among(pair, fold.test);
      signs.insert(signs.end(), unseen.signs.begin(), unseen.signs.end());
      for (const uint32_t row : unseen.rows) weights.push_back(samples_.weight(row));
      decisions.resize(signs.size());
      const std::span<double> own = std::span(decisions).last(unseen.rows.size());
      const auto [least, most] = std::ranges::minmax_element(seen.signs);
      if (seen.signs.empty() || *least == *most) {
        std::ranges::fill(own, seen.signs.empty() ? 0 : *most);
        series_->Skip();
        continue;
      }
      ASSIGN_OR_RETURN(const Machine machine, FitMachine(number, seen, solver));
      Decide(seen, machine, unseen.rows, own);
    }
    return FitSigmoid(decisions, signs, weights);
  }

  const Samples& samples_;
  const Points& points_;
  const SvmOptions& options_;
  const FitOptions& fit_;
  const std::vector<Pair> pairs_;
  const size_t per_pair_;  // problems: of all its rows, then without each fold
  std::unique_ptr<DualSeries> series_;
  std::vector<Machine> machines_;
  std::vector<Sigmoid> sigmoids_;
};

/// Writes weights by row and pair [rows, pairs] as those of the rows that have any.
void KeepVectors(size_t rows, const std::vector<double>& weights, SupportVectors& machine) {
  const size_t pairs = machine.offsets.size();
  for (size_t row = 0; row < rows; ++row) {
    const auto own = std::span(weights).subspan(row * pairs, pairs);
    if (std::all_of(own.begin(), own.end(), [](double weight) { return weight == 0; })) continue;
    machine.vectors.push_back(static_cast<uint32_t>(row));
    machine.weights.insert(machine.weights.end(), own.begin(), own.end());
  }
}

StatusOr<SupportVectors> FitClasses(const Samples& samples, const Points& points,
                                    const SvmOptions& options, const FitOptions& fit) {
  std::vector<std::vector<uint32_t>> rows_of(samples.target.labels.size());
  for (uint32_t row = 0; row < samples.rows; ++row)
    if (samples.weight(row) > 0) rows_of[samples.target.classes[row]].push_back(row);
  SupportVectors machine;
  for (size_t c = 0; c < rows_of.size(); ++c)
    if (!rows_of[c].empty()) machine.classes.push_back(static_cast<int32_t>(c));
  const auto count = static_cast<int64_t>(machine.classes.size());
  if (count < 2 || count > importing::sklearn::kMaxPairedClasses)
    return Error(Reason::kBadRequest, "svm: expected rows with weight of 2 to {} classes, got {}",
                 importing::sklearn::kMaxPairedClasses, count);
  if (options.probability && fit.folds.empty())
    return MakeError(Reason::kBadRequest, "svm: expected folds to fit probabilities to, got none");
  std::vector<Pair> pairs;
  for (const auto& [i, j] : importing::sklearn::PairsOf(count)) {
    Pair pair;
    for (const auto& [of, sign] : {std::pair{i, int8_t{1}}, {j, int8_t{-1}}}) {
      const auto& rows = rows_of[machine.classes[of]];
      pair.rows.insert(pair.rows.end(), rows.begin(), rows.end());
      pair.signs.insert(pair.signs.end(), rows.size(), sign);
    }
    pairs.push_back(std::move(pair));
  }
  PairFitter fitter(samples, points, options, fit, std::move(pairs));
  RETURN_IF_ERROR(fitter.Run());
  const size_t width = fitter.pairs().size();
  std::vector<double> weights(samples.rows * width);
  for (size_t p = 0; p < width; ++p) {
    const Machine& of = fitter.machines()[p];
    const Pair& pair = fitter.pairs()[p];
    for (size_t i = 0; i < pair.rows.size(); ++i) weights[pair.rows[i] * width + p] = of.weights[i];
    machine.offsets.push_back(-of.rho);
    machine.iterations += of.iterations;
    machine.converged = machine.converged && of.converged;
  }
  machine.sigmoids = std::move(fitter.sigmoids());
  KeepVectors(samples.rows, weights, machine);
  return machine;
}

/// Each row twice: what pulls its answer up, and what pulls it down.
StatusOr<SupportVectors> FitValues(const Samples& samples, const Points& points,
                                   const SvmOptions& options, const FitOptions& fit) {
  DualProblem problem{.points = points};
  for (const int sign : {1, -1}) {
    for (uint32_t row = 0; row < samples.rows; ++row) {
      if (samples.weight(row) == 0) continue;
      problem.point.push_back(row);
      problem.sign.push_back(static_cast<int8_t>(sign));
      problem.linear.push_back(options.epsilon - sign * samples.target.values[row]);
      problem.bound.push_back(options.cost * samples.weight(row));
    }
  }
  ASSIGN_OR_RETURN(const auto series,
                   DualSeries::Create(TrainingName(samples, options, 0), 1, fit));
  ASSIGN_OR_RETURN(const DualSolution solution,
                   series->Solve(0, problem, SolverOptions(options, 1, fit.team)));
  SupportVectors machine{.offsets = {-solution.rho},
                         .iterations = solution.iterations,
                         .converged = solution.converged};
  std::vector<double> weights(samples.rows);
  for (size_t s = 0; s < problem.size(); ++s)
    weights[problem.point[s]] += problem.sign[s] * solution.alpha[s];
  KeepVectors(samples.rows, weights, machine);
  return machine;
}

/// A polynomial of large numbers leaves the range of float32.
Status CheckKernels(const Samples& samples, const Points& points) {
  std::vector<uint32_t> all(points.count());
  std::iota(all.begin(), all.end(), 0);
  const KernelRows kernels(points, all);
  for (size_t i = 0; i < all.size(); ++i)
    if (!std::isfinite(kernels.diagonal()[i]))
      return Error(Reason::kBadRequest,
                   "row {}: its kernel with itself is no finite number; scale the features",
                   samples.number(i));
  return OkStatus();
}

}  // namespace

StatusOr<SupportVectors> FitSupportVectors(const Samples& samples, std::span<const float> rows,
                                           const SvmOptions& options, const FitOptions& fit) {
  RETURN_IF_ERROR(CheckWeights(samples));
  const Points points = {samples.features.size(), rows, options.kernel};
  RETURN_IF_ERROR(CheckKernels(samples, points));
  return samples.target.task == data::Task::kClassification
             ? FitClasses(samples, points, options, fit)
             : FitValues(samples, points, options, fit);
}

}  // namespace slipway::train
