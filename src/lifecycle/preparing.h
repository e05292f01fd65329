#pragma once
#include <vector>

#include "bundle/artifact.h"
#include "engine/engine.h"

namespace slipway::lifecycle {

/// Has the engine make the form that it loads quickest, and loads that form: a run of the first
/// example's inputs, or of made-up ones, must give the same bits from both.
/// @param options  of the load; `prepared` and `prepare` do not count.
/// @return kUnsupported when the engine has no such form of the model, kBadModel when the form does
/// not load or answers otherwise; what the loads say. Blocks for two loads and two runs.
StatusOr<Buffer> Prepare(Engine& engine, const ModelBytes& model, LoadOptions options,
                         const std::vector<bundle::Example>& examples);

}  // namespace slipway::lifecycle
