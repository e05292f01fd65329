#include "engine/choice/choice_engine.h"

#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace slipway {
namespace {

Status Needed(const EngineCandidate& engine, const Status& missing, const std::string& declined) {
  return Error(ReasonOf(missing), "the model needs the engine {}, which cannot be had: {}{}{}",
               engine.name, MessageOf(missing), declined.empty() ? "" : "; ", declined);
}

/// Only the last engine judges a model: what another finds wrong with it may be beyond that one.
bool Declines(Reason reason) {
  return reason == Reason::kUnsupported || reason == Reason::kBadModel;
}

class ChoiceEngine final : public Engine {
 public:
  explicit ChoiceEngine(std::vector<EngineCandidate> candidates)
      : candidates_(std::move(candidates)), engines_(candidates_.size()) {
    for (const EngineCandidate& candidate : candidates_) {
      const char* const separator = &candidate == candidates_.data() ? "" : "+";
      name_ += separator + candidate.name;
      version_ += separator + candidate.version;
    }
  }

  std::string_view name() const override { return name_; }
  std::string_view version() const override { return version_; }

  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                              const LoadOptions& options) override {
    std::string declined;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const StatusOr<Engine*> engine = Made(i);
      if (!engine.ok()) return Needed(candidates_[i], engine.status(), declined);
      auto loaded = (*engine)->Load(model, options);
      if (loaded.ok()) {
        (*loaded)->set_origin({candidates_[i].name, candidates_[i].version, std::move(declined)});
        return loaded;
      }
      const bool last = i + 1 == candidates_.size();
      if (last || !Declines(ReasonOf(loaded.status()))) return loaded.status();
      if (const auto alone = candidates_[i].alone_runs; alone != nullptr && alone(model))
        return Error(ReasonOf(loaded.status()),
                     "the model needs the engine {}, which refuses it: {}", candidates_[i].name,
                     MessageOf(loaded.status()));
      if (!declined.empty()) declined += "; ";
      declined += fmt::format("{}: {}", candidates_[i].name, MessageOf(loaded.status()));
    }
    SLIPWAY_CHECK(false, "there is a candidate");
  }

 private:
  StatusOr<Engine*> Made(size_t i) {
    MutexLock lock(mutex_);
    if (engines_[i] == nullptr) {
      ASSIGN_OR_RETURN(engines_[i], candidates_[i].make());
    }
    return engines_[i].get();
  }

  const std::vector<EngineCandidate> candidates_;
  std::string name_;
  std::string version_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Engine>> engines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Engine> CreateChoiceEngine(std::vector<EngineCandidate> candidates) {
  SLIPWAY_CHECK(!candidates.empty(), "there is a candidate");
  return std::make_unique<ChoiceEngine>(std::move(candidates));
}

}  // namespace slipway
