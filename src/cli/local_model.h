#pragma once
#include <memory>
#include <string>

#include "base/status.h"
#include "bundle/artifact.h"
#include "cli/command.h"
#include "engine/engine.h"
#include "infer/request.h"

namespace slipway::cli {

/// MODEL of commands that read a model of this machine, and the --output of those that write one.
Option ModelOption();
Option ModelOutputOption();

/// A model of this machine, loaded for use without a server. Members die in reverse order.
struct LocalModel {
  std::string path;  // where its files lie, below the one that was given in a model's folder
  std::unique_ptr<bundle::Artifact> artifact;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<LoadedModel> loaded;
  Duration load_time{};

  const Signature& signature() const { return artifact->signature(); }
  /// Names of the columns of the only [n,F] input, of a bundle that says them.
  std::vector<std::string> Features() const;

  /// Checks the request and runs it. Threads: any.
  StatusOr<std::vector<NamedTensor>> Infer(const InferRequest& request) const;
};

/// Where a model's files lie, and what they are.
struct OpenedModel {
  std::string path;
  std::string root;  // as bundle::Open takes it
  std::unique_ptr<bundle::Artifact> artifact;
};

/// Opens a model's files: what bundle::Open takes, and the folder of one model of a repository,
/// whose newest version it is then.
StatusOr<OpenedModel> OpenModel(const std::string& path);

/// Has a child process load and run the model first, as the server does (lifecycle/probe.h): a file
/// that kills the runtime must not kill the command. OK at once for a digest that the server of
/// this machine knows.
/// @param max_examples  golden examples to replay; 0: whether they are reproduced does not matter.
/// @return what is wrong with the model: what the child said, or how it died.
Status ProbeFirst(const OpenedModel& model, const Engine& engine, size_t max_examples = 0);

/// Opens, probes and loads.
/// @param intra_op_threads  inside one run; at least 1
StatusOr<LocalModel> OpenLocalModel(const std::string& path, int intra_op_threads = 1);

}  // namespace slipway::cli
