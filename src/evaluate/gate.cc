#include "evaluate/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/nearest_word.h"
#include "evaluate/comparison.h"
#include "evaluate/evaluation.h"
#include "evaluate/numbers.h"
#include "evaluate/select.h"
#include "evaluate/slices.h"
#include "stats/interval.h"

namespace slipway::evaluate {
namespace {

using Kind = GateRule::Kind;
using Order = GateRule::Order;

/// Rounding of a bound such as baseline - 0.01 decides nothing.
constexpr double kSlack = 1e-12;

bool Holds(double figure, Order order, double bound) {
  const double slack = kSlack * std::max(1.0, std::abs(bound));
  switch (order) {
    case Order::kAtLeast:
      return figure >= bound - slack;
    case Order::kAtMost:
      return figure <= bound + slack;
    case Order::kAbove:
      return figure > bound;
    case Order::kBelow:
      return figure < bound;
  }
  return false;
}

double BoundOf(const GateRule& rule, double baseline) {
  return rule.of_baseline ? rule.factor * baseline + rule.offset : rule.offset;
}

std::string WithInterval(double value, const stats::Interval& interval) {
  if (std::isnan(value)) return "not defined on these rows";
  if (std::isnan(interval.low)) return NumberText(value);
  return fmt::format("{} ({})", NumberText(value), IntervalText(interval));
}

class Judge {
 public:
  explicit Judge(const GateEvidence& evidence) : evidence_(evidence) {}

  StatusOr<GateLine> Line(const GateRule& rule) const {
    if (rule.of_baseline && !evidence_.baseline)
      return Error(Reason::kBadRequest, "\"{}\" wants a baseline: say --baseline MODEL", rule.text);
    switch (rule.kind) {
      case Kind::kMetric:
        return rule.column.empty() ? MetricLine(rule) : SliceLine(rule);
      case Kind::kLatency:
        return LatencyLine(rule);
      case Kind::kSize:
        return SizeLine(rule);
      case Kind::kNoDrop:
        return NoDropLine(rule);
    }
    return Error(Reason::kInternal, "a rule of no kind");
  }

 private:
  Status CheckProbabilities(const NamedMetric& metric, bool of_baseline) const {
    const auto gives = [](const GateSide& side) {
      return side.predictions != nullptr && !side.predictions->probabilities.empty();
    };
    if (!metric.metric->needs_probabilities) return OkStatus();
    if (gives(evidence_.candidate) && (!of_baseline || gives(*evidence_.baseline)))
      return OkStatus();
    return Error(Reason::kBadRequest,
                 "metric \"{}\" wants probabilities, which the {} does not give", metric.name,
                 gives(evidence_.candidate) ? "baseline" : "model");
  }

  Judged Candidate() const {
    return {evidence_.target, *evidence_.candidate.predictions, evidence_.positive};
  }

  /// The metric of some rows: the whole, or a slice's.
  struct Found {
    double value;
    bool passed;
    std::string text;
  };
  Found MetricOf(const GateRule& rule, const Judged& candidate, const Predictions* baseline,
                 std::span<const double> weights) const {
    if (!rule.of_baseline) {
      const Figure figure =
          MeasureAll({*rule.metric}, candidate, weights, evidence_.bootstrap).front();
      return {figure.value, Holds(figure.value, rule.order, BoundOf(rule, 0)),
              WithInterval(figure.value, figure.interval)};
    }
    const Difference difference =
        Compare(candidate.target, candidate.predictions, *baseline, candidate.positive,
                {*rule.metric}, weights, evidence_.bootstrap)
            .differences.front();
    return {
        difference.candidate,
        Holds(difference.candidate, rule.order, BoundOf(rule, difference.baseline)),
        fmt::format("{}, baseline {}, difference {}", NumberText(difference.candidate),
                    NumberText(difference.baseline),
                    WithInterval(difference.candidate - difference.baseline, difference.interval))};
  }

  StatusOr<GateLine> MetricLine(const GateRule& rule) const {
    RETURN_IF_ERROR(CheckProbabilities(*rule.metric, rule.of_baseline));
    const Found found =
        MetricOf(rule, Candidate(), rule.of_baseline ? evidence_.baseline->predictions : nullptr,
                 evidence_.weights);
    return GateLine{rule.text, found.passed, found.text};
  }

  Found GroupOf(const GateRule& rule, const GroupRows& group) const {
    const SelectedRows rows = Select(Candidate(), evidence_.weights, group.rows);
    if (!rule.of_baseline) return MetricOf(rule, rows.judged(), nullptr, rows.weights);
    const SelectedRows baseline =
        Select({evidence_.target, *evidence_.baseline->predictions, evidence_.positive},
               evidence_.weights, group.rows);
    return MetricOf(rule, rows.judged(), &baseline.predictions, rows.weights);
  }

  StatusOr<GateLine> SliceLine(const GateRule& rule) const {
    RETURN_IF_ERROR(CheckProbabilities(*rule.metric, rule.of_baseline));
    ASSIGN_OR_RETURN(const data::Column* const column, evidence_.table.Get(rule.column));
    const std::vector<GroupRows> groups = GroupsOf(*column);
    if (rule.group == "*") return EveryGroup(rule, groups);
    for (const GroupRows& group : groups) {
      if (group.name != rule.group) continue;
      const Found found = GroupOf(rule, group);
      return GateLine{rule.text, found.passed,
                      fmt::format("{}, {} rows", found.text, group.rows.size())};
    }
    std::vector<std::string_view> names;
    for (const GroupRows& group : groups) names.push_back(group.name);
    return GateLine{
        rule.text, false,
        fmt::format("no row has {}={}{}", rule.column, rule.group, DidYouMean(rule.group, names))};
  }

