#pragma once
// Small graphs that several estimators are made of. Matrices are FP64 [n, k] unless said otherwise.

#include <span>
#include <string>
#include <vector>

#include "import/graph.h"

namespace slipway::importing::sklearn {

/// An operator over x, with the same columns.
Matrix Map(Graph& graph, std::string_view op_type, const Matrix& x,
           const std::vector<onnx::Attribute>& attributes = {});
/// An operator over x and a row of constants: one, or as many as x has columns.
Matrix MapWith(Graph& graph, std::string_view op_type, const Matrix& x,
               const std::vector<double>& row);
/// x·weights. @param weights [columns, outputs], row-major.
Matrix Multiply(Graph& graph, const Matrix& x, const std::vector<double>& weights, int64_t outputs);
/// x·weights + offsets. @param weights [columns, outputs], row-major.
Matrix Affine(Graph& graph, const Matrix& x, const std::vector<double>& weights,
              const std::vector<double>& offsets);
/// [rows, columns] → [columns, rows].
std::vector<double> Transposed(const std::vector<double>& values, int64_t rows, int64_t columns);

/// Sum, or another reduction, over the columns: [n, 1].
Matrix Reduce(Graph& graph, std::string_view op_type, const Matrix& x);
/// 1 for each row of x: [n, 1] of FP64, times `value`.
Matrix Filled(Graph& graph, const Matrix& x, double value);
Matrix Softmax(Graph& graph, const Matrix& x);
/// [1 − p, p] of p [n, 1].
Matrix WithComplement(Graph& graph, const Matrix& p);

/// x / divisor [n, 1], and x itself in the rows where `is_one` [n, 1] holds.
Matrix DividedUnless(Graph& graph, const Matrix& x, const std::string& is_one,
                     const Matrix& divisor);
/// Rows divided by their sums; rows of zeros become uniform.
Matrix DividedBySum(Graph& graph, const Matrix& p);
/// `shares`, or equal ones in the rows where `empty` [n, 1] holds.
Matrix OrUniform(Graph& graph, const std::string& empty, const Matrix& shares);

/// ln(1 + x) and e^x − 1 that keep their digits near 0, as numpy's do.
Matrix Log1p(Graph& graph, const Matrix& x);
Matrix Expm1(Graph& graph, const Matrix& x);
/// log2 or log10, exact at the powers of `base`.
Matrix LogToBase(Graph& graph, const Matrix& x, double base);

/// ln of the joint likelihoods of normally distributed columns: Σ ln N(x; mean, variance) + prior.
/// @param means, variances  [classes, columns], row-major. @param priors  [classes], logarithms.
/// @return [n, classes]
Matrix GaussianJoint(Graph& graph, const Matrix& x, const std::vector<double>& means,
                     const std::vector<double>& variances, std::vector<double> priors);

/// The first largest of each row: INT64 [n].
std::string ArgMax(Graph& graph, const Matrix& x);
/// 1 where column [n, 1] is greater than `limit`, else 0: INT64 [n].
std::string IsAbove(Graph& graph, const Matrix& column, double limit);
/// [n, 1] as [n].
std::string Squeeze(Graph& graph, const Matrix& column);

}  // namespace slipway::importing::sklearn
