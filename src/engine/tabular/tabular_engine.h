#pragma once
#include <memory>

#include "engine/engine.h"

namespace slipway {

/// The engine for models over rows of features: trees, linear models, support vectors, small
/// networks and what prepares their inputs, compiled at load into a program over blocks of rows
/// (src/engine/tabular/README.md). Runs stay on the caller's thread, and look at their deadline
/// before each block. Which operators: docs/formats/tabular.md.
/// Load returns kUnsupported, naming node and operator, for a graph of which it does not know every
/// part.
std::unique_ptr<Engine> CreateTabularEngine();

/// Whether no other engine can run the model: a node is an operator of ai.slipway, and the model
/// has no definition of it (docs/formats/slipway-operators.md). False for what is no model.
bool OnlyTabularRuns(const ModelBytes& model);

}  // namespace slipway
