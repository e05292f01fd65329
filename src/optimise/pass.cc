#include "optimise/pass.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/nearest_word.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr size_t kRowsToCalibrate = 128, kRowsByAnswers = 50'000;

double NumberOf(std::string_view text) {
  double number = NAN;
  return absl::SimpleAtod({text.data(), text.size()}, &number) ? number : NAN;
}

Status CheckValue(const Pass& pass, const PassParameter& parameter, std::string_view value) {
  if (!parameter.words.empty()) {
    if (std::ranges::find(parameter.words, value) != parameter.words.end()) return OkStatus();
    return Error(Reason::kBadRequest, "{}: {}: expected one of {}, got \"{}\"", pass.name,
                 parameter.name, fmt::join(parameter.words, ", "), value);
  }
  const double number = NumberOf(value);
  if (number >= parameter.min && number <= parameter.max) return OkStatus();
  return Error(Reason::kBadRequest, "{}: {}: expected a number from {} to {}, got \"{}\"",
               pass.name, parameter.name, parameter.min, parameter.max, value);
}

template <typename T>
StatusOr<const T*> FindByName(std::span<const T> all, std::string_view what,
                              std::string_view name) {
  std::vector<std::string_view> names;
  for (const T& one : all) {
    if (one.name == name) return &one;
    names.push_back(one.name);
  }
  return Error(Reason::kBadRequest, "{} \"{}\" is not known{}; there are: {}", what, name,
               DidYouMean(name, names), fmt::join(names, ", "));
}

/// The part before `separator`, which is taken off `rest`.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

StatusOr<Step> ReadStep(std::string_view text) {
  ASSIGN_OR_RETURN(const Pass* const pass, FindByName(Passes(), "pass", TakeUntil(text, ':')));
  Settings settings(pass->parameters);
  while (!text.empty()) {
    std::string_view value = TakeUntil(text, ':');
    const std::string_view name = TakeUntil(value, '=');
    if (pass->parameters.empty())
      return Error(Reason::kBadRequest, "{} takes no parameters, got \"{}\"", pass->name, name);
    ASSIGN_OR_RETURN(const PassParameter* const parameter,
                     FindByName(std::span<const PassParameter>(pass->parameters),
                                fmt::format("{}: parameter", pass->name), name));
    RETURN_IF_ERROR(CheckValue(*pass, *parameter, value));
    settings.Set(name, std::string(value));
  }
  return Step{pass, std::move(settings)};
}

}  // namespace

Settings::Settings(std::span<const PassParameter> parameters) {
  for (const PassParameter& parameter : parameters)
    values_.emplace(parameter.name, Value{std::string(parameter.otherwise)});
}

double Settings::Number(std::string_view name) const { return NumberOf(Word(name)); }

std::span<const Pass> Passes() {
  static const std::vector<Pass> passes = {
      FoldConstants(),   DropNoOps(),    MergeEqual(),   FuseBatchNorm(),  FusePad(),
      FuseScale(),       FuseGemm(),     MergeLeaves(),  DropDeadCode(),   DropTrees(),
      PruneUnits(),      PruneWeights(), PruneNetwork(), QuantiseStatic(), QuantiseDynamic(),
      QuantiseWeights(), HalfPrecision()};
  return passes;
}

std::string Step::Text() const {
  std::string text(pass->name);
  for (const PassParameter& parameter : pass->parameters)
    if (const std::string& value = settings.Word(parameter.name); value != parameter.otherwise)
      text += fmt::format(":{}={}", parameter.name, value);
  return text;
}

size_t RowsWanted(std::span<const Step> steps) {
  const bool by_answers =
      std::ranges::any_of(steps, [](const Step& step) { return step.pass->needs_answers; });
  return by_answers ? kRowsByAnswers : kRowsToCalibrate;
}

size_t RowsWanted(::onnx::ModelProto& model, bool has_answers) {
  const bool by_answers =
      has_answers && std::ranges::any_of(Passes(), [&](const Pass& pass) {
        return pass.needs_answers && (pass.concerns == nullptr || pass.concerns(model));
      });
  return by_answers ? kRowsByAnswers : kRowsToCalibrate;
}

bool AllowLoss(std::span<Step> steps, double max_loss) {
  bool any = false;
  for (Step& step : steps)
    for (const PassParameter& parameter : step.pass->parameters) {
      if (parameter.name != kMaxLoss) continue;
      any = true;
      if (!step.settings.IsGiven(kMaxLoss))
        step.settings.Set(kMaxLoss, fmt::format("{}", max_loss));
    }
  return any;
}

StatusOr<std::vector<Step>> ReadSteps(std::string_view text) {
  std::vector<Step> steps;
  while (!text.empty()) {
    ASSIGN_OR_RETURN(Step step, ReadStep(TakeUntil(text, ',')));
    steps.push_back(std::move(step));
  }
  if (steps.empty()) return Error(Reason::kBadRequest, "no pass is named");
  return steps;
}

}  // namespace slipway::optimise
