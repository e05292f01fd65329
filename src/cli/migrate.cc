#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "cli/commands.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/personality/models.h"
#include "cli/personality/personality.h"
#include "cli/progress.h"
#include "engine/choice/engines.h"
#include "lifecycle/ensemble.h"
#include "lifecycle/probe.h"
#include "repository/choices.h"
#include "repository/foreign/layout.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

struct Verdict {
  std::string model;
  std::vector<std::string> notes;
  Status refused = OkStatus();

  std::string_view word() const {
    return !refused.ok() ? "refused" : notes.empty() ? "works" : "note";
  }
};

/// Models that would be served together, each judged as the server's loader does.
class TrialRun {
 public:
  explicit TrialRun(const Engine& engine) : engine_(engine) {}

  void Add(const repository::FoundModel& model, Verdict verdict) {
    for (const std::string& field : model.config.without_effect)
      verdict.notes.push_back(fmt::format("\"{}\" of config.pbtxt has no effect", field));
    cases_.push_back({model, std::move(verdict)});
  }
  void AddRefused(Verdict verdict) { cases_.push_back({std::nullopt, std::move(verdict)}); }

  std::vector<Verdict> Judge() && {
    RefuseDoubles();
    for (const bool ensembles : {false, true})  // whose members are known then
      for (auto& [model, verdict] : cases_)
        if (model && verdict.refused.ok() && model->config.is_ensemble() == ensembles)
          verdict.refused = ensembles ? TryEnsemble(*model) : Try(*model);
    std::vector<Verdict> verdicts;
    for (Case& one : cases_) verdicts.push_back(std::move(one.verdict));
    return verdicts;
  }

 private:
  struct Case {
    std::optional<repository::FoundModel> model;  // none: refused before
    Verdict verdict;
  };

  void RefuseDoubles() {
    std::map<std::string, int> times;
    for (const Case& one : cases_) times[one.verdict.model] += one.model.has_value();
    for (auto& [model, verdict] : cases_)
      if (model && times[verdict.model] > 1)
        verdict.refused =
            Error(Reason::kBadModel, "more than one source has a model \"{}\"", verdict.model);
  }

  Status Try(const repository::FoundModel& model) {
    RETURN_IF_ERROR(model.problem);
    std::vector<VersionNumber> found;
    for (const auto& version : model.versions) found.push_back(version.number);
    const auto wanted = model.config.version_policy.Select(found);
    for (const repository::FoundVersion& version : model.versions) {
      if (std::find(wanted.begin(), wanted.end(), version.number) == wanted.end()) continue;
      if (const Status fine = TryVersion(model, version); !fine.ok())
        return found.size() == 1 ? fine
                                 : Annotate(fine, fmt::format("version {}", version.number.str()));
    }
    return OkStatus();
  }

  /// Loads and runs it in a child process, its golden examples too.
  Status TryVersion(const repository::FoundModel& model, const repository::FoundVersion& version) {
    ASSIGN_OR_RETURN(auto artifact, bundle::Open(version.path, version.root));
    lifecycle::ServedVersion served{
        .name = model.name, .number = version.number, .version = version.number.str()};
    ASSIGN_OR_RETURN(served.signature, repository::Merge(artifact->signature(), model.config));
    const OpenedModel opened{version.path, version.root, std::move(artifact)};
    RETURN_IF_ERROR(ProbeFirst(opened, engine_, lifecycle::ProbeOptions().max_examples));
    members_[model.name.str()].push_back(std::move(served));
    return OkStatus();
  }

  Status TryEnsemble(const repository::FoundModel& model) const {
    RETURN_IF_ERROR(model.problem);
    return lifecycle::CheckSteps(model.config, [this](auto member, auto version) {
      return FindMember(std::string(member), version);
    });
  }

  const lifecycle::ServedVersion* FindMember(const std::string& model,
                                             std::string_view version) const {
    const auto found = members_.find(model);
    if (found == members_.end()) return nullptr;
    if (version.empty()) return &found->second.back();
    const auto number = VersionNumber::Parse(version);
    for (const lifecycle::ServedVersion& one : found->second)
      if (number == one.number) return &one;
    return nullptr;
  }

