#include "optimise/distil/distil.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "evaluate/predictions.h"

namespace slipway::optimise {
namespace {

constexpr double kLeastProbability = 0.01;  // what is less likely teaches little and costs a row

/// Rows as often as classes are likely there, weighed by their probabilities and their own weights.
struct Lesson {
  std::vector<uint32_t> rows;
  data::Target target;
  std::vector<double> weights;
};

Lesson SoftLesson(const evaluate::Predictions& taught, const LabelledRows& rows) {
  const data::Target& target = *rows.target;
  Lesson lesson{{}, target, {}};
  lesson.target.classes.clear();
  const size_t labels = target.labels.size();
  for (size_t i = 0; i < taught.probabilities.size(); ++i) {
    if (!(taught.probabilities[i] >= kLeastProbability)) continue;
    lesson.rows.push_back(static_cast<uint32_t>(i / labels));
    lesson.target.classes.push_back(static_cast<int32_t>(i % labels));
    lesson.weights.push_back(taught.probabilities[i] * rows.weight(i / labels));
  }
  return lesson;
}

/// Rows of which the teacher says none of the target's classes teach nothing.
Lesson HardLesson(const evaluate::Predictions& taught, const LabelledRows& rows) {
  const data::Target& target = *rows.target;
  Lesson lesson{{}, target, {}};
  lesson.target.classes.clear();
  lesson.target.values = taught.values;
  const bool regression = target.task == data::Task::kRegression;
  for (size_t row = 0; row < rows.table.rows; ++row) {
    if (!regression && taught.classes[row] < 0) continue;
    lesson.rows.push_back(static_cast<uint32_t>(row));
    if (!regression) lesson.target.classes.push_back(taught.classes[row]);
    if (!rows.weights.empty()) lesson.weights.push_back(rows.weight(row));
  }
  return lesson;
}

/// What ties the copies that a lesson has of a row.
data::Column NumbersOfRows(size_t rows) {
  data::Column numbers{.name = "row"};
  numbers.numbers.resize(rows);
  std::iota(numbers.numbers.begin(), numbers.numbers.end(), 0.0);
  return numbers;
}

Status CheckLesson(const data::Target& target) {
  const auto same = [](const auto& values) {
    return std::ranges::adjacent_find(values, std::ranges::not_equal_to()) == values.end();
  };
  if (target.task == data::Task::kRegression ? same(target.values) : same(target.classes))
    return MakeError(Reason::kBadRequest,
                     "the model says the same of every row: there is nothing to learn from it");
  return OkStatus();
}

}  // namespace

StatusOr<train::Trained> Distil(const evaluate::Runner& teacher, const LabelledRows& rows,
                                const train::Recipe& student, const train::TrainOptions& options) {
  const data::Table& table = rows.table;
  ASSIGN_OR_RETURN(const evaluate::Predictions taught,
                   evaluate::Predict(teacher, table, *rows.target));
  const Lesson lesson =
      taught.probabilities.empty() ? HardLesson(taught, rows) : SoftLesson(taught, rows);
  RETURN_IF_ERROR(CheckLesson(lesson.target));
  const data::Column& tie = rows.group ? *rows.group : NumbersOfRows(table.rows);
  const train::Dataset set{.table = table.Select(lesson.rows),
                           .target = lesson.target,
                           .weights = lesson.weights,
                           .group = tie.Select(lesson.rows),
                           .time = std::nullopt};
  return train::Train(set, student, options);
}

}  // namespace slipway::optimise
