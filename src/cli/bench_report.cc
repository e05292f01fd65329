#include "cli/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "cli/output.h"
#include "server/version.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

using client::LoadReport;
using client::LoadSlice;

double Microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }
double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string_view NameOf(client::ArrivalKind arrivals) {
  return arrivals == client::ArrivalKind::kConstant ? "constant" : "poisson";
}

/// Those that were measured to their end.
std::span<const LoadSlice> WholeSlices(const LoadReport& load) {
  const Duration length = load.slice_length;
  const size_t whole = length > Duration(0) ? static_cast<size_t>(load.elapsed / length) : 0;
  return std::span(load.slices).first(std::min(whole, load.slices.size()));
}

void AppendSlices(JsonWriter& json, const LoadReport& load) {
  const auto slices = WholeSlices(load);
  json.Key("slices").BeginObject().Key("seconds").Double(Seconds(load.slice_length));
  json.Key("per_second").BeginArray();
  for (const LoadSlice& slice : slices)
    json.Double(static_cast<double>(slice.answered) / Seconds(load.slice_length));
  json.EndArray();
  for (const auto& [name, q] : kReportedQuantiles) {
    json.Key(name).BeginArray();
    for (const LoadSlice& slice : slices)
      if (slice.latency.count() > 0) json.Double(Microseconds(slice.latency.Quantile(q)));
    json.EndArray();
  }
  json.EndObject();
}

void AppendLatency(JsonWriter& json, const client::LatencyHistogram& latency) {
  json.BeginObject().Key("min").Double(Microseconds(latency.min()));
  json.Key("mean").Double(Microseconds(latency.mean()));
  for (const auto& [name, q] : kReportedQuantiles)
    json.Key(name).Double(Microseconds(latency.Quantile(q)));
  json.Key("max").Double(Microseconds(latency.max())).EndObject();
}

void AppendBuckets(JsonWriter& json, const client::LatencyHistogram& latency) {
  json.BeginArray();
  for (const auto& [end, count] : latency.Buckets())
    json.BeginArray().Double(Microseconds(end)).Uint(count).EndArray();
  json.EndArray();
}

void AppendRun(JsonWriter& json, const BenchRun& run) {
  const LoadReport& load = run.load;
  json.BeginObject().Key("loop").String(run.rate > 0 ? "open" : "closed");
  json.Key("concurrency").Int(run.concurrency);
  if (run.rate > 0) {
    json.Key("requested_per_second").Double(run.rate);
    json.Key("arrivals").String(NameOf(run.arrivals));
    json.Key("rate_kept").Bool(load.kept_rate());
    json.Key("late_starts").Uint(load.late_starts).Key("unsent").Uint(load.unsent);
  }
  json.Key("seconds").Double(Seconds(load.elapsed));
  json.Key("completed").Uint(load.completed).Key("succeeded").Uint(load.succeeded);
  json.Key("wrong_answers").Uint(load.wrong_answers).Key("failures").Uint(load.failures);
  json.Key("timeouts").Uint(load.timeouts);
  json.Key("by_status").BeginObject();
  for (const auto& [status, answers] : load.by_status)
    json.Key(std::to_string(status)).Uint(answers.count());
  json.EndObject().Key("per_second").Double(load.per_second());
  json.Key("bytes_received").Uint(load.bytes_received);
  AppendLatency(json.Key("latency_us"), load.latency);
  AppendBuckets(json.Key("histogram_us"), load.latency);
  json.Key("latency_us_by_status").BeginObject();
  for (const auto& [status, answers] : load.by_status)
    AppendLatency(json.Key(std::to_string(status)), answers);
  json.EndObject();
  AppendSlices(json, load);
  if (!load.first_problem.empty()) json.Key("first_problem").String(load.first_problem);
  json.EndObject();
}

uint64_t ErrorsOf(const LoadReport& load) {
  return load.completed - load.succeeded + load.timeouts + load.unsent +
         (load.by_status.empty() ? 0 : load.failures);  // calls here that fail are completed too
}

std::string ProblemsText(const LoadReport& load) {
  if (load.clean()) return fmt::format("{:<12}none\n", "problems");
  const uint64_t refused = load.completed - load.succeeded - load.wrong_answers;
  std::string text = fmt::format(
      "{:<12}{} refused, {} wrong, {} failed, {} timed out, {} never sent\n", "problems", refused,
      load.wrong_answers, load.failures, load.timeouts, load.unsent);
  if (!load.first_problem.empty())
    text += fmt::format("{:<12}{}\n", "the first", load.first_problem);
  return text;
}

std::string RateText(const BenchRun& run) {
  std::string text = fmt::format("{:<12}{:.1f} a second asked for ({}), {:.1f} achieved", "rate",
                                 run.rate, NameOf(run.arrivals), run.load.per_second());
  if (run.load.late_starts > 0)
    text += fmt::format("; {} began more than 1 ms late", WithThousands(run.load.late_starts));
  return text + (run.load.kept_rate() ? "\n" : ": the rate was not kept\n");
}

