#include <fmt/format.h>

#include <algorithm>

#include "bundle/manifest.h"
#include "cli/commands.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "engine/choice/engines.h"
#include "import/import.h"
#include "import/pickle/describe.h"
#include "import/sklearn/sklearn.h"
#include "import/skops/reader.h"
#include "io/file.h"
#include "lifecycle/warm_up.h"
#include "onnx/tree_rules.h"

namespace slipway::cli {
namespace {

constexpr size_t kAllExamples = SIZE_MAX;

struct Verification {
  std::string example;
  Status result;
};

/// All that is found out about one model.
struct Findings {
  std::unique_ptr<bundle::Artifact> artifact;
  std::vector<bundle::Example> examples;
  std::string engine;    // that loaded it: "onnxruntime 1.30.0"
  std::string declined;  // why none asked before it: "tabular: node …"
  Status load;           // what the engine says of it
  Duration load_time{};
  std::vector<Verification> verified;  // with --verify

  bool sound() const {
    return load.ok() && std::all_of(verified.begin(), verified.end(),
                                    [](const Verification& v) { return v.result.ok(); });
  }
};

StatusOr<Findings> Examine(const std::string& path, bool verify) {
  Progress progress("Examining " + path);
  Findings found;
  ASSIGN_OR_RETURN(OpenedModel opened, OpenModel(path));
  const auto engine = CreateEngine();
  found.load = ProbeFirst(opened, *engine);
  found.artifact = std::move(opened.artifact);
  ASSIGN_OR_RETURN(found.examples, found.artifact->Examples(kAllExamples));
  if (!found.load.ok()) return found;
  const TimePoint start = SteadyClock().Now();
  const auto loaded = engine->Load(found.artifact->bytes(), LoadOptions{});
  found.load = loaded.status();
  found.load_time = SteadyClock().Now() - start;
  if (loaded.ok()) {
    const ModelOrigin& origin = (*loaded)->origin();
    found.engine = fmt::format("{} {}", origin.engine, origin.version);
    found.declined = origin.declined;
  }
  if (!verify || !loaded.ok()) return found;
  for (const bundle::Example& example : found.examples) {
    progress.Set(static_cast<double>(found.verified.size()) /
                 static_cast<double>(found.examples.size()));
    found.verified.push_back({example.name, lifecycle::Replay(**loaded, example, RunOptions{})});
  }
  return found;
}

std::string OpsetsText(const onnx::ModelInfo& info) {
  std::string text;
  for (const auto& [domain, version] : info.opsets)
    text += fmt::format(", {} {}", domain.empty() ? "ai.onnx" : domain, version);
  return text;
}

std::string OperatorsText(const onnx::ModelInfo& info) {
  std::string text;
  for (const auto& [name, count] : info.operators)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  return text.empty() ? "none" : text;
}

/// "6 (scikit-learn 1.9.1)"
std::string ExamplesText(const std::vector<bundle::Example>& examples) {
  if (examples.empty()) return "none: a bundle can hold golden inputs and outputs";
  const bundle::Example& first = examples.front();
  return fmt::format("{} ({}{}{})", examples.size(), first.origin,
                     first.framework_version.empty() ? "" : " ", first.framework_version);
}

/// "scikit-learn pickle (scikit-learn 1.9.1), imported"
std::string FormatText(const bundle::Artifact& artifact) {
  if (artifact.is_bundle()) return "Slipway bundle, ONNX inside";
  if (artifact.manifest() == nullptr) return "ONNX";
  const auto& lineage = artifact.manifest()->lineage;
  const auto of = [&lineage](const char* key) {
    const auto found = lineage.find(key);
    return found == lineage.end() ? std::string() : found->second;
  };
  const std::string format = of("source_format"), version = of("framework_version");
  if (version.empty()) return format + ", imported";
  return fmt::format("{} ({} {}), imported", format, of("framework"), version);
}

std::vector<std::string> FeaturesOf(const bundle::Artifact& artifact) {
  if (artifact.manifest() == nullptr) return {};
  return bundle::FeatureNames(artifact.manifest()->feature_schema);
}

/// "age, income … and 12 more"
std::string FeaturesText(const std::vector<std::string>& features) {
  constexpr size_t kMostBytes = 400;
  std::string text;
  for (size_t i = 0; i < features.size(); ++i) {
    if (text.size() + features[i].size() > kMostBytes)
      return text + fmt::format("{}{} more", i == 0 ? "" : " … and ", features.size() - i);
    text += (i == 0 ? "" : ", ") + features[i];
  }
  return text;
}

void AppendFeatures(JsonWriter& json, const std::vector<std::string>& features) {
  constexpr size_t kMost = 1'000;
  if (features.empty()) return;
  json.Key("feature_count").Uint(features.size()).Key("features").BeginArray();
  for (size_t i = 0; i < std::min(features.size(), kMost); ++i) json.String(features[i]);
  json.EndArray();
}

void AppendTensors(std::string& text, std::string_view title,
                   const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs) {
    text += fmt::format("{:<12}{}  {}{}", title, spec.name, ToString(spec.dtype, spec.shape),
                        spec.optional ? "  optional" : "");
    if (IsTime(spec, 0) && spec.times.size() == 1) text += "  a time";
    if (!spec.labels.empty())
      text += fmt::format("  {} labels: {} … {}", spec.labels.size(), spec.labels.front(),
                          spec.labels.back());
    text += '\n';
    title = "";
  }
}

std::string ToText(const std::string& path, const Findings& found) {
  const bundle::Artifact& artifact = *found.artifact;
  const onnx::ModelInfo& info = artifact.info();
  std::string text = fmt::format("{:<12}{}\n", "model", path);
  const auto line = [&text](std::string_view title, std::string_view value) {
    text += fmt::format("{:<12}{}\n", title, value);
  };
  if (artifact.manifest() != nullptr && !artifact.manifest()->name.empty())
    line("name", artifact.manifest()->name);
  line("format", FormatText(artifact));
  line("digest", artifact.digest());
  line("size", fmt::format("{} bytes, {} parameters", WithThousands(artifact.size_bytes()),
                           WithThousands(static_cast<uint64_t>(info.parameter_count))));
  line("made by", fmt::format("{}, IR {}{}", info.producer.empty() ? "unknown" : info.producer,
                              info.ir_version, OpsetsText(info)));
  AppendTensors(text, "inputs", artifact.signature().inputs);
  if (const auto features = FeaturesOf(artifact); !features.empty())
    line("features", FeaturesText(features));
  AppendTensors(text, "outputs", artifact.signature().outputs);
  line("operators", OperatorsText(info));
  line("runs on", found.load.ok() ? fmt::format("{}, loads in {:.1f} ms", found.engine,
                                                static_cast<double>(found.load_time.count()) / 1e6)
                                  : fmt::format("nothing here: {}", MessageOf(found.load)));
  if (!found.declined.empty()) line("not on", found.declined);
  line("examples", ExamplesText(found.examples));
  for (const Verification& v : found.verified)
    line("", fmt::format("{}: {}", v.example, v.result.ok() ? "reproduced" : MessageOf(v.result)));
  for (const std::string& warning : info.warnings) line("warning", warning);
  return text;
}

void AppendCounts(JsonWriter& json, std::string_view key,
                  const std::map<std::string, int64_t>& counts) {
  json.Key(key).BeginObject();
  for (const auto& [name, count] : counts) json.Key(name).Int(count);
  json.EndObject();
}

void AppendLineage(JsonWriter& json, const std::map<std::string, std::string>& lineage) {
  json.Key("lineage").BeginObject();
  for (const auto& [key, value] : lineage) json.Key(key).String(value);
  json.EndObject();
}

void AppendVerified(JsonWriter& json, const std::vector<Verification>& verified) {
  json.Key("verified").BeginArray();
  for (const Verification& v : verified) {
    json.BeginObject().Key("example").String(v.example).Key("reproduced").Bool(v.result.ok());
    if (!v.result.ok()) json.Key("reason").String(MessageOf(v.result));
    json.EndObject();
  }
  json.EndArray();
}

std::string ToJson(const std::string& path, const Findings& found, bool verify) {
  const bundle::Artifact& artifact = *found.artifact;
  const onnx::ModelInfo& info = artifact.info();
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("model").String(path);
  json.Key("format").String(artifact.is_bundle()             ? "bundle"
                            : artifact.manifest() != nullptr ? "imported"
                                                             : "onnx");
  if (artifact.manifest() != nullptr) AppendLineage(json, artifact.manifest()->lineage);
  json.Key("digest").String(artifact.digest());
  json.Key("size_bytes").Uint(artifact.size_bytes());
  json.Key("parameters").Int(info.parameter_count);
  json.Key("producer").String(info.producer).Key("ir_version").Int(info.ir_version);
  AppendCounts(json, "opsets", info.opsets);
  AppendCounts(json, "operators", info.operators);
  AppendSignature(json, artifact.signature());
  AppendFeatures(json, FeaturesOf(artifact));
  if (found.load.ok()) json.Key("engine").String(found.engine);
  json.Key("loads").Bool(found.load.ok());
  if (!found.declined.empty()) json.Key("declined").String(found.declined);
  if (!found.load.ok()) json.Key("refused").String(MessageOf(found.load));
  json.Key("load_ms").Double(static_cast<double>(found.load_time.count()) / 1e6);
  json.Key("examples").Uint(found.examples.size());
  if (verify) AppendVerified(json, found.verified);
  json.Key("warnings").BeginArray();
  for (const std::string& warning : info.warnings) json.String(warning);
  json.EndArray().EndObject();
  return text + "\n";
}

struct PickleText {
  std::string text;
  bool refused = false;  // a global that it names
};

StatusOr<PickleText> PickleOf(const std::string& path) {
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(importing::Limits().max_file_bytes));
  const bool is_skops = importing::FormatOf(path, bytes.span()) == importing::Format::kSkops;
  const auto document = is_skops ? skops::Read(bytes.span()) : pickle::Read(bytes.span());
  if (!document.ok())
    return Annotate(document.status(), fmt::format("{}: is no pickle that can be read", path));
  const auto& allowed = importing::AllowedInScikitLearn;
  return PickleText{pickle::Describe(**document, {.allowed = allowed}),
                    pickle::CountRefused(**document, allowed) > 0};
}

