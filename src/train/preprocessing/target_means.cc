#include "train/preprocessing/target_means.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "data/split.h"

namespace slipway::train {
namespace {

struct Moments {
  double weight = 0, sum = 0, squares = 0;

  void Add(double value, double by) {
    weight += by;
    sum += by * value;
    squares += by * value * value;
  }
  double mean() const { return weight > 0 ? sum / weight : 0; }
  double variance() const {
    return weight > 0 ? std::max(0.0, squares / weight - mean() * mean()) : 0;
  }
};

/// The target as numbers: itself, or 1 where it is class `of`.
std::vector<double> Answers(const data::Target& target, int32_t of) {
  if (target.task == data::Task::kRegression) return target.values;
  std::vector<double> answers;
  for (const int32_t label : target.classes) answers.push_back(label == of ? 1 : 0);
  return answers;
}

struct MeansByWord {
  std::vector<double> by_code;
  double overall = 0;
  double Of(int32_t code) const { return code < 0 ? overall : by_code[code]; }
};

MeansByWord MeansOf(std::span<const int32_t> codes, size_t words, std::span<const double> answers,
                    std::span<const double> weights, std::span<const uint32_t> rows) {
  // Around the overall mean, so that squares keep their digits.
  Moments first;
  for (const uint32_t row : rows) first.Add(answers[row], weights.empty() ? 1 : weights[row]);
  const double centre = first.mean();
  Moments all;
  std::vector<Moments> own(words);
  for (const uint32_t row : rows) {
    const double weight = weights.empty() ? 1 : weights[row];
    all.Add(answers[row] - centre, weight);
    if (codes[row] >= 0) own[codes[row]].Add(answers[row] - centre, weight);
  }
  MeansByWord means{.by_code = {}, .overall = centre};
  for (const Moments& category : own) {
    const double trusted = all.variance() * category.weight;
    const double doubt = category.variance();
    const double share = trusted + doubt > 0 ? trusted / (trusted + doubt) : 1;
    means.by_code.push_back(category.weight > 0 ? centre + share * category.mean() : centre);
  }
  return means;
}

}  // namespace

StatusOr<TargetMeans> FitTargetMeans(const data::Column& column, const Dataset& set,
                                     uint64_t seed) {
  const data::Target& target = set.target;
  const std::span<const double> weights = set.weights;
  const size_t rows = set.size();
  TargetMeans fitted;
  fitted.values.words = WordsOf(column);
  const size_t words = fitted.values.words.size();
  const std::vector<int32_t> codes = CodesOf(column, fitted.values.words);
  data::SplitOptions splitting = set.Splitting(seed);
  if (splitting.kind == data::SplitKind::kStratified) splitting.kind = data::SplitKind::kRandom;
  const auto folds = FoldsOf(rows, splitting);
  if (!folds.ok())
    return Annotate(folds.status(), fmt::format("target means of column \"{}\"", column.name));
  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), 0);

  const size_t classes = target.labels.size();
  const size_t width = classes > 2 ? classes : 1;
  fitted.values.values.resize(words * width);
  fitted.training.resize(width * rows);
  for (size_t i = 0; i < width; ++i) {
    const size_t label = width == 1 ? 1 : i;
    fitted.names.push_back(width == 1 ? fmt::format("{}~{}", column.name, target.name)
                                      : fmt::format("{}~{}", column.name, target.labels[label]));
    const std::vector<double> answers = Answers(target, static_cast<int32_t>(label));
    const MeansByWord means = MeansOf(codes, words, answers, weights, all);
    for (size_t word = 0; word < words; ++word)
      fitted.values.values[word * width + i] = means.by_code[word];
    fitted.values.otherwise.push_back(means.overall);
    for (const data::Split& fold : *folds) {
      const MeansByWord others = MeansOf(codes, words, answers, weights, fold.train);
      if (&fold == &folds->front())
        std::fill_n(fitted.training.begin() + static_cast<ptrdiff_t>(i * rows), rows,
                    others.overall);
      for (const uint32_t row : fold.test) fitted.training[i * rows + row] = others.Of(codes[row]);
    }
  }
  return fitted;
}

}  // namespace slipway::train
