#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "engine/onnxruntime/onnxruntime_engine.h"
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

/// Whether each version that would be served loads and runs: in a child process, as in the server.
Status Try(const repository::FoundModel& model, const Engine& engine) {
  RETURN_IF_ERROR(model.problem);
  if (model.config.is_ensemble()) return OkStatus();  // no file of its own
  std::vector<VersionNumber> found;
  for (const auto& version : model.versions) found.push_back(version.number);
  const auto wanted = model.config.version_policy.Select(found);
  for (const repository::FoundVersion& version : model.versions) {
    if (std::find(wanted.begin(), wanted.end(), version.number) == wanted.end()) continue;
    OpenedModel opened{version.path, version.root, nullptr};
    auto artifact = bundle::Open(version.path, version.root);
    Status fine = artifact.status();
    if (fine.ok()) {
      opened.artifact = *std::move(artifact);
      fine = ProbeFirst(opened, engine);
    }
    if (!fine.ok())
      return found.size() == 1 ? fine
                               : Annotate(fine, fmt::format("version {}", version.number.str()));
  }
  return OkStatus();
}

Verdict Judge(const repository::FoundModel& model, const Engine& engine) {
  Verdict verdict{.model = model.name.str()};
  for (const std::string& field : model.config.without_effect)
    verdict.notes.push_back(fmt::format("\"{}\" of config.pbtxt has no effect", field));
  if (model.config.is_ensemble())
    verdict.notes.push_back("an ensemble: its steps are checked against its members at the start");
  verdict.refused = Try(model, engine);
  return verdict;
}

StatusOr<std::vector<repository::FoundModel>> Scan(const std::string& place,
                                                   const repository::Choices& choices) {
  ASSIGN_OR_RETURN(auto source, repository::OpenSource(place));
  return repository::WithChoices(std::move(source), choices)->Scan();
}

Verdict Judge(const repository::ForeignModel& model, const Engine& engine) {
  Verdict verdict{.model = model.name, .notes = model.notes, .refused = model.problem};
  if (!verdict.refused.ok()) return verdict;
  repository::Choices choices;
  for (const std::string& text : model.versions) verdict.refused.Update(choices.AddVersions(text));
  for (const std::string& text : model.aliases) verdict.refused.Update(choices.AddAlias(text));
  if (!verdict.refused.ok()) return verdict;
  const auto found = Scan(model.place(), choices);
  verdict.refused = found.status();
  if (!found.ok()) return verdict;
  for (const repository::FoundModel& one : *found) {
    Verdict tried = Judge(one, engine);
    verdict.notes.insert(verdict.notes.end(), tried.notes.begin(), tried.notes.end());
    verdict.refused.Update(tried.refused);
  }
  return verdict;
}

StatusOr<std::vector<Verdict>> JudgeAll(const std::string& path, const repository::Layout& layout) {
  Progress progress("Trying the models of " + path);
  ASSIGN_OR_RETURN(const auto engine, CreateOnnxRuntimeEngine());
  std::vector<Verdict> verdicts;
  for (const repository::ForeignModel& model : layout.models)
    verdicts.push_back(Judge(model, *engine));
  if (layout.server != "repository") return verdicts;
  ASSIGN_OR_RETURN(const auto models, Scan(path, {}));
  for (const repository::FoundModel& model : models) verdicts.push_back(Judge(model, *engine));
  return verdicts;
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

int RunMigrate(const Arguments& arguments) {
  const std::string path = arguments.Text("FOLDER");
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
