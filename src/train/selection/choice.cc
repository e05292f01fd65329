#include "train/selection/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace slipway::train {
namespace {

/// Trials with scores, of those that learned from most rows.
std::vector<const Trial*> Eligible(std::span<const Trial> trials) {
  size_t most = 0;
  for (const Trial& trial : trials)
    if (trial.ok()) most = std::max(most, trial.rows);
  std::vector<const Trial*> eligible;
  for (const Trial& trial : trials)
    if (trial.ok() && trial.rows == most) eligible.push_back(&trial);
  return eligible;
}

}  // namespace

Choice ChooseBest(const evaluate::NamedMetric& metric, std::span<const Trial> trials) {
  Choice choice;
  for (const Trial* const trial : Eligible(trials))
    if (choice.best == nullptr || IsBetter(metric, *trial, *choice.best)) choice.best = trial;
  choice.chosen = choice.best;
  return choice;
}

Choice ChooseSimplest(const evaluate::NamedMetric& metric, std::span<const Trial> trials) {
  Choice choice = ChooseBest(metric, trials);
  for (const Trial* const trial : Eligible(trials)) {
    if (std::abs(trial->mean - choice.best->mean) > choice.best->error) continue;
    const bool smaller = trial->model_bytes < choice.chosen->model_bytes;
    const bool better = trial->model_bytes == choice.chosen->model_bytes &&
                        IsBetter(metric, *trial, *choice.chosen);
    if (smaller || better) choice.chosen = trial;
  }
  return choice;
}

std::string ExplainChoice(const Choice& choice, const evaluate::NamedMetric& metric) {
  const std::string name = NameOf(choice.chosen->recipe);
  if (choice.chosen == choice.best) return fmt::format("{} has the best {}", name, metric.name);
  return fmt::format(
      "{} is the smallest model whose {} lies within one standard error ({:.4g}) of the best, {}'s",
      name, metric.name, choice.best->error, NameOf(choice.best->recipe));
}

}  // namespace slipway::train
