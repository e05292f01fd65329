#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <cmath>

#include "base/nearest_word.h"
#include "evaluate/gate.h"
#include "io/file.h"

namespace slipway::evaluate {
namespace {

using Order = GateRule::Order;

constexpr uint64_t kMaxBytes = uint64_t{1} << 20;
constexpr size_t kMaxLines = 10'000;
constexpr std::string_view kBaseline = "baseline";
constexpr std::string_view kMedianTime = "p50_ms", kSlowTime = "p99_ms", kSize = "size_mb";

std::string_view Trim(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(text.front())) text.remove_prefix(1);
  while (!text.empty() && absl::ascii_isspace(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes `word` off the front of `rest`, with white space behind it; false when it is not there.
bool Take(std::string_view& rest, std::string_view word) {
  if (!rest.starts_with(word)) return false;
  rest = Trim(rest.substr(word.size()));
  return true;
}

StatusOr<double> ReadNumber(std::string_view text) {
  double number;
  text = Trim(text);
  if (absl::SimpleAtod({text.data(), text.size()}, &number) && std::abs(number) < 1e300)
    return number;
  return Error(Reason::kBadRequest, "expected a number, got \"{}\"", text.substr(0, 40));
}

/// "0.95", "baseline", "baseline - 0.002", "baseline * 1.1".
Status ReadBound(std::string_view text, GateRule& rule) {
  text = Trim(text);
  if (!Take(text, kBaseline)) {
    const auto number = ReadNumber(text);
    if (!number.ok()) {
      constexpr std::string_view words[] = {kBaseline};
      return Error(Reason::kBadRequest, "expected a number or baseline, got \"{}\"{}",
                   text.substr(0, 40), DidYouMean(text.substr(0, text.find(' ')), words));
    }
    rule.offset = *number;
    return OkStatus();
  }
  rule.of_baseline = true;
  if (text.empty()) return OkStatus();
  const char sign = text.front();
  if (sign != '+' && sign != '-' && sign != '*')
    return Error(Reason::kBadRequest, "expected +, - or * after baseline, got \"{}\"",
                 text.substr(0, 40));
  ASSIGN_OR_RETURN(const double number, ReadNumber(text.substr(1)));
  if (sign == '*') rule.factor = number;
  if (sign != '*') rule.offset = sign == '+' ? number : -number;
  return OkStatus();
}

Status UnknownFigure(const Status& error, std::string_view name, const data::Target& target) {
  std::vector<std::string_view> words = {kMedianTime, kSlowTime, kSize, "no drop", kBaseline};
  for (const Metric& metric : Metrics())
    if (metric.task == target.task) words.push_back(metric.name);
  if (name.find('(') != std::string_view::npos || !NearestWord(name, words)) return error;
  return Error(Reason::kBadRequest, "there is no figure \"{}\"{}", name, DidYouMean(name, words));
}

bool IsOfTheModel(std::string_view figure) {
  return figure == kMedianTime || figure == kSlowTime || figure == kSize;
}

/// "recall(yes)[country=DE]": the part in brackets is a slice.
Status ReadFigure(std::string_view text, const data::Target& target, GateRule& rule) {
  text = Trim(text);
  const size_t open = text.find('[');
  if (IsOfTheModel(Trim(text.substr(0, open)))) {
    if (open != std::string_view::npos)
      return Error(Reason::kBadRequest,
                   "{} is a measure of the model, not of rows: expected no slice, got \"{}\"",
                   Trim(text.substr(0, open)), text.substr(open, 40));
    rule.kind = text == kSize ? GateRule::Kind::kSize : GateRule::Kind::kLatency;
    rule.percentile = text == kMedianTime ? 0.5 : 0.99;
    return OkStatus();
  }
  if (open != std::string_view::npos) {
    const std::string_view slice = text.substr(open + 1);
    const size_t equals = slice.find('=');
    if (!slice.ends_with(']') || equals == std::string_view::npos || equals == 0)
      return Error(Reason::kBadRequest, "expected a slice as [country=DE], got \"[{}\"",
                   slice.substr(0, 40));
    rule.column = Trim(slice.substr(0, equals));
    rule.group = Trim(slice.substr(equals + 1, slice.size() - equals - 2));
    text = Trim(text.substr(0, open));
  }
  const auto metric = FindMetric(text, target);
  if (!metric.ok()) {
    const bool other_task = MessageOf(metric.status()).find(" is of ") != std::string_view::npos;
    return other_task ? metric.status() : UnknownFigure(metric.status(), text, target);
  }
  rule.metric = *metric;
  return OkStatus();
}

/// "no drop > 0.01 vs NAME", "no drop in accuracy > 1% vs baseline": what follows "no drop".
Status ReadNoDrop(std::string_view rest, const data::Target& target, GateRule& rule,
                  std::string& baseline) {
  rule.kind = GateRule::Kind::kNoDrop;
  rule.of_baseline = true;
  const size_t above = rest.find('>'), against = rest.rfind(" vs ");
  if (above == std::string_view::npos || against == std::string_view::npos || against < above)
    return Error(Reason::kBadRequest, "expected: no drop [in METRIC] > NUMBER vs MODEL");
  std::string_view in = Trim(rest.substr(0, above));
  if (Take(in, "in ")) {
    ASSIGN_OR_RETURN(rule.metric, FindMetric(in, target));
  } else if (!in.empty()) {
    return Error(Reason::kBadRequest,
                 "expected \"in METRIC\" or \">\" after \"no drop\", got \"{}\"", in.substr(0, 40));
  }
  std::string_view amount = Trim(rest.substr(above + 1, against - above - 1));
  rule.relative = amount.ends_with('%');
  if (rule.relative) amount.remove_suffix(1);
  ASSIGN_OR_RETURN(rule.offset, ReadNumber(amount));
  if (rule.offset < 0)
    return Error(Reason::kBadRequest, "expected a drop of 0 or more, got {}", rule.offset);
  if (rule.relative) rule.offset /= 100;
  if (const std::string_view name = Trim(rest.substr(against + 4)); name != kBaseline)
    baseline = name;
  return OkStatus();
}

Status ReadRule(std::string_view line, const data::Target& target, GateRule& rule,
                std::string& baseline) {
  rule.text = line;
  if (std::string_view rest = line; Take(rest, "no drop"))
    return ReadNoDrop(rest, target, rule, baseline);
  // The last sign of the line: values of slices may hold some.
  const size_t at = line.find_last_of("<>");
  if (at != std::string_view::npos) {
    const bool or_equal = line.substr(at + 1).starts_with('=');
    if (line[at] == '>') rule.order = or_equal ? Order::kAtLeast : Order::kAbove;
    if (line[at] == '<') rule.order = or_equal ? Order::kAtMost : Order::kBelow;
    RETURN_IF_ERROR(ReadFigure(line.substr(0, at), target, rule));
    return ReadBound(line.substr(at + (or_equal ? 2 : 1)), rule);
  }
  return Error(Reason::kBadRequest, "expected >=, <=, > or < and a bound, got \"{}\"",
               line.substr(0, 60));
}

/// Without what follows a '#' at the line's start or after white space.
std::string_view WithoutComment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || absl::ascii_isspace(line[at - 1])) return line.substr(0, at);
  return line;
}

Status ReadLine(std::string_view line, const data::Target& target, Gate& gate) {
  std::string baseline;
  if (std::string_view rest = line; Take(rest, "baseline ")) {
    baseline = rest;
  } else {
    RETURN_IF_ERROR(ReadRule(line, target, gate.rules.emplace_back(), baseline));
  }
  if (baseline.empty()) return OkStatus();
  if (!gate.baseline.empty() && gate.baseline != baseline)
    return Error(Reason::kBadRequest, "a gate has one baseline: \"{}\", and here \"{}\"",
                 gate.baseline, baseline);
  gate.baseline = baseline;
  return OkStatus();
}

}  // namespace

StatusOr<Gate> ParseGate(std::string_view text, std::string_view file, const data::Target& target) {
  Gate gate;
  size_t number = 0;
  for (const auto& split : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    const std::string_view line = Trim(WithoutComment({split.data(), split.size()}));
    if (number > kMaxLines)
      return Error(Reason::kBadRequest, "{}: more than {} lines", file, kMaxLines);
    if (line.empty()) continue;
    const Status read = ReadLine(line, target, gate);
    if (!read.ok()) return Annotate(read, fmt::format("{}:{}", file, number));
  }
  if (gate.rules.empty()) return Error(Reason::kBadRequest, "{}: the gate has no line", file);
  return gate;
}

StatusOr<Gate> ReadGateFile(const std::string& path, const data::Target& target) {
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxBytes));
  return ParseGate(bytes.text(), path, target);
}

}  // namespace slipway::evaluate
