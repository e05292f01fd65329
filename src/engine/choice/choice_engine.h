#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace slipway {

/// An engine that is made when the first model needs it.
struct EngineCandidate {
  std::string name;
  std::string version;
  std::function<StatusOr<std::unique_ptr<Engine>>()> make;
  /// Whether none of those after it can run a model: then its kUnsupported is final too. Or null.
  bool (*alone_runs)(const ModelBytes& model) = nullptr;
};

/// An engine that asks others, in order: a model runs on the first that does not answer
/// kUnsupported or kBadModel, of which only the last one's is final, for what one engine takes for
/// broken another may run; any other error, such as a limit of memory, is final. Its models know
/// who runs them and why those asked before do not (LoadedModel::origin). A candidate that cannot
/// be made fails the loads that come to it, and is tried again by the next.
/// @param candidates  at least one; name() and version() name them all.
std::unique_ptr<Engine> CreateChoiceEngine(std::vector<EngineCandidate> candidates);

}  // namespace slipway
