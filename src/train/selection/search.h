#pragma once
// Which parameters? Tries recipes by cross-validation.

#include "train/selection/trial.h"

namespace slipway::train {

/// Values to try, by parameter.
using Choices = std::map<std::string, std::vector<std::string>>;

/// What a kind's table proposes, less what is given; of given parameters with several values
/// ("max_depth": "3,6"; of texts, which may hold commas, "hidden": "50;100,50") each.
/// @param given  on return those with one value.
Choices ChoicesOf(const EstimatorKind& kind, std::map<std::string, std::string>& given);

size_t CombinationsOf(const Choices& choices);  // at most 2^40 is told

/// Every combination, the last parameter changing fastest.
std::vector<Recipe> Grid(const Recipe& base, const Choices& choices);
/// `count` combinations, each once, chosen by seed; all when there are not more.
std::vector<Recipe> Sample(const Recipe& base, const Choices& choices, size_t count, uint64_t seed);

/// Tries each recipe on all folds, until `control` stops it; what was not begun is left out.
std::vector<Trial> TryAll(const Experiment& experiment, std::span<const Recipe> recipes,
                          const TrainOptions& options, const Control& control);

/// Successive halving: all recipes learn from few rows, the better third from three times as many,
/// and so on; the last round learns from all rows.
/// @param resource  "": rows; else a parameter of the kind that counts something ("iterations"),
///   whose value in the recipe (or default) is the last round's.
/// @return the trials of all rounds, the last round's at the end.
/// Source: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification" (2016).
StatusOr<std::vector<Trial>> Halve(const Experiment& experiment, std::vector<Recipe> recipes,
                                   std::string_view resource, const TrainOptions& options,
                                   const Control& control);

}  // namespace slipway::train
