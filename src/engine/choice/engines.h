#pragma once
#include <memory>
#include <string>

#include "engine/engine.h"

namespace slipway {

/// The engine of this build: the tabular one first, and ONNX Runtime, where the build has it, for
/// what that one does not know. ONNX Runtime's environment is made by the first model that needs
/// it, and its library is opened then: without it
/// such models are refused and all others served. One a process, made before other threads; the
/// models it loaded may outlive it.
std::unique_ptr<Engine> CreateEngine();

/// CreateEngine for a process that will soon be allowed to open no more files.
std::unique_ptr<Engine> CreateEngineToSeal();

/// "1.30.0"; "" without ONNX Runtime, in the build or on the machine.
std::string OnnxRuntimeVersion();

/// "onnxruntime 1.30.0", or what the build has instead: for people.
std::string EnginesText();

}  // namespace slipway
