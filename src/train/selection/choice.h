#pragma once
// Which trial wins, and why.

#include "train/selection/trial.h"

namespace slipway::train {

struct Choice {
  const Trial* best = nullptr;    // of the best mean; null when no trial has a score
  const Trial* chosen = nullptr;  // what to train
};

/// The trial of the best mean.
Choice ChooseBest(const evaluate::NamedMetric& metric, std::span<const Trial> trials);

/// The smallest model among those whose mean lies within one standard error (of the best) of the
/// best; of equally small ones the better. Trials on part of the rows do not count.
/// Source: Breiman et al., "Classification and Regression Trees" (1984), the 1 SE rule.
Choice ChooseSimplest(const evaluate::NamedMetric& metric, std::span<const Trial> trials);

/// "chosen: logistic …, the smallest model within one standard error of the best (boosting …)".
std::string ExplainChoice(const Choice& choice, const evaluate::NamedMetric& metric);

}  // namespace slipway::train
