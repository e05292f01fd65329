#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "evaluate/numbers.h"
#include "evaluate/report.h"

namespace slipway::evaluate {
namespace {

constexpr size_t kMaxPrintedLabels = 12;
constexpr size_t kMaxFeatures = 15;
constexpr size_t kMaxWord = 32;

/// Columns under titles, numbers to the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles) { rows_.push_back(std::move(titles)); }
  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// The first column is words.
  std::string Text() const {
    std::vector<size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
    std::string text;
    for (const auto& row : rows_) {
      for (size_t i = 0; i < row.size(); ++i) {
        const std::string padding(widths[i] - Width(row[i]), ' ');
        if (i > 0) text += "  ";
        text += i == 0 ? row[i] + padding : padding + row[i];
      }
      while (text.ends_with(' ')) text.pop_back();
      text += '\n';
    }
    return text;
  }

 private:
  /// Code points: what continues one does not count.
  static size_t Width(const std::string& cell) {
    return std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xC0) != 0x80; });
  }

  std::vector<std::vector<std::string>> rows_;
};

/// On one line, without control characters, at most kMaxWord bytes long.
std::string Word(std::string_view word) {
  std::string clean;
  for (const char c : word) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  if (clean.size() <= kMaxWord) return clean;
  size_t end = kMaxWord - 1;
  while (end > 0 && (clean[end] & 0xC0) == 0x80) --end;
  return clean.substr(0, end) + "…";
}

std::string SubjectText(const Subject& subject) {
  std::string text =
      fmt::format("model   {}\ndata    {}, {} rows", subject.model, subject.data, subject.rows);
  if (subject.data_rows > subject.rows) text += fmt::format(" of {}", subject.data_rows);
  if (subject.skipped_rows > 0) text += fmt::format(", {} bad rows skipped", subject.skipped_rows);
  text += fmt::format("\ntarget  {}, ", Word(subject.target));
  if (subject.task == data::Task::kRegression) return text + "a number\n";
  text += fmt::format("{} classes", subject.labels.size());
  if (!subject.positive.empty()) text += fmt::format(", positive: {}", Word(subject.positive));
  return text + "\n";
}

std::string FiguresText(const Report& report) {
  TextTable table({"metric", "value", fmt::format("{:g} % interval", report.confidence * 100)});
  for (const Figure& figure : report.figures)
    table.Add({figure.metric.name, NumberText(figure.value), IntervalText(figure.interval)});
  return table.Text();
}

std::string ConfusionText(const Report& report) {
  const Confusion& confusion = *report.confusion;
  if (confusion.labels > kMaxPrintedLabels) return "";
  const bool others = confusion.PredictedWeight(confusion.labels) > 0;
  std::vector<std::string> titles = {"true \\ predicted"};
  for (const std::string& label : report.subject.labels) titles.push_back(Word(label));
  if (others) titles.push_back("(none of these)");
  TextTable table(std::move(titles));
  for (size_t truth = 0; truth < confusion.labels; ++truth) {
    std::vector<std::string> cells = {Word(report.subject.labels[truth])};
    for (size_t predicted = 0; predicted < confusion.labels + (others ? 1 : 0); ++predicted)
      cells.push_back(fmt::format("{:.6g}", confusion.At(truth, predicted)));
    table.Add(std::move(cells));
  }
  return "\n" + table.Text();
}

std::string SliceText(const Slice& slice) {
  if (slice.groups.empty()) return fmt::format("\n{}: no group is large enough\n", slice.column);
  std::vector<std::string> titles = {Word(slice.column), "rows"};
  for (const Figure& figure : slice.groups.front().figures) {
    titles.push_back(figure.metric.name);
    titles.push_back("interval");
  }
  TextTable table(std::move(titles));
  for (const Group& group : slice.groups) {
    std::vector<std::string> cells = {Word(group.name), std::to_string(group.rows)};
    for (const Figure& figure : group.figures) {
      cells.push_back(NumberText(figure.value));
      cells.push_back(IntervalText(figure.interval));
    }
    table.Add(std::move(cells));
  }
  std::string text = "\n" + table.Text();
  if (slice.left_out > 0)
    text += fmt::format("{} rows are in groups that are not shown\n", slice.left_out);
  if (slice.fairness)
    text += fmt::format(
        "demographic parity: difference {}, ratio {}; equal opportunity: difference {}\n",
        NumberText(slice.fairness->parity_difference), NumberText(slice.fairness->parity_ratio),
        NumberText(slice.fairness->opportunity_difference));
  return text;
}

std::string ImportanceText(const PermutationImportance& importance) {
  TextTable table(
      {"feature", fmt::format("{} lost when shuffled", importance.metric), "standard deviation"});
  for (size_t i = 0; i < std::min(importance.features.size(), kMaxFeatures); ++i)
    table.Add({Word(importance.features[i].feature), NumberText(importance.features[i].mean),
               NumberText(importance.features[i].deviation)});
  return "\n" + table.Text();
}

std::string ShapText(const TreeShap& shap) {
  TextTable table({"feature", "mean |SHAP|"});
  for (size_t i = 0; i < std::min(shap.features.size(), kMaxFeatures); ++i)
    table.Add({Word(shap.features[i].feature), NumberText(shap.features[i].mean_absolute)});
  return fmt::format("\n{}in the unit of the trees' sum, of {} rows against {}\n", table.Text(),
                     shap.rows, shap.background);
}

std::string GateText(std::span<const GateLine> lines) {
  std::string text = "\ngate\n";
  for (const GateLine& line : lines)
    text += fmt::format("{}  {}: {}\n", line.passed ? "passed" : "FAILED", line.text, line.found);
  return text;
}

}  // namespace

std::string ComparisonText(const Comparison& comparison) {
  TextTable table({"against " + Word(comparison.baseline), "this model", "baseline", "difference",
                   "interval", "p"});
  for (const Difference& difference : comparison.differences)
    table.Add({difference.metric.name, NumberText(difference.candidate),
               NumberText(difference.baseline),
               NumberText(difference.candidate - difference.baseline),
               IntervalText(difference.interval), fmt::format("{:.3g}", difference.p_value)});
  return fmt::format("\n{}{} test of the same rows: p = {:.3g}\n", table.Text(), comparison.test,
                     comparison.p_value);
}

const Figure* Report::Find(std::string_view metric) const {
  for (const Figure& figure : figures)
    if (figure.metric.name == metric) return &figure;
  return nullptr;
}

std::string ToText(const Report& report) {
  std::string text = SubjectText(report.subject) + "\n" + FiguresText(report);
  if (report.confusion) text += ConfusionText(report);
  for (const Slice& slice : report.slices) text += SliceText(slice);
  if (report.importance) text += ImportanceText(*report.importance);
  if (report.shap) text += ShapText(*report.shap);
  if (report.comparison) text += ComparisonText(*report.comparison);
  if (!report.gate.empty()) text += GateText(report.gate);
  return text;
}

}  // namespace slipway::evaluate
