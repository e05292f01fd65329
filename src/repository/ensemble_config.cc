#include "repository/ensemble_config.h"

#include <algorithm>
#include <limits>
#include <set>

namespace slipway::repository {
namespace {

Status ReadMapping(const ConfigReader& reader, const TextField& field,
                   std::map<std::string, std::string>& out) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  std::string key, value;
  const FieldRule rules[] = {
      {"key", false, [&](const TextField& f) { return reader.ReadString(f, &key); }},
      {"value", false, [&](const TextField& f) { return reader.ReadString(f, &value); }},
  };
  RETURN_IF_ERROR(reader.ReadMessage(*fields, fmt::format(" in \"{}\"", field.name), rules));
  if (key.empty() || value.empty()) return reader.Bad(field, "expected a key and a value");
  if (!out.emplace(key, std::move(value)).second)
    return reader.Bad(field, fmt::format("\"{}\" is there twice", key.substr(0, 255)));
  return OkStatus();
}

StatusOr<EnsembleStep> ReadStep(const ConfigReader& reader, const TextField& field) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  EnsembleStep step{.line = field.line};
  int64_t version = -1;
  const FieldRule rules[] = {
      {"model_name", false, [&](const TextField& f) { return reader.ReadString(f, &step.model); }},
      {"model_version", false,
       [&](const TextField& f) {
         return reader.ReadInt(f, -1, std::numeric_limits<int64_t>::max(), &version);
       }},
      {"input_map", true, [&](const TextField& f) { return ReadMapping(reader, f, step.inputs); }},
      {"output_map", true,
       [&](const TextField& f) { return ReadMapping(reader, f, step.outputs); }},
      {"model_namespace"},
  };
  RETURN_IF_ERROR(reader.ReadMessage(*fields, " in \"step\"", rules));
  if (step.model.empty()) return reader.Bad(field, "expected a model_name");
  if (step.inputs.empty()) return reader.Bad(field, "expected an input_map");
  if (step.outputs.empty()) return reader.Bad(field, "expected an output_map");
  if (version == 0) return reader.Bad(field, "model_version: expected -1 or more than 0, got 0");
  if (version > 0) step.version = std::to_string(version);
  return step;
}

/// Why none of `left` can run.
Status Stuck(std::string_view file, const std::vector<EnsembleStep>& left,
             const std::set<std::string>& made_by_some) {
  for (const EnsembleStep& step : left)
    for (const auto& [input, tensor] : step.inputs)
      if (!made_by_some.contains(tensor))
        return Error(Reason::kBadModel,
                     "{}: input \"{}\": expected an input of the ensemble or an output of a step, "
                     "\"{}\" is neither",
                     step.Where(file), input, tensor);
  return Error(Reason::kBadModel, "{}: its inputs depend on its own outputs, by a circle of steps",
               left.front().Where(file));
}

}  // namespace

std::string EnsembleStep::Where(std::string_view file) const {
  return fmt::format("{}:{}: step with model \"{}\"", file, line, model.substr(0, 255));
}

StatusOr<std::vector<EnsembleStep>> ReadEnsemble(const ConfigReader& reader,
                                                 const TextField& field) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  std::vector<EnsembleStep> steps;
  const FieldRule rules[] = {
      {"step", true,
       [&](const TextField& f) -> Status {
         if (steps.size() == kMaxEnsembleSteps)
           return reader.Bad(f, fmt::format("expected at most {} steps", kMaxEnsembleSteps));
         ASSIGN_OR_RETURN(EnsembleStep step, ReadStep(reader, f));
         steps.push_back(std::move(step));
         return OkStatus();
       }},
      {"max_inflight_requests"},
  };
  RETURN_IF_ERROR(reader.ReadMessage(*fields, " in \"ensemble_scheduling\"", rules));
  if (steps.empty()) return reader.Bad(field, "expected steps");
  return steps;
}

Status OrderSteps(std::string_view file, std::span<const std::string> given,
                  std::span<const std::string> wanted, std::vector<EnsembleStep>& steps) {
  std::set<std::string> there(given.begin(), given.end());
  std::set<std::string> all = there;
  for (const EnsembleStep& step : steps)
    for (const auto& [output, tensor] : step.outputs)
      if (!all.insert(tensor).second)
        return Error(Reason::kBadModel, "{}: output \"{}\": \"{}\" is there already",
                     step.Where(file), output, tensor);
  for (const std::string& tensor : wanted)
    if (!all.contains(tensor) || there.contains(tensor))
      return Error(Reason::kBadModel, "{}: output \"{}\": expected a step that makes it", file,
                   tensor);

  std::vector<EnsembleStep> ordered, left = std::move(steps);
  while (!left.empty()) {
    const auto next = std::ranges::find_if(left, [&there](const EnsembleStep& step) {
      return std::ranges::all_of(
          step.inputs, [&there](const auto& input) { return there.contains(input.second); });
    });
    if (next == left.end()) return Stuck(file, left, all);
    for (const auto& [output, tensor] : next->outputs) there.insert(tensor);
    ordered.push_back(std::move(*next));
    left.erase(next);
  }
  steps = std::move(ordered);
  return OkStatus();
}

}  // namespace slipway::repository
