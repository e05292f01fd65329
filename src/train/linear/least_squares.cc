#include "train/linear/least_squares.h"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <cmath>
#include <limits>
#include <optional>

#include "train/kinds.h"
#include "train/linear/moments.h"
#include "train/linear/row_blocks.h"

namespace slipway::train {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Coefficients lose about this share of their digits to normal equations; QR loses its root.
constexpr double kLeastReciprocalCondition = 1e-8;

/// Solves (G + alpha)·b = g of the products [G g] of centred columns. Columns are scaled to the
/// same length, constant ones get 0. nullopt: too close to singular.
std::optional<VectorXd> SolveNormalEquations(const std::vector<double>& products,
                                             const Means& means, double alpha) {
  const auto count = static_cast<Eigen::Index>(means.features.size());
  const Eigen::Map<const MatrixXd> all(products.data(), count + 1, count + 1);
  VectorXd scale(count);
  for (Eigen::Index j = 0; j < count; ++j) {
    const bool constant = IsConstant(means, static_cast<size_t>(j), all(j, j));
    scale[j] = constant ? 0 : 1 / std::sqrt(all(j, j) + alpha);
  }
  MatrixXd gram = scale.asDiagonal() * all.topLeftCorner(count, count) * scale.asDiagonal();
  gram.diagonal().setOnes();
  const Eigen::LLT<Eigen::Ref<MatrixXd>> cholesky(gram);
  if (cholesky.info() != Eigen::Success || !(cholesky.rcond() > kLeastReciprocalCondition))
    return std::nullopt;
  return scale.cwiseProduct(cholesky.solve(scale.cwiseProduct(all.col(count).head(count))));
}

/// The triangle R of `matrix` = QR, in its place; of a wide matrix itself.
void ReduceToTriangle(MatrixXd& matrix) {
  const Eigen::Index size = matrix.cols();
  if (matrix.rows() <= size) return;
  const Eigen::HouseholderQR<Eigen::Ref<MatrixXd>> qr(matrix);
  MatrixXd triangle = matrix.topRows(size).triangularView<Eigen::Upper>();
  matrix = std::move(triangle);
}

/// Puts the rows of `below` under those of `matrix`.
void Append(MatrixXd& matrix, const MatrixXd& below) {
  MatrixXd both(matrix.rows() + below.rows(), below.cols());
  both << matrix, below;
  matrix = std::move(both);
}

/// A matrix of at most as many rows as columns with the products of all centred rows.
MatrixXd TriangleOf(const Samples& samples, const Means& means, Team& team) {
  const size_t count = samples.features.size() + 1;
  const size_t parts = PartsOf(samples.rows, count * count);
  const size_t block = std::max(2 * count, BlockRows(count));
  std::vector<MatrixXd> triangles(parts);
  team.ForEach(parts, [&](size_t part) {
    const Share share = ShareOf(samples.rows, part, parts);
    triangles[part].resize(0, static_cast<Eigen::Index>(count));
    for (size_t begin = share.begin; begin < share.end; begin += block) {
      const size_t end = std::min(share.end, begin + block);
      MatrixXd rows(end - begin, count);
      CentreRows(samples, means, begin, end, rows.data(), end - begin);
      Append(triangles[part], rows);
      ReduceToTriangle(triangles[part]);
    }
  });
  for (size_t part = 1; part < parts; ++part) {
    Append(triangles[0], triangles[part]);
    ReduceToTriangle(triangles[0]);
  }
  return std::move(triangles[0]);
}

/// The shortest of the vectors b that bring matrix·b closest to `right`.
struct Solution {
  VectorXd coefficients;
  Eigen::Index rank;
};
Solution SolveShortest(const MatrixXd& matrix, const VectorXd& right) {
  Eigen::CompleteOrthogonalDecomposition<MatrixXd> decomposition(matrix.rows(), matrix.cols());
  decomposition.setThreshold(std::numeric_limits<double>::epsilon() *
                             static_cast<double>(std::max(matrix.rows(), matrix.cols())));
  decomposition.compute(matrix);
  return {decomposition.solve(right), decomposition.rank()};
}

/// Columns of very different lengths keep their rank when scaled to one length; the shortest
/// solution is asked of the columns as they are, unless they lose rank by that.
Solution SolveOrthogonally(const Samples& samples, const Means& means, double alpha, Team& team) {
  const auto count = static_cast<Eigen::Index>(samples.features.size());
  MatrixXd all = TriangleOf(samples, means, team);
  for (Eigen::Index j = 0; j < count; ++j)
    if (IsConstant(means, static_cast<size_t>(j), all.col(j).squaredNorm())) all.col(j).setZero();
  if (alpha > 0) {
    MatrixXd penalty = MatrixXd::Zero(count, count + 1);
    penalty.diagonal().setConstant(std::sqrt(alpha));
    Append(all, penalty);
  }
  const MatrixXd matrix = all.leftCols(count);
  const VectorXd lengths = matrix.colwise().norm().transpose();
  const VectorXd scale = lengths.unaryExpr([](double x) { return x > 0 ? 1 / x : 0.0; });
  Solution scaled = SolveShortest(matrix * scale.asDiagonal(), all.col(count));
  scaled.coefficients = scale.cwiseProduct(scaled.coefficients);
  if (scaled.rank == count) return scaled;
  Solution plain = SolveShortest(matrix, all.col(count));
  return plain.rank == scaled.rank ? plain : scaled;
}

/// Fewer rows than features: b = Xᵀ (XXᵀ + alpha)⁻¹ y. nullopt: too close to singular.
std::optional<VectorXd> SolveDual(const Samples& samples, const Means& means, double alpha) {
  const auto rows = static_cast<Eigen::Index>(samples.rows);
  const auto count = static_cast<Eigen::Index>(samples.features.size());
  MatrixXd all(rows, count + 1);
  CentreRows(samples, means, 0, samples.rows, all.data(), samples.rows);
  MatrixXd kernel = MatrixXd::Zero(rows, rows);
  kernel.selfadjointView<Eigen::Lower>().rankUpdate(all.leftCols(count));
  kernel.diagonal().array() += alpha;
  const Eigen::LLT<Eigen::Ref<MatrixXd>> cholesky(kernel);
  if (cholesky.info() != Eigen::Success || !(cholesky.rcond() > kLeastReciprocalCondition))
    return std::nullopt;
  return all.leftCols(count).transpose() * cholesky.solve(all.col(count));
}

LinearModel ModelOf(const VectorXd& coefficients, const Means& means) {
  LinearModel model;
  model.features = means.features.size();
  model.weights.assign(coefficients.begin(), coefficients.end());
  double intercept = means.target;
  for (size_t j = 0; j < model.features; ++j) intercept -= means.features[j] * model.weights[j];
  model.intercepts = {intercept};
  return model;
}

}  // namespace