std::string UnansweredText(uint64_t unanswered) {
  if (unanswered == 0) return "";
  return fmt::format(
      "{:<12}of these, {} are of requests never sent or never answered, each counted as at least\n"
      "{:<12}the time it had waited at the end\n",
      "", WithThousands(unanswered), "");
}

std::string RunText(const std::string& target, const BenchRun& run) {
  const LoadReport& load = run.load;
  const bool open = run.rate > 0;
  std::string text = fmt::format("{}: {} loop, {} {}\n", target, open ? "open" : "closed",
                                 run.concurrency, open ? "at most in flight" : "in flight");
  if (open) text += RateText(run);
  text += fmt::format("{:<12}{} in {:.1f} s, {:.1f} a second\n", "answers",
                      WithThousands(load.answered), Seconds(load.elapsed), load.per_second());
  text += fmt::format("{:<12}min {:.1f}  mean {:.1f}", "latency µs",
                      Microseconds(load.latency.min()), Microseconds(load.latency.mean()));
  for (const auto& [name, q] : kReportedQuantiles)
    text += fmt::format("  {} {:.1f}", name, Microseconds(load.latency.Quantile(q)));
  text += fmt::format("  max {:.1f}\n", Microseconds(load.latency.max()));
  return text + UnansweredText(load.unanswered()) + ProblemsText(load);
}

std::string SweepText(const BenchReport& report) {
  const bool open = report.runs.front().rate > 0;
  const size_t knee = KneeOf(report.runs);
  std::string text =
      fmt::format("{}: {} loop, latency in µs\n{:>12} {:>12}", report.target,
                  open ? "open" : "closed", open ? "asked/s" : "in flight", "answers/s");
  for (const auto& [name, q] : kReportedQuantiles) text += fmt::format(" {:>10}", name);
  text += fmt::format(" {:>8}{}\n", "errors", open ? fmt::format(" {:>8}", "late") : "");
  for (size_t i = 0; i < report.runs.size(); ++i) {
    const BenchRun& run = report.runs[i];
    text +=
        fmt::format("{:>12} {:>12.1f}", open ? run.rate : run.concurrency, run.load.per_second());
    for (const auto& [name, q] : kReportedQuantiles)
      text += fmt::format(" {:>10.1f}", Microseconds(run.load.latency.Quantile(q)));
    text += fmt::format(" {:>8}", ErrorsOf(run.load));
    if (open) text += fmt::format(" {:>8}", run.load.late_starts);
    text += i == knee ? "  <- knee\n" : "\n";
  }
  uint64_t unanswered = 0;
  for (const BenchRun& run : report.runs) unanswered += run.load.unanswered();
  text += UnansweredText(unanswered);
  for (const BenchRun& run : report.runs)
    if (!run.load.first_problem.empty())
      return text + fmt::format("{:<12}{}\n", "problem", run.load.first_problem);
  return text;
}

}  // namespace

bool BenchReport::clean() const {
  return ended_early.empty() && std::all_of(runs.begin(), runs.end(),
                                            [](const BenchRun& run) { return run.load.clean(); });
}

size_t KneeOf(const std::vector<BenchRun>& runs) {
  size_t knee = runs.size();
  double best = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    const LoadReport& load = runs[i].load;
    if (!load.clean() || load.latency.mean() <= Duration(0)) continue;
    const double power = load.per_second() / Microseconds(load.latency.mean());
    if (power <= best) continue;
    best = power;
    knee = i;
  }
  return knee;
}

std::string BenchText(const BenchReport& report) {
  std::string text =
      report.runs.size() == 1 ? RunText(report.target, report.runs.front()) : SweepText(report);
  if (!report.ended_early.empty())
    text += fmt::format("{:<12}{}\n", "ended early", report.ended_early);
  return text;
}

std::string BenchJson(const BenchReport& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("format_version").Int(1);
  json.Key("slipway").String(server::kVersion).Key("target").String(report.target);
  json.Key("protocol").String(report.protocol).Key("body").String(report.body);
  json.Key("tls").Bool(report.tls);
  json.Key("model").String(report.model);
  json.Key("version").String(report.version).Key("digest").String(report.digest);
  json.Key("inputs").String(report.inputs);
  json.Key("request_bytes").Uint(report.request_bytes);
  json.Key("processors").Int(report.processors);
  json.Key("processor_name").String(report.processor_name);
  if (const size_t knee = KneeOf(report.runs); report.runs.size() > 1 && knee < report.runs.size())
    json.Key("knee").Uint(knee);
  json.Key("runs").BeginArray();
  for (const BenchRun& run : report.runs) AppendRun(json, run);
  json.EndArray();
  if (!report.ended_early.empty()) json.Key("ended_early").String(report.ended_early);
  json.EndObject();
  return text;
}

}  // namespace slipway::cli
