#pragma once
#include <memory>

#include "base/status.h"
#include "engine/engine.h"

namespace slipway {

/// The engine that runs models with ONNX Runtime's CPU kernels. One a process, made at start before
/// other threads; the models it loaded may outlive it.
///
/// What it makes of LoadOptions and RunOptions: with one intra-op thread a run stays on the
/// caller's thread and no pool exists. A run past its deadline ends between two operators, so it
/// lasts at most one operator too long. A model is read from memory alone: no path, no library and
/// no setting named inside it has an effect. ONNX Runtime's own telemetry, which the published
/// libraries have switched on, is kept from starting: this sets ORT_DISABLE_TELEMETRY for the
/// process.
/// @return kInternal when the library is older than the API it was built for.
StatusOr<std::unique_ptr<Engine>> CreateOnnxRuntimeEngine();

}  // namespace slipway
