#pragma once
#include <memory>
#include <string>

#include "base/status.h"
#include "engine/engine.h"

namespace slipway {

/// Sets what ONNX Runtime reads of the process's environment: its own telemetry, which the
/// published libraries have switched on, is kept from starting. Before other threads are made.
void SetOnnxRuntimeEnvironment();

/// The engine that runs models with ONNX Runtime's CPU kernels. One a process, after
/// SetOnnxRuntimeEnvironment; the models it loaded may outlive it.
///
/// What it makes of LoadOptions and RunOptions: with one intra-op thread a run stays on the
/// caller's thread and no pool exists. A run past its deadline ends between two operators, so it
/// lasts at most one operator too long. A model is read from memory alone: no path, no library and
/// no setting named inside it has an effect.
/// @return kUnsupported when there is no library, kInternal when it is older than the API we are
///         built for.
StatusOr<std::unique_ptr<Engine>> CreateOnnxRuntimeEngine();

/// Opens ONNX Runtime's shared library, which the first engine does otherwise.
/// @return as CreateOnnxRuntimeEngine.
Status OpenOnnxRuntimeLibrary();

/// "1.30.0", "" when there is no library. Makes nothing.
std::string OnnxRuntimeLibraryVersion();

}  // namespace slipway
