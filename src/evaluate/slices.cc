#include "evaluate/slices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "evaluate/evaluation.h"
#include "evaluate/select.h"
#include "stats/quantile.h"

namespace slipway::evaluate {
namespace {

constexpr size_t kMaxNumbers = 10;  // more different ones are grouped by quarters
constexpr size_t kRanges = 4;
constexpr std::string_view kMissing = "(missing)";

std::vector<GroupRows> LargestFirst(std::map<std::string, std::vector<uint32_t>> groups) {
  std::vector<GroupRows> sorted;
  for (auto& [name, rows] : groups) sorted.push_back({name, std::move(rows)});
  std::stable_sort(sorted.begin(), sorted.end(), [](const GroupRows& a, const GroupRows& b) {
    return a.rows.size() > b.rows.size();
  });
  return sorted;
}

std::vector<GroupRows> WordGroups(const data::Column& column) {
  std::map<std::string, std::vector<uint32_t>> groups;
  const bool is_text = column.type == data::ColumnType::kText;
  const size_t rows = is_text ? column.texts.size() : column.codes.size();
  for (uint32_t row = 0; row < rows; ++row) {
    const std::string_view word = column.IsMissing(row) ? kMissing
                                  : is_text             ? std::string_view(column.texts[row])
                                                        : column.categories[column.codes[row]];
    groups[std::string(word)].push_back(row);
  }
  return LargestFirst(std::move(groups));
}

/// Where quarters begin and end; fewer where values are many times the same.
std::vector<double> RangeBounds(const std::vector<double>& sorted) {
  std::vector<double> bounds = {sorted.front()};
  for (size_t i = 1; i <= kRanges; ++i) {
    const double bound = stats::Quantile(sorted, static_cast<double>(i) / kRanges);
    if (bound > bounds.back()) bounds.push_back(bound);
  }
  return bounds;
}

std::vector<GroupRows> RangeGroups(const data::Column& column, const std::vector<double>& sorted) {
  const std::vector<double> bounds = RangeBounds(sorted);
  std::vector<GroupRows> groups;
  for (size_t i = 0; i + 1 < bounds.size(); ++i)
    groups.push_back({fmt::format("[{:.4g}, {:.4g}{}", bounds[i], bounds[i + 1],
                                  i + 2 == bounds.size() ? "]" : ")"),
                      {}});
  GroupRows missing{std::string(kMissing), {}};
  for (uint32_t row = 0; row < column.numbers.size(); ++row) {
    const double value = column.numbers[row];
    if (std::isnan(value)) {
      missing.rows.push_back(row);
      continue;
    }
    const auto above = std::upper_bound(bounds.begin() + 1, bounds.end() - 1, value);
    groups[above - bounds.begin() - 1].rows.push_back(row);
  }
  if (!missing.rows.empty()) groups.push_back(std::move(missing));
  return groups;
}

std::vector<GroupRows> NumberGroups(const data::Column& column) {
  std::vector<double> sorted;
  for (const double value : column.numbers)
    if (!std::isnan(value)) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> distinct = sorted;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() > kMaxNumbers) return RangeGroups(column, sorted);
  std::vector<GroupRows> groups;
  for (const double value : distinct) groups.push_back({fmt::format("{}", value), {}});
  GroupRows missing{std::string(kMissing), {}};
  for (uint32_t row = 0; row < column.numbers.size(); ++row) {
    const double value = column.numbers[row];
    if (std::isnan(value))
      missing.rows.push_back(row);
    else
      groups[std::lower_bound(distinct.begin(), distinct.end(), value) - distinct.begin()]
          .rows.push_back(row);
  }
  if (!missing.rows.empty()) groups.push_back(std::move(missing));
  return groups;
}

std::vector<NamedMetric> MetricsOfGroups(const data::Target& target) {
  std::vector<NamedMetric> metrics;
  std::vector<std::string_view> names = {"accuracy", "f1_macro"};
  if (target.task == data::Task::kRegression)
    names = {"mae", "rmse"};
  else if (target.labels.size() == 2)
    names = {"accuracy", "precision", "recall", "selection_rate"};
  for (const std::string_view name : names)
    if (const auto metric = FindMetric(name, target); metric.ok()) metrics.push_back(*metric);
  return metrics;
}

/// The greatest and the least of a metric over groups where it is defined.
class Extremes {
 public:
  void Add(double value) {
    if (std::isnan(value)) return;
    least_ = std::isnan(least_) ? value : std::min(least_, value);
    most_ = std::isnan(most_) ? value : std::max(most_, value);
  }
  double difference() const { return most_ - least_; }
  double ratio() const { return most_ > 0 ? least_ / most_ : 1; }

 private:
  double least_ = std::nan(""), most_ = std::nan("");
};

/// What one group adds to the fairness of its slice.
void AddFairness(const SelectedRows& rows, Extremes& selection, Extremes& recall) {
  const auto measure = [&](std::string_view name) {
    return Measure(*FindMetric(name, rows.target), rows.judged(), rows.weights).value();
  };
  selection.Add(measure("selection_rate"));
  const Confusion confusion = CountConfusion(rows.judged(), rows.weights);
  if (confusion.TrueWeight(rows.positive) > 0) recall.Add(measure("recall"));
}

}  // namespace

std::vector<GroupRows> GroupsOf(const data::Column& column) {
  return column.is_numeric() ? NumberGroups(column) : WordGroups(column);
}

Slice MeasureSlice(const data::Column& column, const Judged& judged, const SliceOptions& options) {
  Slice slice;
  slice.column = column.name;
  const bool binary = judged.target.labels.size() == 2;
  const auto metrics = options.metrics.empty() ? MetricsOfGroups(judged.target) : options.metrics;
  Extremes selection, recall;
  for (const GroupRows& group : GroupsOf(column)) {
    if (group.rows.size() < options.min_rows || slice.groups.size() == options.max_groups) {
      slice.left_out += group.rows.size();
      continue;
    }
    const SelectedRows rows = Select(judged, options.weights, group.rows);
    slice.groups.push_back({group.name, group.rows.size(),
                            MeasureAll(metrics, rows.judged(), rows.weights, options.bootstrap)});
    if (binary) AddFairness(rows, selection, recall);
  }
  if (binary && slice.groups.size() > 1)
    slice.fairness = {selection.difference(), selection.ratio(), recall.difference()};
  return slice;
}

}  // namespace slipway::evaluate
