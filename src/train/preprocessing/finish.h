#pragma once
// The last steps of numbers, whatever they were made of.

#include <span>
#include <string>
#include <vector>

#include "import/graph.h"
#include "train/preprocessing/steps.h"
#include "train/samples.h"

namespace slipway::train {

struct FinishOptions {
  Impute impute = Impute::kNone;
  double constant = 0;     // of Impute::kConstant
  bool indicator = false;  // of columns with missing numbers
  Scale scale = Scale::kNone;
  int polynomial = 1;  // 1: none

  bool operator==(const FinishOptions&) const = default;
};

/// Fills in what is missing, scales, and adds products: of k columns, those k, then an indicator
/// for each column that had missing numbers, then all products of 2 to `polynomial` of the k.
/// Deviations and ranges of 0 count as 1.
class Finish {
 public:
  /// @param values  [features][rows]
  static Finish Fit(const FinishOptions& options, const std::vector<Feature>& features,
                    std::span<const double> values, size_t rows);

  const std::vector<Feature>& features() const { return features_; }
  /// @param values  [features()][rows], of which the first k columns are given; all are
  /// overwritten.
  void Apply(std::span<double> values, size_t rows) const;
  /// @param x  FP64 [n, k]. @return FP64 [n, features()].
  importing::Matrix Write(importing::Graph& graph, const importing::Matrix& x) const;

 private:
  void AddProducts(const std::vector<Feature>& base, int degree);

  /// Products of one degree: feature left[i] times column right[i]. Places are those of features()
  /// without indicators.
  struct Products {
    std::vector<int64_t> left, right;
  };

  size_t width_ = 0;
  std::vector<Feature> features_;
  std::vector<double> fill_;             // [k], or empty
  std::vector<double> centre_, spread_;  // [k], or empty
  std::vector<int64_t> indicated_;       // columns
  std::vector<Products> products_;       // by degree, from 2
};

}  // namespace slipway::train
