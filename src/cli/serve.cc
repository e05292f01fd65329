#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "base/nearest_word.h"
#include "cli/commands.h"
#include "cli/personality/personality.h"
#include "cli/program.h"
#include "repository/repository.h"
#include "server/certificates.h"
#include "server/config_loader.h"
#include "server/config_translation.h"
#include "server/server.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

using server::Field;
using server::Setting;

/// What a flag's help calls its value.
std::string ValueName(const Field& field) {
  return std::visit(
      [](const auto& type) -> std::string {
        using T = std::decay_t<decltype(type)>;
        if constexpr (std::is_same_v<T, server::IntegerField>)
          return "N";
        else if constexpr (std::is_same_v<T, server::BytesField>)
          return "BYTES";
        else if constexpr (std::is_same_v<T, server::DurationField>)
          return "DURATION";
        else if constexpr (std::is_same_v<T, server::BoolField>)
          return "";
        else
          return "TEXT";
      },
      field.type);
}

/// The default as a sentence, "" when there is nothing to say.
std::string DefaultOf(const Field& field) {
  const std::string value = server::ToYaml(field, server::Config());
  if (std::holds_alternative<server::BoolField>(field.type))
    return value == "true" ? fmt::format(" On by default; {}=false turns it off.", field.flag) : "";
  if (value == "[]" || value == "\"\"") return "";
  return fmt::format(" Default: {}.", value);
}

Option OptionFor(const Field& field) {
  Option option{std::string(field.flag), ValueName(field),
                std::string(field.doc) + DefaultOf(field)};
  option.repeated = std::holds_alternative<server::ListField>(field.type);
  if (const auto* words = std::get_if<server::WordField>(&field.type))
    option.words.assign(words->words.begin(), words->words.end());
  if (option.name == "--http" || option.name == "--grpc" || option.name == "--control")
    option.value_name = "ADDRESS:PORT";
  if (option.name == "--data" || option.name == "--model-root") option.value_name = "FOLDER";
  return option;
}

std::vector<Setting> SettingsFrom(const Arguments& arguments) {
  std::vector<Setting> settings;
  for (const Field& field : server::Schema()) {
    if (!arguments.Has(field.flag)) continue;
    const bool is_list = std::holds_alternative<server::ListField>(field.type);
    settings.push_back({&field,
                        {arguments.Texts(field.flag), is_list},
                        server::Source::kFlag,
                        std::string(field.flag)});
  }
  return settings;
}

std::string ToJson(const server::EffectiveConfig& effective) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  for (size_t i = 0; i < server::Schema().size(); ++i) {
    const Field& field = server::Schema()[i];
    const server::WrittenValue value = server::Get(field, effective.config);
    json.Key(field.path).BeginObject().Key("value");
    if (value.is_list) {
      json.BeginArray();
      for (const std::string& item : value.texts) json.String(item);
      json.EndArray();
    } else {
      json.String(value.texts.front());
    }
    json.Key("from").String(effective.origins[i].where).EndObject();
  }
  json.EndObject();
  return text + "\n";
}

bool IsEmptyFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         std::filesystem::file_size(path, error) == 0 && !error;
}

