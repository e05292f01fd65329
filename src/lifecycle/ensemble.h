#pragma once
// Does an ensemble fit the models that its steps name?

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "lifecycle/served_version.h"

namespace slipway::lifecycle {

/// The version of a model that answers now; null when none does. @param version  "" = the newest.
using FindMember =
    std::function<const ServedVersion*(std::string_view model, std::string_view version)>;

/// The inputs and outputs as the configuration states them, with the batch's dimension.
Signature SignatureOf(const repository::ModelConfig& ensemble);

/// Follows every tensor through the steps.
/// @return kBadModel naming the step and its line: a member that is not served or is an ensemble
/// itself, an input or output that it does not have or needs, a dtype or shape that does not meet.
Status CheckSteps(const repository::ModelConfig& ensemble, const FindMember& find);

}  // namespace slipway::lifecycle