  const Engine& engine_;
  std::vector<Case> cases_;
  std::map<std::string, std::vector<lifecycle::ServedVersion>> members_;  // that work, ascending
};

StatusOr<std::vector<repository::FoundModel>> Scan(const std::string& place,
                                                   const repository::Choices& choices) {
  ASSIGN_OR_RETURN(auto source, repository::OpenSource(place));
  return repository::WithChoices(std::move(source), choices)->Scan();
}

StatusOr<std::vector<repository::FoundModel>> Find(const repository::ForeignModel& model) {
  RETURN_IF_ERROR(model.problem);
  repository::Choices choices;
  for (const std::string& text : model.versions) RETURN_IF_ERROR(choices.AddVersions(text));
  for (const std::string& text : model.aliases) RETURN_IF_ERROR(choices.AddAlias(text));
  return Scan(model.place(), choices);
}

StatusOr<std::vector<Verdict>> JudgeAll(const std::string& path, const repository::Layout& layout) {
  Progress progress("Trying the models of " + path);
  const auto engine = CreateEngine();
  TrialRun trial(*engine);
  for (const repository::ForeignModel& model : layout.models) {
    const auto found = Find(model);
    if (!found.ok())
      trial.AddRefused({model.name, model.notes, found.status()});
    else
      for (const auto& one : *found) trial.Add(one, {one.name.str(), model.notes});
  }
  if (layout.server == "repository") {
    ASSIGN_OR_RETURN(const auto models, Scan(path, {}));
    for (const auto& model : models) trial.Add(model, {model.name.str()});
  }
  return std::move(trial).Judge();
}

std::string ToText(const std::vector<Verdict>& verdicts) {
  std::string text;
  for (const Verdict& verdict : verdicts) {
    text += verdict.model + ": ";
    if (!verdict.refused.ok())
      text += fmt::format("refused because {}", MessageOf(verdict.refused));
    else if (verdict.notes.empty())
      text += "works";
    else
      text += fmt::format("works, with a note: {}", fmt::join(verdict.notes, "; "));
    text += '\n';
  }
  return text;
}

std::string ToJson(std::string_view layout, const std::vector<Verdict>& verdicts) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("layout").String(layout).Key("models").BeginArray();
  for (const Verdict& verdict : verdicts) {
    json.BeginObject().Key("name").String(verdict.model).Key("verdict").String(verdict.word());
    json.Key("notes").BeginArray();
    for (const std::string& note : verdict.notes) json.String(note);
    json.EndArray();
    if (!verdict.refused.ok()) json.Key("reason").String(MessageOf(verdict.refused));
    json.EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

Status CheckSettings(const std::string& path) {
  if (!path.ends_with(".properties")) return OkStatus();
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  return CheckTorchserveProperties(text, path);
}

int RunMigrate(const Arguments& arguments) {
  const std::string path = arguments.Text("FOLDER");
  if (const Status fine = CheckSettings(path); !fine.ok()) return Fail("migrate", fine);
  const auto layout = repository::RecogniseLayout(path);
  if (!layout.ok()) return Fail("migrate", layout.status());
  const auto verdicts = JudgeAll(path, *layout);
  if (!verdicts.ok()) return Fail("migrate", verdicts.status());
  if (verdicts->empty())
    return Fail("migrate", Error(Reason::kBadModel, "{}: holds no model", path));
  const std::string text =
      arguments.Flag("--json") ? ToJson(layout->server, *verdicts) : ToText(*verdicts);
  if (const Status written = WriteResult("", text); !written.ok()) return Fail("migrate", written);
  const bool refused = std::any_of(verdicts->begin(), verdicts->end(),
                                   [](const Verdict& verdict) { return !verdict.refused.ok(); });
  return refused ? kFailed : kDone;
}

}  // namespace

Command MigrateCommand() {
  return {
      "migrate",
      "Tells which models of another server's folder or configuration can be served.",
      "slipway migrate examples/models",
      {{"FOLDER", "",
        "A model repository of Triton or TensorFlow Serving, a model store of TorchServe, a folder "
        "of "
        "MLServer or MLflow; or a model_config_file, config.properties, settings.json or MLmodel.",
        /*required=*/true},
       JsonOption()},
      RunMigrate};
}

}  // namespace slipway::cli
