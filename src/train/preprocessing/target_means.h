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
  /// [names][rows]: each row's from other folds than its own, so that its category tells it neither
  /// its own answer, nor one of its group, nor a later one. Rows of the earliest time, before which
  /// there is nothing to know a category by, have the mean of them all.
  std::vector<double> training;
};

/// A category's mean is drawn towards that of all rows, the more the fewer rows it has and the more
/// they differ: λ·mean + (1 − λ)·overall with λ = σ²n / (σ²n + variance in the category).
/// Source: Micci-Barreca (2001), empirical Bayes; scikit-learn's TargetEncoder, smooth="auto".
/// @return kBadRequest when the rows cannot be divided (FoldsOf).
StatusOr<TargetMeans> FitTargetMeans(const data::Column& column, const Dataset& rows,
                                     uint64_t seed);

}  // namespace slipway::train
