#pragma once
// Naive Bayes: within a class, features are taken to be independent.

#include <cstdint>
#include <vector>

#include "train/linear/linear_model.h"

namespace slipway::train {

struct NaiveBayesOptions {
  /// What numbers are drawn from; categories are always drawn from their own shares.
  enum class Numbers : uint8_t {
    kGaussian,
    kBernoulli,    // is above `binarize` or is not
    kMultinomial,  // counts
  };
  Numbers numbers = Numbers::kGaussian;
  double var_smoothing = 1e-9;  // share of the largest variance that is added to all
  double alpha = 1;             // added to counts
  double binarize = 0;
};

/// The logarithm of a class's probability is, but for what all classes share, the sum of its prior
/// and of what each feature says.
struct NaiveBayesModel {
  Classes classes;
  std::vector<double> priors;  // [classes], logarithms

  std::vector<int64_t> numbers;          // features
  std::vector<double> means, variances;  // [classes][numbers]: Gaussian
  std::vector<double> slopes;      // [classes][numbers]: the others; their offsets are in `priors`
  std::optional<double> binarize;  // Bernoulli

  std::vector<int64_t> categorical;       // features
  std::vector<std::vector<double>> logs;  // by categorical feature: [categories][classes]
};

/// @return kBadRequest when fewer than two classes occur, for weights without a sum, and for
///   negative counts.
StatusOr<NaiveBayesModel> FitNaiveBayes(const Samples& samples, const NaiveBayesOptions& options,
                                        Team& team);

/// ln of the joint likelihoods [n, classes].
importing::Matrix WriteJoint(importing::Graph& graph, const importing::Matrix& features,
                             const NaiveBayesModel& model);

}  // namespace slipway::train
