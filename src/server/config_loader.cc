#include "server/config_loader.h"

#include <fmt/format.h>

#include <fstream>

namespace slipway::server {
namespace {

constexpr size_t kMaxProblems = 20;

StatusOr<std::string> ReadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxConfigBytes + 1, '\0');
  if (!file) return Error(Reason::kNotFound, "{}: cannot be opened for reading", path);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return Error(Reason::kIo, "{}: cannot be read", path);
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

std::string DefaultDataFolder(const Environment& environment, bool is_root) {
  if (is_root) return "/var/lib/slipway";
  const std::string state = LookUp(environment, "XDG_STATE_HOME");
  if (state.starts_with('/')) return state + "/slipway";
  const std::string home = LookUp(environment, "HOME");
  return home.empty() ? "" : home + "/.local/state/slipway";
}

void Apply(const std::vector<Setting>& settings, EffectiveConfig& effective,
           std::vector<std::string>& problems) {
  for (const Setting& setting : settings) {
    const Status status = Set(*setting.field, setting.value, effective.config);
    if (!status.ok())
      problems.push_back(
          Problem({setting.source, setting.where}, setting.field->path, MessageOf(status)));
    const auto index = static_cast<size_t>(setting.field - Schema().data());
    effective.origins[index] = {setting.source, setting.where};
  }
}

Status Refuse(std::vector<std::string> problems) {
  const size_t count = problems.size();
  if (count > kMaxProblems) {
    problems.resize(kMaxProblems);
    problems.push_back(fmt::format("and {} more", count - kMaxProblems));
  }
  return Error(Reason::kBadRequest, "{}", fmt::join(problems, "\n"));
}

}  // namespace

StatusOr<EffectiveConfig> LoadConfig(const ConfigSources& sources) {
  EffectiveConfig effective;
  effective.origins.resize(Schema().size());
  effective.config.data_folder = DefaultDataFolder(sources.environment, sources.is_root);

  const std::string path =
      sources.file.empty() ? LookUp(sources.environment, "SLIPWAY_CONFIG") : sources.file;
  Settings file;
  if (!path.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadConfigFile(path));
    file = ReadYaml(text, path);
  }
  const Settings environment = ReadEnvironment(sources.environment);

  std::vector<std::string> problems = file.problems;
  problems.insert(problems.end(), environment.problems.begin(), environment.problems.end());
  Apply(file.values, effective, problems);
  Apply(ReadVertexEnvironment(sources.environment).values, effective, problems);
  Apply(ReadSagemakerEnvironment(sources.environment).values, effective, problems);
  Apply(sources.personality, effective, problems);
  Apply(environment.values, effective, problems);
  Apply(sources.flags, effective, problems);
  if (problems.empty()) problems = CheckConfig(effective);
  if (!problems.empty()) return Refuse(std::move(problems));
  return effective;
}

std::string ToAnnotatedYaml(const EffectiveConfig& effective) {
  std::string text;
  std::string_view section;
  for (size_t i = 0; i < Schema().size(); ++i) {
    const Field& field = Schema()[i];
    const size_t dot = field.path.find('.');
    const bool nested = dot != std::string_view::npos;
    if (nested && field.path.substr(0, dot) != section) {
      section = field.path.substr(0, dot);
      text += fmt::format("{}:\n", section);
    }
    const auto line = fmt::format("{}{}: {}", nested ? "  " : "", field.path.substr(dot + 1),
                                  ToYaml(field, effective.config));
    text += fmt::format("{:<48} # {}\n", line, effective.origins[i].where);
  }
  return text;
}

}  // namespace slipway::server
