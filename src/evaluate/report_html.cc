#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluate/numbers.h"
#include "evaluate/plot.h"
#include "evaluate/report.h"
#include "evaluate/report_style.h"

namespace slipway::evaluate {
namespace {

constexpr size_t kMaxBars = 25;
constexpr size_t kMaxTableRows = 60;
constexpr size_t kMaxShownLabels = 20;

using Cells = std::vector<std::string>;  // of a row, not escaped yet

/// Figures stand to the right, words to the left.
std::string CellHtml(const std::string& text, bool is_name) {
  if (is_name) return fmt::format("<th scope=\"row\">{}</th>", EscapeHtml(text));
  const bool is_figure = text.find_first_not_of("-+.e0123456789") == std::string::npos;
  return fmt::format("<td{}>{}</td>", is_figure ? " class=\"n\"" : "", EscapeHtml(text));
}

/// A table whose first column names the row.
std::string TableHtml(const std::string& caption, const Cells& titles,
                      const std::vector<Cells>& rows) {
  std::string html = fmt::format("<div class=\"scroll\"><table><caption>{}</caption><thead><tr>",
                                 EscapeHtml(caption));
  for (const std::string& title : titles)
    html += fmt::format("<th scope=\"col\">{}</th>", EscapeHtml(title));
  html += "</tr></thead><tbody>";
  for (const Cells& row : rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) html += CellHtml(row[i], i == 0);
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

/// A plot, and behind it the numbers it was drawn from.
std::string FigureHtml(const std::string& title, const std::string& plot,
                       const std::string& table) {
  return fmt::format(
      "<figure><figcaption>{}</figcaption>{}<details><summary>The numbers</summary>{}</details>"
      "</figure>",
      EscapeHtml(title), plot, table);
}

std::string Section(std::string_view title, const std::string& content) {
  return content.empty() ? "" : fmt::format("<section><h2>{}</h2>{}</section>", title, content);
}

std::string Percent(double share) { return fmt::format("{:g} %", share * 100); }

std::string SubjectHtml(const Report& report) {
  const Subject& subject = report.subject;
  std::vector<Cells> rows = {{"Model", subject.model}};
  if (!subject.digest.empty()) rows.push_back({"Model's digest", subject.digest});
  rows.push_back({"Data", subject.data});
  rows.push_back({"Data's digest", subject.data_digest});
  rows.push_back({"Rows judged", fmt::format("{} of {}", subject.rows, subject.data_rows)});
  if (subject.skipped_rows > 0)
    rows.push_back({"Bad rows skipped", fmt::format("{}", subject.skipped_rows)});
  rows.push_back({"Target", subject.target});
  if (!subject.positive.empty()) rows.push_back({"Positive class", subject.positive});
  if (report.resamples > 0)
    rows.push_back(
        {"Intervals", fmt::format("{} from {} resamples, seed {}", Percent(report.confidence),
                                  report.resamples, report.seed)});
  return TableHtml("What was judged", {"", ""}, rows);
}

std::string FiguresHtml(const Report& report) {
  std::vector<Cells> rows;
  for (const Figure& figure : report.figures)
    rows.push_back({std::string(figure.metric.metric->title), figure.metric.name,
                    NumberText(figure.value), IntervalText(figure.interval),
                    figure.metric.metric->higher_is_better ? "higher" : "lower",
                    std::string(figure.metric.metric->help)});
  return TableHtml(fmt::format("Metrics with their {} intervals", Percent(report.confidence)),
                   {"Metric", "Name", "Value", "Interval", "Better", "What it says"}, rows);
}

std::string GateHtml(const Report& report) {
  if (report.gate.empty()) return "";
  std::string html =
      "<div class=\"scroll\"><table><caption>The gate, line by line</caption><thead><tr>"
      "<th scope=\"col\">Line</th><th scope=\"col\">Outcome</th><th scope=\"col\">Found</th></tr>"
      "</thead><tbody>";
  for (const GateLine& line : report.gate)
    html += fmt::format(
        "<tr><th scope=\"row\"><code>{}</code></th><td class=\"{}\">{}</td><td>{}</td></tr>",
        EscapeHtml(line.text), line.passed ? "passed" : "failed",
        line.passed ? "✓ passed" : "✗ failed", EscapeHtml(line.found));
  return html + "</tbody></table></div>";
}

std::string ComparisonHtml(const Report& report) {
  if (!report.comparison) return "";
  const Comparison& comparison = *report.comparison;
  std::vector<Cells> rows;
  for (const Difference& difference : comparison.differences)
    rows.push_back({difference.metric.name, NumberText(difference.candidate),
                    NumberText(difference.baseline),
                    NumberText(difference.candidate - difference.baseline),
                    IntervalText(difference.interval), fmt::format("{:.3g}", difference.p_value)});
  return fmt::format("<p>{} test on the same rows: p = {:.3g}.</p>", comparison.test,
                     comparison.p_value) +
         TableHtml("Against " + comparison.baseline,
                   {"Metric", "This model", "Baseline", "Difference", "Interval", "p"}, rows);
}

/// Shaded by the share of the true class's rows.
std::string ConfusionHtml(const Report& report) {
  if (!report.confusion || report.confusion->labels > kMaxShownLabels) return "";
  const Confusion& confusion = *report.confusion;
  const bool others = confusion.PredictedWeight(confusion.labels) > 0;
  const size_t columns = confusion.labels + (others ? 1 : 0);
  const auto label = [&](size_t i) {
    return i < confusion.labels ? EscapeHtml(report.subject.labels[i])
                                : std::string("none of these");
  };
  std::string html =
      "<div class=\"scroll\"><table class=\"matrix\"><caption>Confusion matrix: true classes down, "
      "predicted ones across; shaded by the share of the true class</caption><thead><tr>"
      "<th scope=\"col\">True</th>";
  for (size_t i = 0; i < columns; ++i) html += fmt::format("<th scope=\"col\">{}</th>", label(i));
  html += "</tr></thead><tbody>";
  for (size_t truth = 0; truth < confusion.labels; ++truth) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", label(truth));
    const double all = confusion.TrueWeight(truth);
    for (size_t i = 0; i < columns; ++i) {
      const double share = all > 0 ? confusion.At(truth, i) / all : 0;
      html += fmt::format(
          "<td style=\"--share:{:.3f}\" class=\"{}\">{:.6g} <small>{:.1f} %</small></td>", share,
          i == truth ? "right" : "wrong", confusion.At(truth, i), share * 100);
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

std::string CurvesHtml(const std::string& title, const std::string& x_title,
                       const std::string& y_title, const std::vector<Curve>& curves,
                       bool diagonal) {
  if (curves.empty()) return "";
  Plot plot(title, x_title, y_title, {0, 1}, {0, 1});
  if (diagonal) plot.Diagonal();
  Cells names;
  std::vector<Cells> rows;
  for (size_t i = 0; i < curves.size(); ++i) {
    const Curve& curve = curves[i];
    plot.Line(curve.x, curve.y, i);
    names.push_back(fmt::format("{}: area {}", curve.label, NumberText(curve.area)));
    const size_t step = std::max<size_t>(1, curve.x.size() * curves.size() / kMaxTableRows);
    for (size_t point = 0; point < curve.x.size(); point += step)
      rows.push_back({curve.label, NumberText(curve.x[point]), NumberText(curve.y[point])});
  }
  plot.Legend(std::move(names));
  return FigureHtml(title, plot.Svg(), TableHtml(title, {"Class", x_title, y_title}, rows));
}

std::string CalibrationHtml(const Report& report) {
  std::vector<double> probabilities, shares;
  std::vector<Cells> rows;
  for (const CalibrationBin& bin : report.calibration) {
    if (bin.weight <= 0) continue;
    probabilities.push_back(bin.mean_probability);
    shares.push_back(bin.share_true);
    rows.push_back({NumberText(bin.mean_probability), NumberText(bin.share_true),
                    fmt::format("{:.6g}", bin.weight)});
  }
  if (probabilities.empty()) return "";
  Plot plot("Calibration", "Mean predicted probability", "Share that came true", {0, 1}, {0, 1});
  plot.Diagonal();
  plot.Line(probabilities, shares, 0);
  plot.Points(probabilities, shares, 0);
  return FigureHtml(
      "Calibration: a calibrated model lies on the diagonal", plot.Svg(),
      TableHtml("Calibration", {"Mean probability", "Share that came true", "Rows"}, rows));
}

std::string ScatterHtml(const std::string& title, const std::string& x_title,
                        const std::string& y_title, const std::vector<double>& x,
                        const std::vector<double>& y, bool same_scale) {
  std::vector<double> both = x;
  both.insert(both.end(), y.begin(), y.end());
  Plot plot(title, x_title, y_title, same_scale ? RangeOf(both) : RangeOf(x),
            same_scale ? RangeOf(both) : RangeOf(y));
  if (same_scale) plot.Diagonal();
  plot.Points(x, y, 0);
  std::vector<Cells> rows;
  for (size_t i = 0; i < std::min(x.size(), kMaxTableRows); ++i)
    rows.push_back({NumberText(x[i]), NumberText(y[i])});
  return FigureHtml(title, plot.Svg(), TableHtml(title, {x_title, y_title}, rows));
}

std::string ResidualsHtml(const Report& report) {
  const auto& [truths, predicted] = report.residuals;
  if (truths.empty()) return "";
  std::vector<double> residuals;
  for (size_t i = 0; i < truths.size(); ++i) residuals.push_back(truths[i] - predicted[i]);
  return ScatterHtml("Predicted beside true values", "True value", "Predicted value", truths,
                     predicted, true) +
         ScatterHtml("Residuals: true less predicted", "Predicted value", "Residual", predicted,
                     residuals, false);
}

std::string ImportanceHtml(const Report& report) {
  if (!report.importance) return "";
  const PermutationImportance& importance = *report.importance;
  std::vector<Bar> bars;
  std::vector<Cells> rows;
  for (const FeatureImportance& feature : importance.features) {
    if (bars.size() < kMaxBars)
      bars.push_back({feature.feature, feature.mean, 0, 0, NumberText(feature.mean)});
    rows.push_back({feature.feature, NumberText(feature.mean), NumberText(feature.deviation)});
  }
  const std::string title = fmt::format("{} lost when a column is shuffled, mean of {} times",
                                        importance.metric, importance.repeats);
  return FigureHtml(title, BarsSvg(title, bars),
                    TableHtml(title, {"Feature", "Mean", "Standard deviation"}, rows));
}

std::string ShapHtml(const Report& report) {
  if (!report.shap) return "";
  std::vector<Bar> bars;
  std::vector<Cells> rows;
  for (const FeatureShap& feature : report.shap->features) {
    if (bars.size() < kMaxBars)
      bars.push_back(
          {feature.feature, feature.mean_absolute, 0, 0, NumberText(feature.mean_absolute)});
    rows.push_back({feature.feature, NumberText(feature.mean_absolute)});
  }
  const std::string title =
      fmt::format("Mean |SHAP|: how far a feature moves the trees' sum, of {} rows against {}",
                  report.shap->rows, report.shap->background);
  return FigureHtml(title, BarsSvg(title, bars),
                    TableHtml(title, {"Feature", "Mean |SHAP|"}, rows));
}

std::string SliceHtml(const Slice& slice) {
  if (slice.groups.empty() || slice.groups.front().figures.empty())
    return fmt::format("<p>{}: no group is large enough.</p>", EscapeHtml(slice.column));
  Cells titles = {slice.column, "Rows"};
  for (const Figure& figure : slice.groups.front().figures) {
    titles.push_back(figure.metric.name);
    titles.push_back("Interval");
  }
  std::vector<Bar> bars;
  std::vector<Cells> rows;
  for (const Group& group : slice.groups) {
    const Figure& first = group.figures.front();
    bars.push_back({group.name, first.value, first.interval.low, first.interval.high,
                    NumberText(first.value)});
    Cells cells = {group.name, fmt::format("{}", group.rows)};
    for (const Figure& figure : group.figures) {
      cells.push_back(NumberText(figure.value));
      cells.push_back(IntervalText(figure.interval));
    }
    rows.push_back(std::move(cells));
  }
  const std::string& metric = titles[2];
  std::string html =
      fmt::format("<figure><figcaption>{} by {}</figcaption>{}</figure>", EscapeHtml(metric),
                  EscapeHtml(slice.column), DotsSvg(metric + " by " + slice.column, metric, bars)) +
      TableHtml("Groups of " + slice.column, titles, rows);
  if (slice.left_out > 0)
    html += fmt::format("<p>{} rows are in groups that are not shown.</p>", slice.left_out);
  if (slice.fairness)
    html += fmt::format(
        "<p>Demographic parity: difference {}, ratio {}. Equal opportunity: difference {}.</p>",
        NumberText(slice.fairness->parity_difference), NumberText(slice.fairness->parity_ratio),
        NumberText(slice.fairness->opportunity_difference));
  return html;
}

std::string LearningHtml(const Report& report) {
  if (report.learning.empty()) return "";
  std::vector<double> iterations, training, validation, all;
  std::vector<Cells> rows;
  const size_t step = std::max<size_t>(1, report.learning.size() / kMaxTableRows);
  for (size_t i = 0; i < report.learning.size(); ++i) {
    const LearningPoint& point = report.learning[i];
    iterations.push_back(point.iteration);
    training.push_back(point.training);
    validation.push_back(point.validation);
    all.insert(all.end(), {point.training, point.validation});
    if (i % step == 0)
      rows.push_back({fmt::format("{:g}", point.iteration), NumberText(point.training),
                      NumberText(point.validation)});
  }
  Plot plot("Learning curve", "Iteration", report.learning_metric, RangeOf(iterations),
            RangeOf(all));
  plot.Line(iterations, training, 0);
  plot.Line(iterations, validation, 1);
  plot.Legend({"training", "validation"});
  return FigureHtml("Learning curve", plot.Svg(),
                    TableHtml("Learning curve", {"Iteration", "Training", "Validation"}, rows));
}

}  // namespace

std::string ToHtml(const Report& report) {
  std::string slices;
  for (const Slice& slice : report.slices) slices += SliceHtml(slice);
  const bool passed = std::all_of(report.gate.begin(), report.gate.end(),
                                  [](const GateLine& line) { return line.passed; });
  std::string verdict;
  if (!report.gate.empty())
    verdict = fmt::format("<p class=\"verdict {}\">{}</p>", passed ? "passed" : "failed",
                          passed ? "✓ The gate passed." : "✗ The gate said no.");
  const std::string title = EscapeHtml("Evaluation of " + report.subject.model);
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"color-scheme\" content=\"light dark\">"
             "<title>{0}</title><style>{1}</style></head><body><main><h1>{0}</h1>{2}",
             title, kReportStyle, verdict) +
         SubjectHtml(report) + Section("Metrics", FiguresHtml(report)) +
         Section("Gate", GateHtml(report)) + Section("Comparison", ComparisonHtml(report)) +
         Section("Confusion", ConfusionHtml(report)) +
         Section("Curves", CurvesHtml("ROC curve", "False positive rate", "True positive rate",
                                      report.roc, true) +
                               CurvesHtml("Precision over recall", "Recall", "Precision",
                                          report.precision_recall, false) +
                               CalibrationHtml(report)) +
         Section("Residuals", ResidualsHtml(report)) + Section("Slices", slices) +
         Section("Features", ImportanceHtml(report) + ShapHtml(report)) +
         Section("Training", LearningHtml(report)) + "</main></body></html>\n";
}

}  // namespace slipway::evaluate
