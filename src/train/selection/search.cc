#include "train/selection/search.h"

#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.h"

namespace slipway::train {
namespace {

constexpr size_t kFactor = 3;         // of recipes and resource between rounds of halving
constexpr size_t kMinFoldRows = 100;  // a first round on fewer rows says little

Recipe Combination(const Recipe& base, const Choices& choices, size_t place) {
  Recipe recipe = base;
  for (auto choice = choices.rbegin(); choice != choices.rend(); ++choice) {
    const std::vector<std::string>& values = choice->second;
    recipe.parameters[choice->first] = values[place % values.size()];
    place /= values.size();
  }
  return recipe;
}

size_t RoundsFor(size_t recipes, size_t resource, size_t least) {
  size_t rounds = 1;
  for (; recipes > 1 && resource / kFactor >= least; recipes = (recipes + kFactor - 1) / kFactor) {
    resource /= kFactor;
    ++rounds;
  }
  return rounds;
}

/// The recipes of the better third, best first.
std::vector<Recipe> BetterThird(const evaluate::NamedMetric& metric, std::vector<Trial> trials) {
  std::erase_if(trials, [](const Trial& trial) { return !trial.ok(); });
  std::ranges::stable_sort(
      trials, [&](const Trial& left, const Trial& right) { return IsBetter(metric, left, right); });
  std::vector<Recipe> kept;
  for (size_t i = 0; i < (trials.size() + kFactor - 1) / kFactor; ++i)
    kept.push_back(trials[i].recipe);
  return kept;
}

/// The whole of what is shared out among the rounds: rows, or the value of a parameter.
StatusOr<size_t> WholeOf(const Experiment& experiment, const Recipe& recipe,
                         std::string_view resource) {
  if (resource.empty()) {
    size_t rows = 0;
    for (const data::Split& fold : experiment.folds) rows = std::max(rows, fold.train.size());
    return rows;
  }
  for (const ParameterSpec& spec : recipe.kind->parameters)
    if (spec.name == resource && spec.type == ParameterSpec::Type::kCount) {
      ASSIGN_OR_RETURN(const Parameters parameters, recipe.kind->Read(recipe.parameters));
      return static_cast<size_t>(std::max<int64_t>(1, parameters.Count(resource)));
    }
  return Error(Reason::kBadRequest, "{} has no parameter \"{}\" that counts something",
               recipe.kind->name, resource);
}

/// Texts may hold commas themselves.
char SeparatorOf(const EstimatorKind& kind, std::string_view parameter) {
  for (const ParameterSpec& spec : kind.parameters)
    if (spec.name == parameter && spec.type == ParameterSpec::Type::kText) return ';';
  return ',';
}

}  // namespace

Choices ChoicesOf(const EstimatorKind& kind, std::map<std::string, std::string>& given) {
  Choices choices;
  for (const auto& [name, values] : kind.search)
    choices[std::string(name)].assign(values.begin(), values.end());
  std::map<std::string, std::string> fixed;
  for (const auto& [name, text] : given) {
    std::vector<std::string> values = absl::StrSplit(text, SeparatorOf(kind, name));
    choices.erase(name);
    if (values.size() == 1)
      fixed[name] = text;
    else
      choices[name] = std::move(values);
  }
  given = std::move(fixed);
  return choices;
}

size_t CombinationsOf(const Choices& choices) {
  constexpr size_t kMany = size_t{1} << 40;
  size_t count = 1;
  for (const auto& [name, values] : choices) count = std::min(kMany, count * values.size());
  return count;
}

std::vector<Recipe> Grid(const Recipe& base, const Choices& choices) {
  std::vector<Recipe> recipes;
  const size_t count = CombinationsOf(choices);
  for (size_t place = 0; place < count; ++place)
    recipes.push_back(Combination(base, choices, place));
  return recipes;
}

std::vector<Recipe> Sample(const Recipe& base, const Choices& choices, size_t count,
                           uint64_t seed) {
  const size_t all = CombinationsOf(choices);
  if (all <= count) return Grid(base, choices);
  Random random(seed);
  std::set<size_t> chosen;
  std::vector<Recipe> recipes;
  while (recipes.size() < count) {
    const size_t place = random.Below(all);
    if (chosen.insert(place).second) recipes.push_back(Combination(base, choices, place));
  }
  return recipes;
}

std::vector<Trial> TryAll(const Experiment& experiment, std::span<const Recipe> recipes,
                          const TrainOptions& options, const Control& control) {
  std::vector<Trial> trials;
  for (const Recipe& recipe : recipes) {
    if (control.ShouldStop()) break;
    if (control.progress)
      control.progress(static_cast<double>(trials.size()) / static_cast<double>(recipes.size()));
    trials.push_back(RunTrial(experiment, recipe, options, control));
  }
  return trials;
}

StatusOr<std::vector<Trial>> Halve(const Experiment& experiment, std::vector<Recipe> recipes,
                                   std::string_view resource, const TrainOptions& options,
                                   const Control& control) {
  std::vector<Trial> all;
  if (recipes.empty()) return all;
  ASSIGN_OR_RETURN(const size_t whole, WholeOf(experiment, recipes.front(), resource));
  const size_t rounds = RoundsFor(recipes.size(), whole, resource.empty() ? kMinFoldRows : 1);
  for (size_t round = 1; round <= rounds && !recipes.empty() && !control.ShouldStop(); ++round) {
    const auto share = static_cast<size_t>(std::pow(kFactor, rounds - round));
    std::vector<Trial> trials;
    for (Recipe recipe : recipes) {
      if (control.ShouldStop()) break;
      const size_t amount = std::max<size_t>(1, whole / share);
      if (!resource.empty()) recipe.parameters[std::string(resource)] = fmt::format("{}", amount);
      trials.push_back(RunTrial(experiment, recipe, options, control,
                                resource.empty() && round < rounds ? amount : SIZE_MAX));
    }
    if (control.progress)
      control.progress(static_cast<double>(round) / static_cast<double>(rounds));
    recipes = BetterThird(experiment.metric, trials);
    std::ranges::move(trials, std::back_inserter(all));
  }
  return all;
}

}  // namespace slipway::train