  /// Groups where the figure is not defined have nothing to fail by.
  GateLine EveryGroup(const GateRule& rule, const std::vector<GroupRows>& groups) const {
    std::string failed;
    size_t judged = 0;
    for (const GroupRows& group : groups) {
      const Found found = GroupOf(rule, group);
      if (std::isnan(found.value)) continue;
      ++judged;
      if (!found.passed)
        failed += fmt::format("{}{}: {}", failed.empty() ? "" : "; ", group.name, found.text);
    }
    if (judged == 0) return {rule.text, false, "not defined in any group"};
    if (!failed.empty()) return {rule.text, false, failed};
    return {rule.text, true, fmt::format("holds in {} of {} groups", judged, groups.size())};
  }

  StatusOr<GateLine> LatencyLine(const GateRule& rule) const {
    const auto rounds = [&](const GateSide& side) -> const std::vector<double>& {
      return rule.percentile == 0.5 ? side.latency->p50_ms : side.latency->p99_ms;
    };
    if (!evidence_.candidate.latency || (rule.of_baseline && !evidence_.baseline->latency))
      return Error(Reason::kBadRequest, "\"{}\": the latency was not measured", rule.text);
    std::vector<double> figures = rounds(evidence_.candidate);
    if (rule.of_baseline) {
      // Round by round against its neighbour, so that what slows the machine slows both.
      const std::vector<double>& baseline = rounds(*evidence_.baseline);
      for (size_t i = 0; i < figures.size(); ++i) figures[i] -= rule.factor * baseline[i];
    }
    const stats::MedianFigure median = stats::MedianWithInterval(figures, 0.95);
    const bool upwards = rule.order == Order::kAtMost || rule.order == Order::kBelow;
    const bool passed =
        Holds(upwards ? median.interval.low : median.interval.high, rule.order, rule.offset);
    const std::string text = WithInterval(median.value, median.interval) + " ms";
    if (!rule.of_baseline) return GateLine{rule.text, passed, text};
    return GateLine{rule.text, passed,
                    rule.factor == 1
                        ? text + " beside the baseline"
                        : fmt::format("{} beside {:g} times the baseline", text, rule.factor)};
  }

  StatusOr<GateLine> SizeLine(const GateRule& rule) const {
    const auto known = [](const GateSide& side) { return side.size_mb.has_value(); };
    if (!known(evidence_.candidate) || (rule.of_baseline && !known(*evidence_.baseline)))
      return Error(Reason::kBadRequest, "\"{}\": the size of a model at a server is not known",
                   rule.text);
    const double size = *evidence_.candidate.size_mb;
    const double baseline = rule.of_baseline ? *evidence_.baseline->size_mb : 0;
    std::string found = NumberText(size) + " MB";
    if (rule.of_baseline) found += fmt::format(", baseline {} MB", NumberText(baseline));
    return GateLine{rule.text, Holds(size, rule.order, BoundOf(rule, baseline)), found};
  }

  StatusOr<GateLine> NoDropLine(const GateRule& rule) const {
    std::vector<NamedMetric> metrics;
    if (rule.metric) {
      RETURN_IF_ERROR(CheckProbabilities(*rule.metric, true));
      metrics.push_back(*rule.metric);
    }
    const Comparison comparison = Compare(evidence_.target, *evidence_.candidate.predictions,
                                          *evidence_.baseline->predictions, evidence_.positive,
                                          metrics, evidence_.weights, evidence_.bootstrap);
    std::string dropped;
    for (const Difference& difference : comparison.differences) {
      const double change = difference.candidate - difference.baseline;
      const double drop = difference.metric.metric->higher_is_better ? -change : change;
      const double most = rule.relative ? rule.offset * std::abs(difference.baseline) : rule.offset;
      if (Holds(drop, Order::kAtMost, most)) continue;
      dropped +=
          fmt::format("{}{} {}, baseline {}, difference {}", dropped.empty() ? "" : "; ",
                      difference.metric.name, NumberText(difference.candidate),
                      NumberText(difference.baseline), WithInterval(change, difference.interval));
    }
    return GateLine{rule.text, dropped.empty(),
                    dropped.empty()
                        ? fmt::format("holds for {} metrics", comparison.differences.size())
                        : dropped};
  }

  const GateEvidence& evidence_;
};

}  // namespace

bool Gate::NeedsBaseline() const {
  return std::any_of(rules.begin(), rules.end(), [](const GateRule& r) { return r.of_baseline; });
}

bool Gate::NeedsLatency() const {
  return std::any_of(rules.begin(), rules.end(),
                     [](const GateRule& r) { return r.kind == Kind::kLatency; });
}

Status CheckColumns(const Gate& gate, const data::Table& table) {
  for (const GateRule& rule : gate.rules) {
    if (rule.column.empty()) continue;
    const Status found = table.Get(rule.column).status();
    if (!found.ok()) return Annotate(found, fmt::format("\"{}\"", rule.text));
  }
  return OkStatus();
}

StatusOr<std::vector<GateLine>> JudgeGate(const Gate& gate, const GateEvidence& evidence) {
  RETURN_IF_ERROR(CheckColumns(gate, evidence.table));
  const Judge judge(evidence);
  std::vector<GateLine> lines;
  for (const GateRule& rule : gate.rules) {
    ASSIGN_OR_RETURN(lines.emplace_back(), judge.Line(rule));
  }
  return lines;
}

}  // namespace slipway::evaluate
