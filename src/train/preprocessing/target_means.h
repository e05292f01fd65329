#pragma once
// Categories as means of the target.

#include <cstdint>

#include "train/dataset.h"
#include "train/preprocessing/categories.h"

namespace slipway::train {

/// Means of the target by category.
struct TargetMeans {
  std::vector<std::string>
      names;  // of the features: one, or one a class when there are three or more
  WordValues values;
  /// [names][rows]: each row's from other folds than its own, so that no row sees its own answer,
  /// nor one of its group, nor a later one.
  std::vector<double> training;
};

/// A category's mean is drawn towards that of all rows, the more the fewer rows it has and the more
/// they differ: λ·mean + (1 − λ)·overall with λ = σ²n / (σ²n + variance in the category).
/// Source: Micci-Barreca (2001), empirical Bayes; scikit-learn's TargetEncoder, smooth="auto".
TargetMeans FitTargetMeans(const data::Column& column, const Dataset& rows, uint64_t seed);

}  // namespace slipway::train
