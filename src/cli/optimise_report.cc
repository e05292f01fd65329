#include "cli/optimise_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

using optimise::Standing;
using optimise::Trial;

double Milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

double RowsPerSecond(const optimise::Timing& timing) {
  return timing.median_ms() > 0 ? 1e3 * static_cast<double>(timing.batch) / timing.median_ms() : 0;
}

std::string LatencyText(double ms) {
  if (ms < 0.01) return fmt::format("{:.1f} µs", ms * 1e3);
  return ms < 1 ? fmt::format("{:.0f} µs", ms * 1e3) : fmt::format("{:.2f} ms", ms);
}

std::string PassText(const optimise::PassReport& pass) {
  std::string text =
      fmt::format("{:<24} {}", pass.pass, pass.done.empty() ? "nothing to do" : pass.done);
  if (!pass.left.empty()) text += ", " + pass.left;
  text += fmt::format(" ({:.0f} ms", Milliseconds(pass.time));
  if (!pass.done.empty())
    text += fmt::format("; answers differ by {:.2g}", pass.difference.relative);
  return text + ")\n";
}

/// Cells of a row of the table: name, quality, one row, best batch, size, memory.
std::vector<std::string> CellsOf(const Trial& trial) {
  const Standing& standing = trial.standing;
  if (standing.one.rounds.p50_ms.empty()) return {standing.name, "", "", "", "", "", trial.refused};
  const std::string quality =
      standing.figures.empty()
          ? fmt::format("correlation {:.5f}", standing.difference.correlation)
          : fmt::format("{} {:.4f} ({:.4f} to {:.4f})", standing.figures.front().metric.name,
                        standing.figures.front().value, standing.figures.front().interval.low,
                        standing.figures.front().interval.high);
  return {
      standing.name,
      quality,
      fmt::format("{} ({:.2f} ×)", LatencyText(standing.one.median_ms()), standing.speed_up.factor),
      fmt::format("{:.0f} rows/s at {}", RowsPerSecond(standing.best), standing.best.batch),
      WithThousands(standing.size_bytes),
      standing.memory_bytes == 0 ? "–" : WithThousands(standing.memory_bytes),
      trial.refused.empty() ? "" : "refused: " + trial.refused};
}

/// Characters of UTF-8 text.
size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void AppendStanding(JsonWriter& json, const Trial& trial) {
  const Standing& standing = trial.standing;
  json.BeginObject().Key("name").String(standing.name);
  if (!trial.refused.empty()) json.Key("refused").String(trial.refused);
  json.Key("on_front").Bool(trial.on_front);
  if (standing.one.rounds.p50_ms.empty()) {
    json.EndObject();
    return;
  }
  json.Key("size_bytes").Uint(standing.size_bytes).Key("memory_bytes").Uint(standing.memory_bytes);
  json.Key("correlation").Double(standing.difference.correlation);
  json.Key("relative_error").Double(standing.difference.relative);
  json.Key("p50_ms").Double(standing.one.median_ms()).Key("batch").Uint(standing.one.batch);
  json.Key("speed_up").Double(standing.speed_up.factor);
  json.Key("speed_up_low").Double(standing.speed_up.low);
  json.Key("speed_up_high").Double(standing.speed_up.high);
  json.Key("large_batch_speed_up").Double(standing.best_speed_up.factor);
  json.Key("best_batch").Uint(standing.best.batch);
  json.Key("rows_per_second").Double(RowsPerSecond(standing.best));
  json.Key("figures").BeginObject();
  for (const evaluate::Figure& figure : standing.figures) {
    json.Key(figure.metric.name).BeginObject().Key("value").Double(figure.value);
    json.Key("low")
        .Double(figure.interval.low)
        .Key("high")
        .Double(figure.interval.high)
        .EndObject();
  }
  json.EndObject().EndObject();
}

}  // namespace

std::string TableOf(const std::vector<Trial>& trials, size_t chosen) {
  std::vector<std::vector<std::string>> rows = {
      {"", "quality", "latency", "best batch", "bytes", "memory", ""}};
  for (const Trial& trial : trials) rows.push_back(CellsOf(trial));
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line = r == chosen + 1 ? "* " : "  ";
    for (size_t i = 0; i < rows[r].size(); ++i)
      line += rows[r][i] + std::string(widths[i] - WidthOf(rows[r][i]) + 2, ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

void AppendModels(JsonWriter& json, const std::vector<Trial>& trials) {
  json.Key("models").BeginArray();
  for (const Trial& trial : trials) AppendStanding(json, trial);
  json.EndArray();
}

std::string ToText(const OptimiseReport& report) {
  std::string text;
  for (const optimise::PassReport& pass : report.passes) text += PassText(pass);
  text += TableOf(report.trials, report.chosen);
  if (!report.why.empty())
    text += fmt::format("chosen: {}: {}\n", report.trials[report.chosen].standing.name, report.why);
  return text + fmt::format("{}: {} bytes, {}\n", report.output,
                            WithThousands(report.trials[report.chosen].standing.size_bytes),
                            report.digest);
}

std::string ToJson(const OptimiseReport& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("output").String(report.output).Key("digest").String(report.digest);
  json.Key("chosen").String(report.trials[report.chosen].standing.name);
  if (!report.why.empty()) json.Key("why").String(report.why);
  json.Key("passes").BeginArray();
  for (const optimise::PassReport& pass : report.passes) {
    json.BeginObject().Key("pass").String(pass.pass).Key("done").String(pass.done);
    if (!pass.left.empty()) json.Key("left").String(pass.left);
    json.Key("ms").Double(Milliseconds(pass.time)).Key("nodes").Uint(pass.nodes);
    json.Key("size_bytes").Uint(pass.size_bytes);
    json.Key("relative_error").Double(pass.difference.relative);
    json.Key("largest_error").Double(pass.difference.largest);
    json.Key("correlation").Double(pass.difference.correlation);
    json.Key("differing_labels").Double(pass.difference.differing).EndObject();
  }
  json.EndArray();
  AppendModels(json, report.trials);
  json.EndObject();
  return text + "\n";
}

}  // namespace slipway::cli
