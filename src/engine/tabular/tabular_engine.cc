#include "engine/tabular/tabular_engine.h"

#include <algorithm>
#include <utility>

#include "engine/tabular/compiler.h"
#include "engine/tabular/model.h"
#include "onnx/external_data.h"
#include "onnx/model_info.h"
#include "onnx/skeleton.h"
#include "onnx/zip_map.h"

namespace slipway::tabular {
namespace {

class TabularEngine final : public Engine {
 public:
  std::string_view name() const override { return "tabular"; }
  std::string_view version() const override { return SLIPWAY_VERSION; }

  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                              const LoadOptions& options) override {
    ASSIGN_OR_RETURN(::onnx::ModelProto graph, onnx::ParseSkeleton(model.model));
    ASSIGN_OR_RETURN(onnx::ModelInfo info, onnx::InspectSkeleton(graph));
    if (!info.external_locations.empty())
      return Error(Reason::kUnsupported, "weights in other files are not supported");
    RETURN_IF_ERROR(CheckOperators(graph));
    RETURN_IF_ERROR(onnx::AddValues(model.model, graph));
    RETURN_IF_ERROR(onnx::ReplaceZipMaps(graph));
    ASSIGN_OR_RETURN(Program program, Compile(graph, info.signature));
    return std::make_unique<Model>(std::move(program), std::move(info.signature), options, memory_);
  }

 private:
  const std::shared_ptr<RunMemory> memory_ = std::make_shared<RunMemory>();
};

}  // namespace
}  // namespace slipway::tabular

namespace slipway {

bool OnlyTabularRuns(const ModelBytes& model) {
  const auto skeleton = onnx::ParseSkeleton(model.model);
  if (!skeleton.ok()) return false;
  const auto is_defined = [&](const ::onnx::NodeProto& node) {
    return std::ranges::any_of(skeleton->functions(), [&](const auto& function) {
      return function.domain() == node.domain() && function.name() == node.op_type();
    });
  };
  return std::ranges::any_of(skeleton->graph().node(), [&](const auto& node) {
    return node.domain() == tabular::kOwnDomain && !is_defined(node);
  });
}

std::unique_ptr<Engine> CreateTabularEngine() { return std::make_unique<tabular::TabularEngine>(); }

}  // namespace slipway
