// Estimators that are made of others: pipelines, unions, columns, searches.

#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

bool IsPassThrough(const Value& step) {
  return step.is(Kind::kNone) || AsText(step) == "passthrough";
}

/// Element `index` of a list of tuples (name, estimator, …).
StatusOr<Value> EntryAt(const State& state, std::string_view key, const Value& list, size_t index,
                        size_t size) {
  const Value entry = list.at(index);
  if (!entry.is(Kind::kTuple) && !entry.is(Kind::kList))
    return state.Expected(fmt::format("{}[{}]", key, index), "a tuple", Describe(entry));
  if (entry.size() != size)
    return state.Expected(fmt::format("{}[{}]", key, index), fmt::format("{} elements", size),
                          fmt::format("{}", entry.size()));
  return entry;
}

StatusOr<Outputs> Pipeline(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Value steps, state.List("steps"));
  Table table = x;
  Outputs outputs;
  outputs.kind = EstimatorKind::kTransformer;
  for (size_t i = 0; i < steps.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "steps", steps, i, 2));
    if (IsPassThrough(entry.at(1))) continue;
    ASSIGN_OR_RETURN(const State step, state.NestedAt(entry.at(1), fmt::format("steps[{}]", i)));
    ASSIGN_OR_RETURN(outputs, writer.Write(step, table));
    if (i + 1 == steps.size()) return outputs;
    if (!outputs.transform) return step.Bad("expected an estimator that transforms");
    table = *outputs.transform;
  }
  outputs.transform = table;
  return outputs;
}

StatusOr<State> FirstStep(const State& state) {
  ASSIGN_OR_RETURN(const Value steps, state.List("steps"));
  for (size_t i = 0; i < steps.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "steps", steps, i, 2));
    if (!IsPassThrough(entry.at(1)))
      return state.NestedAt(entry.at(1), fmt::format("steps[{}]", i));
  }
  return state.Bad("steps: expected at least one estimator, got none");
}

constexpr Estimator kRows[] = {
    {"sklearn.pipeline", "Pipeline", EstimatorKind::kMeta, Pipeline, FirstStep},
};

}  // namespace

std::span<const Estimator> Compositions() { return kRows; }

}  // namespace slipway::importing::sklearn
