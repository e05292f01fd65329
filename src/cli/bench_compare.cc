#include "cli/bench_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text/json_reader.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kThroughput = "per_second";
constexpr std::array<std::string_view, 5> kFigures = {kThroughput, "p50", "p90", "p99", "p99.9"};
constexpr std::array<std::string_view, 9> kFacts = {"protocol", "body",       "tls",
                                                    "model",    "version",    "digest",
                                                    "inputs",   "processors", "processor_name"};
constexpr size_t kMaxRuns = 1'000, kMaxSlices = 1'000;

template <size_t kSize>
bool Holds(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Calls `on_key` for each key; it reads the value.
template <typename OnKey>
Status ReadObject(JsonReader& json, const OnKey& on_key) {
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) return OkStatus();
    RETURN_IF_ERROR(on_key(key));
  }
}

template <typename OnElement>
Status ReadArray(JsonReader& json, size_t limit, const OnElement& on_element) {
  RETURN_IF_ERROR(json.BeginArray());
  for (size_t count = 0;; ++count) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) return OkStatus();
    if (count == limit) return json.Refuse(fmt::format("more than {} elements", limit));
    RETURN_IF_ERROR(on_element());
  }
}

Status ReadLatency(JsonReader& json, ReadReport::Run& run) {
  return ReadObject(json, [&](std::string_view key) -> Status {
    if (!Holds(kFigures, key)) return json.Skip();
    return json.ReadDouble(&run.measures[std::string(key)].value);
  });
}

Status ReadSlices(JsonReader& json, ReadReport::Run& run) {
  return ReadObject(json, [&](std::string_view key) -> Status {
    if (!Holds(kFigures, key)) return json.Skip();
    std::vector<double>& slices = run.measures[std::string(key)].slices;
    return ReadArray(json, kMaxSlices, [&] { return json.ReadDouble(&slices.emplace_back()); });
  });
}

Status ReadRun(JsonReader& json, ReadReport::Run& run) {
  return ReadObject(json, [&](std::string_view key) -> Status {
    if (key == "concurrency") return json.ReadInt64(&run.concurrency);
    if (key == "requested_per_second") return json.ReadDouble(&run.rate);
    if (key == kThroughput) return json.ReadDouble(&run.measures[std::string(key)].value);
    if (key == "latency_us") return ReadLatency(json, run);
    if (key == "slices") return ReadSlices(json, run);
    if (key != "loop") return json.Skip();
    std::string_view loop;
    RETURN_IF_ERROR(json.ReadString(&loop));
    run.open = loop == "open";
    return OkStatus();
  });
}

/// The text of a string, or of any other value as it stands.
Status ReadFact(JsonReader& json, std::string& fact) {
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type == JsonType::kString) return json.ReadString(&fact);
  std::string_view raw;
  RETURN_IF_ERROR(json.Skip(&raw));
  fact = raw;
  return OkStatus();
}

struct Spread {
  double low, high;
};

/// A histogram's buckets are up to 0.8 % wide: less than that is no difference.
constexpr double kResolution = 1.01;

Spread SpreadOf(std::vector<double> slices) {
  std::sort(slices.begin(), slices.end());
  const size_t cut = slices.size() >= 5 ? 1 : 0;
  return {slices[cut], slices[slices.size() - 1 - cut]};
}

std::string_view OrNone(std::string_view fact) { return fact.empty() ? "none" : fact; }

std::string Ratio(const Comparison::Figure& figure) {
  return figure.earlier > 0 ? fmt::format("{:.3f}", figure.now / figure.earlier) : "-";
}

}  // namespace

bool ReadReport::Run::Matches(const Run& other) const {
  return open == other.open && (open ? rate == other.rate : concurrency == other.concurrency);
}

std::string ReadReport::Run::Name() const {
  return open ? fmt::format("{} a second", rate) : fmt::format("{} in flight", concurrency);
}

