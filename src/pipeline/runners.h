#pragma once
// Models as evaluate/ and optimise/ run them.

#include <memory>
#include <string>

#include "base/status.h"
#include "client/infer_client.h"
#include "engine/engine.h"
#include "evaluate/runner.h"
#include "tensor/signature.h"

namespace slipway::pipeline {

/// A model that an engine of this process has loaded.
/// @param model      its engine and what it borrows must outlive the runner.
/// @param signature  what is checked and shown: the engine's own, or one that says more of columns
///   and classes.
std::unique_ptr<evaluate::Runner> RunnerOf(const LoadedModel& model, Signature signature);

/// Loads what this process wrote itself: without a probe, keeping the bytes.
/// @param engine  must outlive the loader, not its runners. Threads: any, as Engine::Load.
evaluate::LoadModel LoaderOf(Engine& engine, LoadOptions options = {});

/// A model at a server. Threads take turns.
/// @return what the server says when asked for the model's signature.
StatusOr<std::unique_ptr<evaluate::Runner>> ConnectRunner(client::Target target);
StatusOr<std::unique_ptr<evaluate::Runner>> RunnerOf(std::unique_ptr<client::InferClient> client);

}  // namespace slipway::pipeline
