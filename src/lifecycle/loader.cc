#include "lifecycle/loader.h"

#include <absl/strings/str_join.h>

#include "base/log.h"
#include "bundle/manifest.h"

namespace slipway::lifecycle {
namespace {

/// Label files name outputs of the model; the bundle's own labels stay where no file was given.
void AttachLabels(const repository::FoundModel& model, Signature& signature) {
  for (const auto& [output, labels] : model.labels)
    if (const auto index = IndexOf(signature.outputs, output))
      signature.outputs[*index].labels = labels;
}

}  // namespace

Loader::Loader(LoaderOptions options, std::shared_ptr<Engine> engine, VerifiedStore verified,
               batching::WorkerPool& pool, LifecycleMetrics& metrics, const Clock& clock)
    : options_(std::move(options)),
      engine_(std::move(engine)),
      verified_(std::move(verified)),
      pool_(pool),
      metrics_(metrics),
      clock_(clock) {}

Status Loader::ProbeOnce(const repository::FoundVersion& version, const std::string& digest) {
  if (!options_.probe || verified_.Contains(digest)) return OkStatus();
  RETURN_IF_ERROR(Probe(options_.probe_options, version.path, version.root, digest, &given_up_));
  if (const Status kept = verified_.Add(digest); !kept.ok())
    log::Warn("cannot remember a passed probe; the next start will probe again",
              {{"error", MessageOf(kept)}});
  return OkStatus();
}

JoiningReport Loader::ProveJoiningOf(const ServedVersion& served, batching::CostModel& cost) const {
  if (!options_.join) return {.why_not = "switched off"};
  JoiningOptions joining;
  if (const int limit = served.config.max_batch_size.value_or(0); limit > 0)
    joining.max_rows = std::min<int64_t>(joining.max_rows, limit);
  auto report = ProveJoining(*served.model, served.examples, joining, clock_, cost);
  if (report.max_rows == 1)
    log::Debug(
        "requests run one by one",
        {{"model", served.name.str()}, {"version", served.version}, {"why", report.why_not}});
  return report;
}

StatusOr<std::unique_ptr<ServedVersion>> Loader::Load(const repository::FoundModel& model,
                                                      const repository::FoundVersion& version) {
  const TimePoint begin = clock_.Now();
  ASSIGN_OR_RETURN(const auto artifact, bundle::Open(version.path, version.root, options_.open));
  auto served = std::make_unique<ServedVersion>(
      ServedVersion{.name = model.name, .number = version.number, .version = version.number.str()});
  served->digest = artifact->digest();
  served->config = model.config;
  served->platform = fmt::format("{}_onnx", engine_->name());
  ASSIGN_OR_RETURN(served->signature, repository::Merge(artifact->signature(), model.config));
  AttachLabels(model, served->signature);
  if (const bundle::Manifest* manifest = artifact->manifest())
    served->features = bundle::FeatureNames(manifest->feature_schema);
  served->row_wise = IsRowWise(served->signature);
  served->batched = model.config.max_batch_size.value_or(0) > 0;

  if (const auto& fields = model.config.without_effect; !fields.empty())
    log::Warn("the model's configuration has fields without effect",
              {{"model", model.name.str()}, {"fields", absl::StrJoin(fields, ", ")}});

  RETURN_IF_ERROR(ProbeOnce(version, artifact->digest()));
  LoadOptions load = options_.engine;
  load.max_rows = model.config.max_batch_size.value_or(0);
  ASSIGN_OR_RETURN(served->model, engine_->Load(artifact->bytes(), load));
  ASSIGN_OR_RETURN(served->examples, artifact->Examples(options_.warm_up.max_examples));

  served->instances =
      model.config.instance_count > 0 ? model.config.instance_count : options_.default_instances;
  const auto cost = std::make_shared<batching::CostModel>();
  ASSIGN_OR_RETURN(const WarmUpReport report,
                   WarmUp(*served->model, served->examples, options_.warm_up, clock_, cost.get()));
  const JoiningReport joining = ProveJoiningOf(*served, *cost);
  served->queue = std::make_shared<batching::ModelQueue>(
      batching::ModelQueueOptions{.instances = served->instances,
                                  .admission = options_.admission,
                                  .batch = {.max_rows = joining.max_rows}},
      pool_, clock_, cost);
  served->metrics = metrics_.ForVersion(model.name.str(), served->version);
  const Duration took = clock_.Now() - begin;
  served->metrics->SetLoadDuration(took);
  metrics_.RecordLoad(took);
  log::Info("model loaded",
            {{"model", model.name.str()},
             {"version", served->version},
             {"digest", served->digest},
             {"load_ms", std::chrono::duration<double, std::milli>(took).count()},
             {"examples_replayed", report.examples_replayed},
             {"joined_rows", joining.max_rows},
             {"run_us", std::chrono::duration<double, std::micro>(report.last_run).count()}});
  return served;
}

}  // namespace slipway::lifecycle
