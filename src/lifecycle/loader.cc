#include "lifecycle/loader.h"

#include <absl/strings/str_join.h>
#include <malloc.h>

#include <algorithm>

#include "base/log.h"
#include "base/resident_code.h"
#include "base/spare_memory.h"
#include "bundle/manifest.h"
#include "lifecycle/preparing.h"
#include "lifecycle/thread_choice.h"

namespace slipway::lifecycle {
namespace {

// Operators whose work is told by the values of an input, not by its shape.
constexpr std::string_view kSizedByValues[] = {
    "AffineGrid", "BlackmanWindow", "CenterCropPad", "Col2Im",     "ConstantOfShape",
    "DFT",        "Expand",         "HammingWindow", "HannWindow", "Loop",
    "MaxUnpool",  "OneHot",         "Pad",           "Range",      "Resize",
    "Scan",       "STFT",           "Tile",          "Upsample"};
constexpr auto kAskedBudget = std::chrono::seconds(1);
constexpr auto kLeastPatience = std::chrono::seconds(1);

batching::LevelOptions LevelOf(const repository::QueuePolicy& policy) {
  return {.max_queue = static_cast<size_t>(policy.max_size),
          .max_age = policy.max_age,
          .is_delayed = policy.is_delayed};
}

void SetLevels(const repository::DynamicBatching& asked, batching::ModelQueueOptions& queue) {
  const auto levels = static_cast<size_t>(std::max<int64_t>(asked.priority_levels, 1));
  queue.levels.assign(levels, LevelOf(asked.policy));
  for (const auto& [priority, policy] : asked.policies)
    queue.levels[static_cast<size_t>(priority) - 1] = LevelOf(policy);
  queue.default_level = static_cast<size_t>(std::max<int64_t>(asked.default_priority, 1)) - 1;
}

void WarnOfFieldsWithoutEffect(const repository::FoundModel& model) {
  if (const auto& fields = model.config.without_effect; !fields.empty())
    log::Warn("the model's configuration has fields without effect",
              {{"model", model.name.str()}, {"fields", absl::StrJoin(fields, ", ")}});
}

/// Label files name outputs of the model; the bundle's own labels stay where no file was given.
void AttachLabels(const repository::FoundModel& model, Signature& signature) {
  for (const auto& [output, labels] : model.labels)
    if (const auto index = IndexOf(signature.outputs, output))
      signature.outputs[*index].labels = labels;
}

/// There may be room, or the files of before.
bool MayPassAnotherTime(Reason why_not_prepared) {
  return why_not_prepared == Reason::kDiskFull || why_not_prepared == Reason::kIo ||
         why_not_prepared == Reason::kNotFound;
}

LoaderOptions WithDigests(LoaderOptions options) {
  options.open.digests = options.digests.get();
  return options;
}

}  // namespace

Loader::Loader(LoaderOptions options, std::shared_ptr<Engine> engine, VerifiedStore verified,
               batching::WorkerPool& pool, LifecycleMetrics& metrics, const Clock& clock)
    : options_(WithDigests(std::move(options))),
      engine_(std::move(engine)),
      verified_(std::move(verified)),
      pool_(pool),
      metrics_(metrics),
      clock_(clock) {}

bool Loader::measures_threads() const {
  return options_.probe && options_.probe_options.processors > 1;
}

void Loader::Remember(const std::string& digest, const Verified& verified) const {
  if (const Status kept = verified_.Add(digest, verified); !kept.ok())
    log::Warn("cannot remember a passed probe; the next start will probe again",
              {{"error", MessageOf(kept)}});
}

void Loader::KeepDigests() {
  if (options_.digests == nullptr) return;
  if (const Status saved = options_.digests->Save(); !saved.ok())
    log::Warn("cannot remember the digests of files; the next start will hash them again",
              {{"error", MessageOf(saved)}});
}

StatusOr<Verified> Loader::ProbeOnce(const repository::FoundVersion& version,
                                     const std::string& digest) {
  if (!options_.probe) return Verified{.threads = 1};
  if (const auto known = verified_.Find(digest)) return *known;
  ASSIGN_OR_RETURN(const ProbeReport report,
                   Probe(options_.probe_options, version, digest, &given_up_));
  Remember(digest, {report.threads});
  return Verified{report.threads.value_or(1)};
}

int Loader::MeasureAgain(const repository::FoundVersion& version, const std::string& digest,
                         Duration patience) {
  ProbeOptions options = options_.probe_options;
  options.timeout =
      std::min(options.timeout, std::chrono::ceil<std::chrono::milliseconds>(patience));
  const auto report = Probe(options, version, digest, &given_up_);
  if (!report.ok() || !report->threads) return 1;
  Remember(digest, {report->threads});
  return *report->threads;
}

StatusOr<Loader::Started> Loader::Start(const bundle::Artifact& artifact, int threads,
                                        ServedVersion& served) const {
  const auto prepared =
      options_.prepared ? options_.prepared->Find(artifact.digest()) : std::nullopt;
  if (prepared && prepared->size() > 0) {
    auto started = StartFrom(*prepared, artifact, threads, served);
    if (started.ok()) return started;
    log::Warn("a prepared model is of no use; the model itself is loaded",
              {{"model", served.name.str()}, {"error", MessageOf(started.status())}});
    options_.prepared->Refuse(artifact.digest()).IgnoreError();
  }
  return StartFrom({}, artifact, threads, served);
}

StatusOr<Loader::Started> Loader::StartFrom(const Buffer& prepared,
                                            const bundle::Artifact& artifact, int threads,
                                            ServedVersion& served) const {
  LoadOptions load = options_.engine;
  load.prepared = prepared;
  load.intra_op_threads = threads;
  load.max_rows = served.config.max_batch_size.value_or(0);
  served.model.reset();
  ASSIGN_OR_RETURN(served.model, engine_->Load(artifact.bytes(), load));
  Started started{.threads = threads,
                  .prepared = prepared.size() > 0,
                  .cost = std::make_shared<batching::CostModel>()};
  ASSIGN_OR_RETURN(started.warm, WarmUp(*served.model, served.examples, options_.warm_up, clock_,
                                        started.cost.get()));
  return started;
}

void Loader::NoteUnprepared(const bundle::Artifact& artifact,
                            const repository::FoundVersion& version, const LoadedModel& model) {
  if (options_.prepared == nullptr || !model.prepares()) return;
  if (artifact.size_bytes() > options_.prepared->limits().model_bytes) return;
  if (!options_.prepared->Find(artifact.digest()))
    unprepared_.push_back({version, artifact.digest()});
}

StatusOr<Buffer> Loader::PrepareNow(const Unprepared& model) const {
  const repository::FoundVersion& version = model.version;
  ASSIGN_OR_RETURN(const auto artifact,
                   bundle::Open(version.path, version.root, options_.open, version.answer));
  if (artifact->digest() != model.digest)
    return MakeError(Reason::kNotFound, "the model's files have changed");
  ASSIGN_OR_RETURN(const auto examples, artifact->Examples(1));
  return Prepare(*engine_, artifact->bytes(), options_.engine, examples);
}

void Loader::PrepareNext() {
  const Unprepared model = std::move(unprepared_.front());
  unprepared_.pop_front();
  const TimePoint begin = clock_.Now();
  // It stays when preparing ends the process: the next start does not try again.
  Status kept = options_.prepared->Refuse(model.digest);
  if (kept.ok()) {
    const auto form = PrepareNow(model);
    kept = form.ok() ? options_.prepared->Put(model.digest, *form) : form.status();
    if (!kept.ok() && MayPassAnotherTime(ReasonOf(kept))) options_.prepared->Forget(model.digest);
  }
  malloc_trim(0);
  const auto took = std::chrono::duration<double, std::milli>(clock_.Now() - begin).count();
  if (kept.ok())
    log::Debug("model prepared for the next start", {{"digest", model.digest}, {"took_ms", took}});
  else
    log::Debug("model not prepared for the next start",
               {{"digest", model.digest}, {"why", MessageOf(kept)}});
}

void Loader::TidyUp() {
  if (has_unprepared()) return PrepareNext();
  ReturnSpareMemory();
  ReleaseCode();
  code_is_resident_ = false;
}

int Loader::InstancesOf(const repository::ModelConfig& config, int threads) const {
  if (config.instance_count > 0) return config.instance_count;
  if (!measures_threads() || threads == 1) return options_.default_instances;
  return InstancesFor(threads, options_.probe_options.processors);
}

StatusOr<Loader::Started> Loader::StartProven(const bundle::Artifact& artifact,
                                              const repository::FoundVersion& version,
                                              ServedVersion& served) {
  ASSIGN_OR_RETURN(const Verified verified, ProbeOnce(version, artifact.digest()));
  if (!measures_threads()) return Start(artifact, options_.engine.intra_op_threads, served);
  const TimePoint begin = clock_.Now();
  ASSIGN_OR_RETURN(Started started, Start(artifact, verified.threads.value_or(1), served));
  if (verified.threads || started.warm.fastest_run < kWorthThreads) return started;
  const Duration patience = kLeastPatience + 4 * (clock_.Now() - begin);
  const int threads = MeasureAgain(version, artifact.digest(), patience);
  return threads == 1 ? std::move(started) : Start(artifact, threads, served);
}

// What a model's configuration asks for goes before what the costs say, and its proof may take
// longer.
batching::BatchOptions Loader::BatchOptionsFor(const ServedVersion& served,
                                               batching::CostModel& cost) const {
  const auto& asked = served.config.dynamic_batching;
  batching::BatchOptions batch = options_.batch;
  JoiningOptions joining{.max_rows = batch.max_rows};
  if (const int limit = served.config.max_batch_size.value_or(0); limit > 0)
    joining.max_rows = asked ? limit : std::min<int64_t>(joining.max_rows, limit);
  else if (asked && !asked->preferred.empty())
    joining.max_rows = asked->preferred.back();
  if (asked) {
    batch.preferred = asked->preferred;
    batch.max_delay = asked->max_delay;
  }
  if (asked || batch.max_delay > Duration::zero() || batch.splits) joining.budget = kAskedBudget;
  JoiningReport report;
  if (options_.batch.max_rows == 1)
    report.why_not = "models.max_batch is 1";
  else if (joining.max_rows == 1)
    report.why_not = "the model's configuration asks for batches of one row";
  else
    report = ProveJoining(*served.model, served.examples, joining, clock_, cost);
  if (report.max_rows == 1) {
    const auto say = asked ? log::Warn : log::Debug;
    say("requests run one by one",
        {{"model", served.name.str()}, {"version", served.version}, {"why", report.why_not}});
    return {};
  }
  batch.max_rows = report.max_rows;
  return batch;
}

StatusOr<std::unique_ptr<ServedVersion>> Loader::LoadEnsemble(
    const repository::FoundModel& model, const repository::FoundVersion& version,
    const FindMember& find) {
  RETURN_IF_ERROR(CheckSteps(model.config, find));
  auto served = std::make_unique<ServedVersion>(
      ServedVersion{.name = model.name, .number = version.number, .version = version.number.str()});
  served->config = model.config;
  served->platform = "ensemble";
  served->signature = SignatureOf(model.config);
  AttachLabels(model, served->signature);
  served->batched = model.config.max_batch_size.value_or(0) > 0;
  served->metrics = metrics_.ForVersion(model.name.str(), served->version);
  WarnOfFieldsWithoutEffect(model);
  log::Info("ensemble loaded", {{"model", model.name.str()},
                                {"version", served->version},
                                {"steps", model.config.ensemble.size()}});
  return served;
}

void Loader::AddCache(ServedVersion& served) const {
  if (options_.cache)
    served.cache = std::make_unique<ResponseCache>(options_.cache);
  else
    log::Warn("the model asks for a response cache, and the server has none (cache.size is 0)",
              {{"model", served.name.str()}});
}

namespace {

/// The protocol's word for what runs a model: Triton's for ONNX Runtime.
std::string PlatformOf(const ModelOrigin& origin) {
  const bool native = !origin.engine.empty() && origin.engine != "onnxruntime";
  return native ? "slipway_" + origin.engine : "onnxruntime_onnx";
}

}  // namespace

StatusOr<std::unique_ptr<ServedVersion>> Loader::Load(const repository::FoundModel& model,
                                                      const repository::FoundVersion& version) {
  const TimePoint begin = clock_.Now();
  code_is_resident_ = true;
  ASSIGN_OR_RETURN(const auto artifact,
                   bundle::Open(version.path, version.root, options_.open, version.answer));
  auto served = std::make_unique<ServedVersion>(
      ServedVersion{.name = model.name, .number = version.number, .version = version.number.str()});
  served->digest = artifact->digest();
  served->config = model.config;
  ASSIGN_OR_RETURN(served->signature, repository::Merge(artifact->signature(), model.config));
  AttachLabels(model, served->signature);
  if (const bundle::Manifest* manifest = artifact->manifest())
    served->features = bundle::FeatureNames(manifest->feature_schema);
  served->row_wise = IsRowWise(served->signature);
  served->batched = model.config.max_batch_size.value_or(0) > 0;

  WarnOfFieldsWithoutEffect(model);

  ASSIGN_OR_RETURN(served->examples, artifact->Examples(options_.warm_up.max_examples));
  ASSIGN_OR_RETURN(const Started started, StartProven(*artifact, version, *served));
  served->platform = PlatformOf(served->model->origin());
  served->instances = InstancesOf(model.config, started.threads);
  served->run_limit = options_.run_limit;
  served->time_follows_values = std::ranges::any_of(kSizedByValues, [&](std::string_view name) {
    return artifact->info().operators.contains(std::string(name));
  });
  batching::ModelQueueOptions queue{.instances = served->instances,
                                    .run_limit = options_.run_limit,
                                    .admission = options_.admission,
                                    .batch = BatchOptionsFor(*served, *started.cost)};
  if (model.config.dynamic_batching) SetLevels(*model.config.dynamic_batching, queue);
  const int64_t joined_rows = queue.batch.max_rows;
  if (queue.batch.splits) served->piece_rows = joined_rows;
  served->queue =
      std::make_shared<batching::ModelQueue>(std::move(queue), pool_, clock_, started.cost);
  served->metrics = metrics_.ForVersion(model.name.str(), served->version);
  if (model.config.response_cache) AddCache(*served);
  NoteUnprepared(*artifact, version, *served->model);
  const Duration took = clock_.Now() - begin;
  served->metrics->SetLoadDuration(took);
  metrics_.RecordLoad(took);
  log::Info("model loaded",
            {{"model", model.name.str()},
             {"version", served->version},
             {"digest", served->digest},
             {"engine", served->model->origin().engine},
             {"load_ms", std::chrono::duration<double, std::milli>(took).count()},
             {"prepared", started.prepared},
             {"examples_replayed", started.warm.examples_replayed},
             {"intra_op_threads", started.threads},
             {"instances", served->instances},
             {"joined_rows", joined_rows},
             {"run_us", std::chrono::duration<double, std::micro>(started.warm.last_run).count()}});
  return served;
}

}  // namespace slipway::lifecycle