StatusOr<LeastSquaresFit> FitLeastSquares(const Samples& samples,
                                          const LeastSquaresOptions& options, Team& team) {
  ASSIGN_OR_RETURN(const Means means, MeansOf(team, samples, options.fit_intercept));
  LeastSquaresFit fit;
  std::optional<VectorXd> coefficients;
  if (samples.rows >= samples.features.size()) {
    coefficients =
        SolveNormalEquations(CentredProducts(team, samples, means), means, options.alpha);
    fit.method = "normal equations, Cholesky";
  } else if (options.alpha > 0) {
    coefficients = SolveDual(samples, means, options.alpha);
    fit.method = "dual, Cholesky";
  }
  if (!coefficients) {
    Solution solution = SolveOrthogonally(samples, means, options.alpha, team);
    fit.method = fmt::format("orthogonal decomposition, rank {} of {}", solution.rank,
                             samples.features.size());
    coefficients = std::move(solution.coefficients);
  }
  fit.model = ModelOf(*coefficients, means);
  RETURN_IF_ERROR(CheckConverged(fit.model));
  return fit;
}

namespace {

StatusOr<std::unique_ptr<Fitted>> Fit(const Samples& samples, const LeastSquaresOptions& options,
                                      const FitOptions& fit_options) {
  ASSIGN_OR_RETURN(LeastSquaresFit fit, FitLeastSquares(samples, options, *fit_options.team));
  return MakeRegressor(std::move(fit.model), std::move(fit.method));
}

const ParameterSpec kFitIntercept = {.name = "fit_intercept",
                                     .type = ParameterSpec::Type::kFlag,
                                     .otherwise = 1,
                                     .max = 1,
                                     .help = "Whether the answer has a constant part."};

}  // namespace

const EstimatorKind kLinear = {
    .name = "linear",
    .summary = "Linear regression by least squares.",
    .regresses = true,
    .parameters = {kFitIntercept},
    .fit = [](const Samples& samples, const Parameters& parameters, const FitOptions& options) {
      return Fit(samples, {.fit_intercept = parameters.Flag("fit_intercept")}, options);
    }};

const EstimatorKind kRidge = {
    .name = "ridge",
    .summary = "Linear regression with a penalty on the squares of the coefficients.",
    .regresses = true,
    .needs = {.wants_scaling = true},
    .parameters = {{.name = "alpha",
                    .otherwise = 1,
                    .min = 0,
                    .max = 1e300,
                    .help = "Weight of the penalty; 0 for none."},
                   kFitIntercept},
    .search = {{"alpha", {"0.01", "0.1", "1", "10", "100", "1000"}}},
    .fit = [](const Samples& samples, const Parameters& parameters, const FitOptions& options) {
      return Fit(
          samples,
          {.alpha = parameters.Number("alpha"), .fit_intercept = parameters.Flag("fit_intercept")},
          options);
    }};

}  // namespace slipway::train
