#include "engine/choice/engines.h"

#include "engine/choice/choice_engine.h"
#include "engine/tabular/tabular_engine.h"
#ifdef SLIPWAY_ONNXRUNTIME
#include "engine/onnxruntime/onnxruntime_engine.h"
#endif

namespace slipway {
namespace {

StatusOr<std::unique_ptr<Engine>> MakeTabular() { return CreateTabularEngine(); }

#ifndef SLIPWAY_ONNXRUNTIME
StatusOr<std::unique_ptr<Engine>> NoOnnxRuntime() {
  return MakeError(Reason::kUnsupported, "this build of Slipway is without ONNX Runtime");
}
#endif

}  // namespace

std::string OnnxRuntimeVersion() {
#ifdef SLIPWAY_ONNXRUNTIME
  return OnnxRuntimeLibraryVersion();
#else
  return "";
#endif
}

std::string EnginesText() {
  const std::string version = OnnxRuntimeVersion();
  return version.empty() ? "tabular only" : "onnxruntime " + version;
}

std::unique_ptr<Engine> CreateEngine() {
  std::vector<EngineCandidate> candidates;
  candidates.push_back(
      {"tabular", std::string(CreateTabularEngine()->version()), MakeTabular, OnlyTabularRuns});
#ifdef SLIPWAY_ONNXRUNTIME
  SetOnnxRuntimeEnvironment();  // now, for later there are other threads
  candidates.push_back({"onnxruntime", OnnxRuntimeVersion(), CreateOnnxRuntimeEngine});
#else
  candidates.push_back({"onnxruntime", "none", NoOnnxRuntime});
#endif
  return CreateChoiceEngine(std::move(candidates));
}

std::unique_ptr<Engine> CreateEngineToSeal() {
  auto engine = CreateEngine();
#ifdef SLIPWAY_ONNXRUNTIME
  OpenOnnxRuntimeLibrary().IgnoreError();  // a load that needs it says so
#endif
  return engine;
}

}  // namespace slipway
