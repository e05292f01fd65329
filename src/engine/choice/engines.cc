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
/// Stands where ONNX Runtime would: says what a model needs.
class AbsentOnnxRuntime final : public Engine {
 public:
  std::string_view name() const override { return "onnxruntime"; }
  std::string_view version() const override { return "none"; }
  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                              const LoadOptions& options) override {
    const auto refused = CreateTabularEngine()->Load(model, options);
    return Error(Reason::kUnsupported,
                 "the model needs onnxruntime, which this build of Slipway does not have: {}",
                 MessageOf(refused.status()));
  }
};
#endif

}  // namespace

std::string OnnxRuntimeVersion() {
#ifdef SLIPWAY_ONNXRUNTIME
  return std::string(OnnxRuntimeLibraryVersion());
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
  candidates.push_back({"tabular", std::string(CreateTabularEngine()->version()), MakeTabular});
#ifdef SLIPWAY_ONNXRUNTIME
  SetOnnxRuntimeEnvironment();  // now, for later there are other threads
  candidates.push_back({"onnxruntime", OnnxRuntimeVersion(), CreateOnnxRuntimeEngine});
#else
  candidates.push_back({"onnxruntime", "none", []() -> StatusOr<std::unique_ptr<Engine>> {
                          return std::make_unique<AbsentOnnxRuntime>();
                        }});
#endif
  return CreateChoiceEngine(std::move(candidates));
}

}  // namespace slipway
