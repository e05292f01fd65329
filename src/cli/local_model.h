#pragma once
#include <memory>
#include <string>

#include "base/status.h"
#include "bundle/artifact.h"
#include "engine/engine.h"
#include "infer/request.h"

namespace slipway::cli {

/// A model of this machine, loaded for use without a server. Members die in reverse order.
struct LocalModel {
  std::unique_ptr<bundle::Artifact> artifact;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<LoadedModel> loaded;
  Duration load_time{};

  const Signature& signature() const { return loaded->signature(); }

  /// Checks the request and runs it. Threads: any.
  StatusOr<std::vector<NamedTensor>> Infer(const InferRequest& request) const;
};

/// Opens a model's files: what bundle::Open takes, and the folder of one model of a repository,
/// whose newest version it is then.
StatusOr<std::unique_ptr<bundle::Artifact>> OpenArtifact(const std::string& path);

/// @param intra_op_threads  inside one run; at least 1
StatusOr<LocalModel> OpenLocalModel(const std::string& path, int intra_op_threads = 1);

}  // namespace slipway::cli
