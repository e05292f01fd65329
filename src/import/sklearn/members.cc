#include "import/sklearn/members.h"

#include <cstdio>
#include <utility>

namespace slipway::importing::sklearn {

using pickle::Kind;
using pickle::Value;

StatusOr<std::vector<Value>> ElementsOf(const State& state, const Value& value,
                                        std::string_view what) {
  if (value.is(Kind::kArray) && value.array().type.kind == 'O') {
    RETURN_IF_ERROR(state.Charge(value.array().objects.size() * sizeof(Value), what));
    return value.array().objects;
  }
  if (!value.is(Kind::kList) && !value.is(Kind::kTuple))
    return state.Expected(what, "a list", Describe(value));
  RETURN_IF_ERROR(state.Charge(value.size() * sizeof(Value), what));
  std::vector<Value> elements;
  elements.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) elements.push_back(value.at(i));
  return elements;
}

StatusOr<std::vector<Value>> Elements(const State& state, std::string_view key) {
  ASSIGN_OR_RETURN(const Value value, state.Get(key));
  return ElementsOf(state, value, key);
}

StatusOr<std::vector<State>> Members(const State& state, std::string_view key) {
  ASSIGN_OR_RETURN(const std::vector<Value> elements, Elements(state, key));
  std::vector<State> members;
  members.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    ASSIGN_OR_RETURN(State member, state.NestedAt(elements[i], fmt::format("{}[{}]", key, i)));
    members.push_back(std::move(member));
  }
  if (members.empty()) return state.Bad("{}: expected at least one estimator, got none", key);
  return members;
}

StatusOr<State> FirstMember(const State& state) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  return members.front();
}

StatusOr<std::vector<std::vector<int64_t>>> FeatureSets(const State& state, size_t members,
                                                        int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<Value> arrays, Elements(state, "estimators_features_"));
  if (arrays.size() != members)
    return state.Bad("estimators_features_: expected {} arrays, got {}", members, arrays.size());
  std::vector<std::vector<int64_t>> sets;
  sets.reserve(members);
  for (size_t i = 0; i < members; ++i) {
    const std::string what = fmt::format("estimators_features_[{}]", i);
    ASSIGN_OR_RETURN(std::vector<int64_t> set, state.IntegersAt(arrays[i], what));
    for (const int64_t feature : set)
      if (feature < 0 || feature >= columns)
        return state.Bad("{}: expected columns below {}, got {}", what, columns, feature);
    sets.push_back(std::move(set));
  }
  return sets;
}

StatusOr<bool> IsBefore(const State& state, int major, int minor) {
  ASSIGN_OR_RETURN(const std::string version, state.TextOr("_sklearn_version", ""));
  int of_file[2] = {};
  if (std::sscanf(version.c_str(), "%d.%d", &of_file[0], &of_file[1]) != 2) return false;
  return std::pair(of_file[0], of_file[1]) < std::pair(major, minor);
}

}  // namespace slipway::importing::sklearn
