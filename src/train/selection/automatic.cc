#include "train/selection/automatic.h"

#include <array>

namespace slipway::train {
namespace {

struct Candidate {
  std::string_view kind;
  size_t max_rows = SIZE_MAX;
};

constexpr size_t kQuadratic = 20'000;  // rows of what takes quadratic time
constexpr size_t kSlow = 200'000;

/// Cheapest first: a budget that runs out has then tried most.
constexpr std::array<Candidate, 11> kCandidates = {{{"constant"},
                                                    {"linear"},
                                                    {"ridge"},
                                                    {"naive-bayes"},
                                                    {"logistic"},
                                                    {"tree"},
                                                    {"boosting"},
                                                    {"forest", kSlow},
                                                    {"network", kSlow},
                                                    {"neighbors", kQuadratic},
                                                    {"svm", kQuadratic}}};

}  // namespace

std::vector<Recipe> AutomaticRecipes(data::Task task, size_t rows) {
  std::vector<Recipe> recipes;
  for (const Candidate& candidate : kCandidates)
    for (const EstimatorKind& kind : EstimatorKinds()) {
      const bool suits = task == data::Task::kRegression ? kind.regresses : kind.classifies;
      if (kind.name == candidate.kind && suits && rows <= candidate.max_rows)
        recipes.push_back({&kind, {}});
    }
  return recipes;
}

}  // namespace slipway::train