/// What is wrong with the models' folders and configuration, one line each; nothing is loaded. What
/// has no effect, and what is named and may come yet, is told on standard error.
Status CheckModels(const server::ModelsConfig& config) {
  ASSIGN_OR_RETURN(const repository::Choices choices, server::ChoicesOf(config));
  std::string problems;
  const auto note = [&](const ModelName& model, std::string_view problem) {
    problems +=
        fmt::format("{}model \"{}\": {}", problems.empty() ? "" : "\n", model.str(), problem);
  };
  std::set<ModelName> seen;
  std::vector<std::string> unmet;
  std::vector<repository::FoundModel> all;
  for (const std::string& path : config.paths) {
    ASSIGN_OR_RETURN(auto source, repository::OpenSource(path, config.allowed_roots));
    ASSIGN_OR_RETURN(auto models, repository::WithChoices(std::move(source), choices)->Scan());
    for (repository::FoundModel& model : models) {
      for (const std::string& field : model.config.without_effect)
        fmt::print(stderr,
                   "slipway serve: model \"{}\": \"{}\" of config.pbtxt has no effect here\n",
                   model.name.str(), field);
      if (!model.problem.ok()) note(model.name, MessageOf(model.problem));
      if (!seen.insert(model.name).second) note(model.name, "more than one source has it");
      for (const repository::FoundVersion& version : model.versions)
        if (IsEmptyFile(version.path)) note(model.name, "its file has no bytes");
      for (const auto& [alias, number] : model.lost_aliases)
        unmet.push_back(
            fmt::format("model \"{}\": aliases.json: there is no version {}, which "
                        "\"{}\" is to be",
                        model.name.str(), number.value, alias));
      all.push_back(std::move(model));
    }
  }
  for (std::string& each : server::UnmetChoices(config, repository::Known(all)))
    unmet.push_back(std::move(each));
  for (const std::string& each : unmet) {
    if (config.control == server::ModelControl::kNone)
      problems += (problems.empty() ? "" : "\n") + each;
    else
      fmt::print(stderr, "slipway serve: {}\n", each);
  }
  return problems.empty() ? OkStatus() : MakeError(Reason::kBadModel, problems);
}

std::vector<std::string> PersonalityNames() {
  std::vector<std::string> names;
  for (const Personality& personality : Personalities()) names.emplace_back(personality.name);
  return names;
}

Status CheckCertificates(const server::TlsConfig& config) {
  if (config.certificate.empty()) return OkStatus();
  return server::Certificates::Open(config, SteadyClock()).status();
}

int RunServe(const Arguments& arguments, std::vector<Setting> personality) {
  server::ConfigSources sources;
  sources.personality = std::move(personality);
  sources.file = arguments.Text("--config");
  sources.environment = server::ReadProcessEnvironment();
  sources.flags = SettingsFrom(arguments);
  sources.is_root = geteuid() == 0;
  const auto effective = server::LoadConfig(sources);
  if (!effective.ok()) return Fail("serve", effective.status(), /*usage=*/true);
  if (arguments.Flag("--check")) {
    if (const Status models = CheckModels(effective->config.models); !models.ok())
      return Fail("serve", models);
    if (const Status tls = CheckCertificates(effective->config.tls); !tls.ok())
      return Fail("serve", tls);
    const std::string text =
        arguments.Flag("--json") ? ToJson(*effective) : server::ToAnnotatedYaml(*effective);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kDone;
  }
  return server::Serve(effective->config, [&sources]() -> StatusOr<server::Config> {
    ASSIGN_OR_RETURN(const auto again, server::LoadConfig(sources));
    return again.config;
  });
}

int RunServeAsItself(const Arguments& arguments) { return RunServe(arguments, {}); }

/// Takes "--as NAME" or "--as=NAME" out of the words. "" when there is none.
std::string TakeAs(std::vector<std::string>& words) {
  constexpr std::string_view kOption = "--as";
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (word->starts_with("--as=")) {
      const std::string name = word->substr(kOption.size() + 1);
      words.erase(word);
      return name;
    }
    if (*word != kOption || word + 1 == words.end()) continue;
    const std::string name = *(word + 1);
    words.erase(word, word + 2);
    return name;
  }
  return "";
}

/// An option that neither server has, in words that know both.
Status CheckRest(const Personality& personality, const Translation& translation) {
  const Command serve = ServeCommand();
  std::vector<std::string_view> names;
  for (const Option& option : serve.options) names.push_back(option.name);
  for (const OptionRule& rule : personality.options) names.push_back(rule.name);
  for (const std::string& word : translation.rest()) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    if (!name.starts_with("--") || name == "--help" ||
        std::find(names.begin(), names.end(), name) != names.end())
      continue;
    return Error(Reason::kBadRequest, "{} is no option of {} nor of slipway serve{}", name,
                 personality.name, DidYouMean(name, names));
  }
  return OkStatus();
}

