#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "repository/choices.h"
#include "repository/foreign/foreign_model.h"

namespace slipway::repository {
namespace {

constexpr size_t kMaxConfigured = 10'000;

class ConfigListReader {
 public:
  explicit ConfigListReader(std::string_view file) : reader_(file) {}

  StatusOr<std::vector<ForeignModel>> Read(const std::vector<TextField>& fields) {
    const FieldRule rules[] = {
        {"model_config_list", false, [&](const TextField& f) { return ReadList(f); }},
        {"custom_model_config"},
    };
    RETURN_IF_ERROR(reader_.ReadMessage(fields, "", rules));
    return std::move(models_);
  }

 private:
  Status ReadList(const TextField& field) {
    ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
    const FieldRule rules[] = {{"config", true, [&](const TextField& f) { return ReadModel(f); }}};
    return reader_.ReadMessage(*fields, " in \"model_config_list\"", rules);
  }

  Status ReadModel(const TextField& field) {
    ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
    if (models_.size() == kMaxConfigured) return reader_.Bad(field, "too many");
    ForeignModel model;
    VersionPolicy policy;
    std::map<std::string, int64_t> labels;
    std::string unused;
    const FieldRule rules[] = {
        {"name", false, [&](const TextField& f) { return reader_.ReadString(f, &model.name); }},
        {"base_path", false,
         [&](const TextField& f) { return reader_.ReadString(f, &model.path); }},
        {"model_type", false, ConfigReader::Ignore},
        {"model_platform", false,
         [&](const TextField& f) { return reader_.ReadString(f, &unused); }},
        {"model_version_policy", false,
         [&](const TextField& f) { return ReadVersionPolicy(reader_, f, &policy); }},
        {"version_labels", true, [&](const TextField& f) { return ReadLabel(f, labels); }},
        {"logging_config", false,
         [&](const TextField& f) -> Status {
           model.notes.emplace_back("logging_config has no effect: requests are not logged");
           return reader_.Message(f).status();
         }},
    };
    RETURN_IF_ERROR(reader_.ReadMessage(*fields, " in \"config\"", rules));
    if (model.name.empty()) return reader_.Bad(field, "expected a name");
    SayVersions(model, policy);
    SayLabels(model, labels);
    if (model.path.find("://") != std::string::npos)
      model.problem = Error(Reason::kUnsupported,
                            "base_path \"{}\": models elsewhere are not read yet, copy or mount "
                            "them into a folder",
                            model.path);
    models_.push_back(std::move(model));
    return OkStatus();
  }

  Status ReadLabel(const TextField& field, std::map<std::string, int64_t>& labels) {
    ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
    std::string key;
    int64_t value = 0;
    const FieldRule rules[] = {
        {"key", false, [&](const TextField& f) { return reader_.ReadString(f, &key); }},
        {"value", false,
         [&](const TextField& f) {
           return reader_.ReadInt(f, 1, std::numeric_limits<int64_t>::max(), &value);
         }},
    };
    RETURN_IF_ERROR(reader_.ReadMessage(*fields, " in \"version_labels\"", rules));
    labels[key] = value;
    return OkStatus();
  }

  static void SayVersions(ForeignModel& model, const VersionPolicy& policy) {
    const auto say = [&](std::string what) {
      model.versions.push_back(fmt::format("{}={}", model.name, what));
    };
    if (policy.kind == VersionPolicy::Kind::kAll) say("all");
    if (policy.kind == VersionPolicy::Kind::kLatest && policy.latest > 1)
      say(fmt::format("latest:{}", policy.latest));
    for (const VersionNumber version : policy.specific) say(version.str());
  }

  static void SayLabels(ForeignModel& model, const std::map<std::string, int64_t>& labels) {
    for (const auto& [label, version] : labels) {
      std::string alias = fmt::format("{}@{}={}", model.name, label, version);
      if (Choices().AddAlias(alias).ok())
        model.aliases.push_back(std::move(alias));
      else
        model.problem = Error(Reason::kUnsupported,
                              "version label \"{}\": expected [a-z][a-z0-9._-]{{0,62}}", label);
    }
  }

  ConfigReader reader_;
  std::vector<ForeignModel> models_;
};

}  // namespace

StatusOr<std::vector<ForeignModel>> ReadTfservingModels(std::string_view text,
                                                        std::string_view file) {
  ASSIGN_OR_RETURN(const auto fields, ParseTextFormat(text, file));
  return ConfigListReader(file).Read(fields);
}

}  // namespace slipway::repository
