#include "cli/local_model.h"

#include <unistd.h>

#include <optional>

#include "bundle/manifest.h"
#include "engine/choice/engines.h"
#include "infer/validate.h"
#include "io/file.h"
#include "lifecycle/probe.h"
#include "lifecycle/verified_store.h"
#include "repository/repository.h"
#include "server/config_loader.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

/// Of the model whose folder of a repository lies at `path`; nullopt when none does.
StatusOr<std::optional<repository::FoundVersion>> NewestVersion(const std::string& path) {
  const auto source = repository::OpenSource(path);
  if (!source.ok()) return std::nullopt;
  ASSIGN_OR_RETURN(const auto models, (*source)->Scan());
  if (models.size() > 1)
    return Error(Reason::kBadRequest, "{} is a repository of {} models: name one of them, as {}/{}",
                 path, models.size(), path, models.front().name.str());
  if (models.empty() || models.front().versions.empty()) return std::nullopt;
  return models.front().versions.back();
}

/// Where the server remembers what passed its probe; "" when its settings cannot be read.
std::string VerifiedFolder() {
  server::ConfigSources sources;
  sources.environment = server::ReadProcessEnvironment();
  sources.is_root = geteuid() == 0;
  const auto effective = server::LoadConfig(sources);
  if (!effective.ok() || effective->config.data_folder.empty()) return "";
  return effective->config.data_folder + "/verified";
}

}  // namespace

StatusOr<std::vector<NamedTensor>> LocalModel::Infer(const InferRequest& request) const {
  BoundRequest bound;
  RETURN_IF_ERROR(Bind(request, signature(), bound));
  std::vector<Tensor> results;
  RETURN_IF_ERROR(loaded->Run(bound.inputs, bound.outputs, RunOptions{}, results));
  std::vector<NamedTensor> outputs;
  for (size_t i = 0; i < results.size(); ++i)
    outputs.push_back({signature().outputs[bound.outputs[i]].name, std::move(results[i])});
  return outputs;
}

std::vector<std::string> LocalModel::Features() const {
  const bundle::Manifest* const manifest = artifact->manifest();
  return manifest == nullptr ? std::vector<std::string>()
                             : bundle::FeatureNames(manifest->feature_schema);
}

Option ModelOption() {
  return {.name = "MODEL",
          .value_name = "",
          .help =
              "An ONNX file, a bundle (folder or tar), or a model of scikit-learn, XGBoost, "
              "LightGBM or CatBoost.",
          .required = true};
}

Option ModelOutputOption() {
  return {.name = "--output",
          .value_name = "OUT",
          .help =
              "What to write: NAME.onnx, NAME.tar or NAME.slipway (a tar), else a bundle "
              "folder. It must not exist.",
          .required = true,
          .short_name = "-o"};
}

StatusOr<OpenedModel> OpenModel(const std::string& path) {
  OpenedModel model{path, "", nullptr};
  auto artifact = bundle::Open(path);
  if (!artifact.ok() && ReasonOf(artifact.status()) == Reason::kBadModel) {
    ASSIGN_OR_RETURN(const auto newest, NewestVersion(path));
    if (newest) {
      model.path = newest->path;
      model.root = newest->root;
      artifact = bundle::Open(model.path, model.root);
    }
  }
  // Of a folder the message names what lies in it.
  if (!artifact.ok() && io::File::Open(path).ok()) return Annotate(artifact.status(), path);
  ASSIGN_OR_RETURN(model.artifact, std::move(artifact));
  return model;
}

Status ProbeFirst(const OpenedModel& model, const Engine& engine, size_t max_examples) {
  const std::string& digest = model.artifact->digest();
  if (lifecycle::VerifiedStore(VerifiedFolder(),
                               fmt::format("{} {}", engine.name(), engine.version()))
          .Find(digest))
    return OkStatus();
  lifecycle::ProbeOptions options;
  options.limits.memory_bytes = server::DetectResources().memory_bytes;
  options.max_examples = max_examples;
  return lifecycle::Probe(options, {VersionNumber{1}, model.path, model.root}, digest).status();
}

StatusOr<LocalModel> OpenLocalModel(const std::string& path, int intra_op_threads) {
  ASSIGN_OR_RETURN(OpenedModel opened, OpenModel(path));
  LocalModel model;
  model.path = opened.path;
  model.engine = CreateEngine();
  if (const Status probed = ProbeFirst(opened, *model.engine); !probed.ok())
    return Annotate(probed, path);
  model.artifact = std::move(opened.artifact);
  const TimePoint start = SteadyClock().Now();
  ASSIGN_OR_RETURN(model.loaded,
                   model.engine->Load(model.artifact->bytes(),
                                      LoadOptions{.intra_op_threads = intra_op_threads}));
  model.load_time = SteadyClock().Now() - start;
  return model;
}

}  // namespace slipway::cli