/// Models may be named by either server's words, Slipway's variable or its file.
bool NamesModels(const Translation& translation, const Arguments& arguments,
                 const server::Environment& environment) {
  const Field& field = *server::FindField("models.paths");
  return translation.Sets(field.path) || arguments.Has(field.flag) || arguments.Has("--config") ||
         environment.contains("SLIPWAY_CONFIG") || environment.contains(field.variable());
}

int ServeAs(const Personality& personality, std::span<const std::string> words) {
  const auto environment = server::ReadProcessEnvironment();
  const auto translation = Translate(personality, {words, environment});
  if (!translation.ok()) return Fail("serve", translation.status(), /*usage=*/true);
  if (const Status rest = CheckRest(personality, *translation); !rest.ok())
    return Fail("serve", rest, /*usage=*/true);
  const Command serve = ServeCommand();
  const auto parsed = ParseCommandLine(serve, translation->rest());
  if (!parsed.ok()) return Fail("serve", parsed.status(), /*usage=*/true);
  if (parsed->help) {
    const std::string help = HelpOf(serve);
    std::fwrite(help.data(), 1, help.size(), stdout);
    return kDone;
  }
  for (const std::string& note : translation->notes())
    std::fprintf(stderr, "slipway serve: %s\n", note.c_str());
  const Arguments arguments(parsed->values);
  if (!personality.models.empty() && !NamesModels(*translation, arguments, environment))
    return Fail("serve", Error(Reason::kBadRequest, "{}: is missing", personality.models),
                /*usage=*/true);
  return RunServe(arguments, translation->settings());
}

}  // namespace

std::optional<int> ServeAsAnotherServer(int argc, const char* const* argv) {
  if (argc < 1) return std::nullopt;
  std::vector<std::string> words(argv + 1, argv + argc);
  if (const Personality* called = FindPersonalityOfProgram(argv[0])) return ServeAs(*called, words);
  if (words.empty() || words.front() != "serve") return std::nullopt;
  words.erase(words.begin());
  std::string name = TakeAs(words);
  std::string_view where = "--as";
  if (const char* variable = std::getenv("SLIPWAY_AS"); name.empty() && variable != nullptr) {
    name = variable;
    where = "SLIPWAY_AS";
  }
  if (name.empty()) return std::nullopt;
  if (const Personality* personality = FindPersonality(name)) return ServeAs(*personality, words);
  std::vector<std::string_view> names;
  for (const Personality& personality : Personalities()) names.push_back(personality.name);
  return Fail("serve",
              Error(Reason::kBadRequest, "{}: expected one of {}, got \"{}\"{}", where,
                    fmt::join(names, ", "), name, DidYouMean(name, names)),
              /*usage=*/true);
}

Command ServeCommand() {
  Command command{"serve",
                  "Serves models over HTTP and gRPC.",
                  "slipway serve examples/models --http 127.0.0.1:8080",
                  {},
                  RunServeAsItself};
  command.options = {
      {"--config", "FILE", "Reads settings from a YAML file; flags and SLIPWAY_ variables win."},
      {.name = "--as",
       .value_name = "SERVER",
       .help = "Takes the command line, the environment and the ports of another model server; so "
               "does SLIPWAY_AS, and a program called by that server's name.",
       .words = PersonalityNames()},
      {"--check", "",
       "Checks the settings, certificates and what the models' folders say, prints every setting "
       "and where it "
       "came "
       "from, and serves nothing."},
      {"--json", "", "With --check: prints it as JSON."},
  };
  for (const Field& field : server::Schema()) command.options.push_back(OptionFor(field));
  return command;
}

}  // namespace slipway::cli