/// To standard output, a tree after the other: they may take more than memory.
Status PrintRules(const std::string& path) {
  ASSIGN_OR_RETURN(const OpenedModel opened, OpenModel(path));
  const bundle::Artifact& artifact = *opened.artifact;
  onnx::RuleNames names{.features = FeaturesOf(artifact), .classes = {}};
  for (const TensorSpec& output : artifact.signature().outputs)
    if (!output.labels.empty()) names.classes = output.labels;
  return onnx::WriteTreeRules(artifact.bytes().model, names,
                              [](std::string_view text) { return WriteResult("", text); });
}

int Done(const Status& status) { return status.ok() ? kDone : Fail("inspect", status); }

int PrintPickle(const std::string& path) {
  const auto pickle = PickleOf(path);
  if (!pickle.ok()) return Fail("inspect", pickle.status());
  const int written = Done(WriteResult("", pickle->text));
  return written == kDone && pickle->refused ? kFailed : written;
}

int RunInspect(const Arguments& arguments) {
  const std::string path = arguments.Text("MODEL");
  const bool pickle = arguments.Flag("--pickle"), rules = arguments.Flag("--rules");
  if (arguments.Flag("--json") && (pickle || rules))
    return Done(Error(Reason::kBadRequest, "--{} prints text and cannot be had as JSON",
                      pickle ? "pickle" : "rules"));
  if (pickle) return PrintPickle(path);
  if (rules) return Done(PrintRules(path));
  const bool verify = arguments.Flag("--verify");
  const auto found = Examine(path, verify);
  if (!found.ok()) return Fail("inspect", found.status());
  const std::string text =
      arguments.Flag("--json") ? ToJson(path, *found, verify) : ToText(path, *found);
  if (const Status written = WriteResult("", text); !written.ok()) return Fail("inspect", written);
  return found->sound() ? kDone : kFailed;
}

}  // namespace

Command InspectCommand() {
  return {
      "inspect",
      "Tells what a model is: format, signature, operators, size, what would run it.",
      "slipway inspect examples/models/digits/1 --verify",
      {ModelOption(),
       {"--pickle", "",
        "Prints what a pickle, joblib or skops file holds, without running anything of it: "
        "every class and function it names, with a verdict, and its objects as a tree. Exit code "
        "1 when it names one that no fitted estimator needs."},
       {"--rules", "", "Prints the trees of the model as if-else rules, and nothing else."},
       {"--verify", "", "Replays every golden example and compares the outputs."},
       JsonOption()},
      RunInspect};
}

}  // namespace slipway::cli
