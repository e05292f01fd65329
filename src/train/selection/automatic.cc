#include "train/selection/automatic.h"

#include <algorithm>

namespace slipway::train {
namespace {

struct Candidate {
  std::string_view kind;
  size_t max_rows = SIZE_MAX;
  std::map<std::string, std::string> parameters = {};
};

constexpr size_t kQuadratic = 20'000;  // rows of what takes quadratic time
constexpr size_t kSlow = 200'000;

/// Cheapest first: a budget that runs out has then tried most.
const std::vector<Candidate>& Candidates() {
  static const std::vector<Candidate> candidates = {
      {"constant"},       {"linear"},   {"ridge"},         {"logistic"},   {"naive_bayes"},
      {"tree"},           {"boosting"}, {"forest", kSlow}, {"mlp", kSlow}, {"knn", kQuadratic},
      {"svm", kQuadratic}};
  return candidates;
}

}  // namespace

std::vector<Recipe> AutomaticRecipes(data::Task task, size_t rows, size_t) {
  std::vector<Recipe> recipes;
  for (const Candidate& candidate : Candidates())
    for (const EstimatorKind& kind : EstimatorKinds()) {
      const bool suits = task == data::Task::kRegression ? kind.regresses : kind.classifies;
      if (kind.name == candidate.kind && suits && rows <= candidate.max_rows)
        recipes.push_back({&kind, candidate.parameters});
    }
  return recipes;
}

}  // namespace slipway::train
