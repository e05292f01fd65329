#pragma once
#include "train/selection/search.h"

namespace slipway::train {

/// The recipes that are worth a try for data of this task and size, cheapest first: the baseline,
/// linear models, trees, and, of up to 20,000 rows, kernels, neighbours and networks.
std::vector<Recipe> AutomaticRecipes(data::Task task, size_t rows);

}  // namespace slipway::train
