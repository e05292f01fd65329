#pragma once
// Fitted estimators that an ensemble holds.

#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// The estimators in an attribute that is a list, a tuple or an array of objects, in C order: at
/// least one. Their places are "estimators_[2]".
StatusOr<std::vector<State>> Members(const State& state, std::string_view key);

/// The first of estimators_: what it says of x holds for the ensemble too.
StatusOr<State> FirstMember(const State& state);

/// The things in such an attribute, and those in one that stands deeper; `what` names it.
StatusOr<std::vector<pickle::Value>> Elements(const State& state, std::string_view key);
StatusOr<std::vector<pickle::Value>> ElementsOf(const State& state, const pickle::Value& value,
                                                std::string_view what);

/// estimators_features_: by member, the columns of x that it was fitted on, all below `columns`.
StatusOr<std::vector<std::vector<int64_t>>> FeatureSets(const State& state, size_t members,
                                                        int64_t columns);

/// Whether a version of scikit-learn before major.minor wrote the pickle; false when it does not
/// say.
StatusOr<bool> IsBefore(const State& state, int major, int minor);

}  // namespace slipway::importing::sklearn