StatusOr<ReadReport> ReadReport::Parse(std::string_view text) {
  ReadReport report;
  int64_t format = 0;
  JsonReader json(text);
  RETURN_IF_ERROR(ReadObject(json, [&](std::string_view key) -> Status {
    if (key == "format_version") return json.ReadInt64(&format);
    if (Holds(kFacts, key)) return ReadFact(json, report.facts[std::string(key)]);
    if (key != "runs") return json.Skip();
    return ReadArray(json, kMaxRuns, [&] { return ReadRun(json, report.runs.emplace_back()); });
  }));
  RETURN_IF_ERROR(json.End());
  if (format != 1)
    return Error(Reason::kBadRequest,
                 "expected a report of slipway bench --json with format_version 1, got {}", format);
  return report;
}

std::string_view NameOf(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"same", "better", "worse", "too short"};
  return kNames[static_cast<size_t>(verdict)];
}

Verdict Judge(const Measure& earlier, const Measure& now, bool more_is_better) {
  constexpr size_t kFewest = 3;
  if (earlier.slices.size() < kFewest || now.slices.size() < kFewest) return Verdict::kTooShort;
  const Spread before = SpreadOf(earlier.slices), after = SpreadOf(now.slices);
  const bool higher = after.low > before.high * kResolution;
  const bool lower = after.high * kResolution < before.low;
  if (!higher && !lower) return Verdict::kSame;
  return higher == more_is_better ? Verdict::kBetter : Verdict::kWorse;
}

bool Comparison::any_worse() const {
  return std::any_of(runs.begin(), runs.end(), [](const Run& run) {
    return std::any_of(run.figures.begin(), run.figures.end(),
                       [](const Figure& figure) { return figure.verdict == Verdict::kWorse; });
  });
}

Comparison Compare(const ReadReport& earlier, const ReadReport& now) {
  Comparison comparison;
  for (const auto& [name, fact] : now.facts) {
    const auto before = earlier.facts.find(name);
    const std::string old = before == earlier.facts.end() ? "" : before->second;
    if (old != fact)
      comparison.differences.push_back(
          fmt::format("{}: {}, now {}", name, OrNone(old), OrNone(fact)));
  }
  for (const ReadReport::Run& run : now.runs) {
    const auto before = std::find_if(earlier.runs.begin(), earlier.runs.end(),
                                     [&](const auto& other) { return run.Matches(other); });
    if (before == earlier.runs.end()) {
      comparison.differences.push_back(fmt::format("{}: not in the earlier report", run.Name()));
      continue;
    }
    Comparison::Run& compared = comparison.runs.emplace_back();
    compared.name = run.Name();
    for (const std::string_view name : kFigures) {
      const auto old = before->measures.find(name), fresh = run.measures.find(name);
      if (old == before->measures.end() || fresh == run.measures.end()) continue;
      compared.figures.push_back({std::string(name), old->second.value, fresh->second.value,
                                  Judge(old->second, fresh->second, name == kThroughput)});
    }
  }
  return comparison;
}

std::string ComparisonText(const Comparison& comparison) {
  std::string text = "compared with the earlier report: now / earlier\n";
  for (const std::string& difference : comparison.differences)
    text += fmt::format("  not alike: {}\n", difference);
  for (const Comparison::Run& run : comparison.runs) {
    text += fmt::format("  {:<14}", run.name);
    for (const Comparison::Figure& figure : run.figures) {
      text += fmt::format("  {} {}", figure.name == kThroughput ? "answers/s" : figure.name,
                          Ratio(figure));
      if (figure.verdict != Verdict::kSame) text += fmt::format(" ({})", NameOf(figure.verdict));
    }
    text += "\n";
  }
  return text;
}

std::string ComparisonJson(const Comparison& comparison) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("worse").Bool(comparison.any_worse());
  json.Key("not_alike").BeginArray();
  for (const std::string& difference : comparison.differences) json.String(difference);
  json.EndArray().Key("runs").BeginArray();
  for (const Comparison::Run& run : comparison.runs) {
    json.BeginObject().Key("run").String(run.name);
    for (const Comparison::Figure& figure : run.figures) {
      json.Key(figure.name).BeginObject().Key("earlier").Double(figure.earlier);
      json.Key("now").Double(figure.now).Key("verdict").String(NameOf(figure.verdict)).EndObject();
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

}  // namespace slipway::cli
