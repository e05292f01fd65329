#include "repository/choices.h"

#include <algorithm>
#include <charconv>

#include "base/nearest_word.h"

namespace slipway::repository {
namespace {

class ChosenSource final : public Source {
 public:
  ChosenSource(std::unique_ptr<Source> source, Choices choices)
      : source_(std::move(source)), choices_(std::move(choices)) {}

  const std::string& path() const override { return source_->path(); }

  StatusOr<std::vector<FoundModel>> Scan() const override {
    ASSIGN_OR_RETURN(auto models, source_->Scan());
    for (FoundModel& model : models) choices_.Apply(model);
    return models;
  }

 private:
  std::unique_ptr<Source> source_;
  Choices choices_;
};

Status Expected(std::string_view form, std::string_view got) {
  return Error(Reason::kBadRequest, "expected {}, got \"{}\"", form, got);
}

std::optional<int> ParseLatest(std::string_view text) {
  constexpr std::string_view kPrefix = "latest:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  int count;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1) return std::nullopt;
  return count;
}

}  // namespace

Place ParsePlace(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size())
    return {std::nullopt, std::string(text)};
  auto name = ModelName::Parse(text.substr(0, equals));
  if (!name.ok()) return {std::nullopt, std::string(text)};
  return {*std::move(name), std::string(text.substr(equals + 1))};
}

Status Choices::AddVersions(std::string_view text) {
  constexpr std::string_view kForm = "NAME=all, NAME=latest:N or NAME=VERSION";
  const size_t equals = text.rfind('=');
  if (equals == std::string_view::npos) return Expected(kForm, text);
  const auto name = ModelName::Parse(text.substr(0, equals));
  if (!name.ok()) return Expected(kForm, text);
  const std::string_view what = text.substr(equals + 1);
  VersionPolicy& policy = policies_[*name];
  if (what == "all") {
    policy = {.kind = VersionPolicy::Kind::kAll};
  } else if (const auto latest = ParseLatest(what)) {
    policy = {.latest = *latest};
  } else if (const auto number = VersionNumber::Parse(what)) {
    policy.kind = VersionPolicy::Kind::kSpecific;
    policy.specific.push_back(*number);
  } else {
    return Expected(kForm, text);
  }
  return OkStatus();
}

Status Choices::AddAlias(std::string_view text) {
  constexpr std::string_view kForm = "NAME@ALIAS=VERSION, an alias being [a-z][a-z0-9._-]{0,62}";
  const size_t equals = text.rfind('=');
  const size_t at = text.substr(0, equals).rfind('@');
  if (equals == std::string_view::npos || at == std::string_view::npos)
    return Expected(kForm, text);
  const auto name = ModelName::Parse(text.substr(0, at));
  const std::string alias(text.substr(at + 1, equals - at - 1));
  const auto number = VersionNumber::Parse(text.substr(equals + 1));
  if (!name.ok() || !IsAlias(alias) || !number) return Expected(kForm, text);
  if (alias == kLatestAlias)
    return Error(Reason::kBadRequest, "\"latest\" is built in and cannot be set");
  aliases_[*name].insert_or_assign(alias, *number);
  return OkStatus();
}

Status Choices::AddAnswer(std::string_view text) {
  const size_t equals = text.find('=');
  const bool any = text.starts_with("*=");
  auto name = ModelName::Parse(text.substr(0, equals));
  if (equals == std::string_view::npos || equals + 1 == text.size() || (!any && !name.ok()))
    return Expected("NAME=OUTPUT, NAME=OUTPUT,OUTPUT or NAME=Booster.predict, or * for NAME", text);
  std::string answer(text.substr(equals + 1));
  if (any)
    other_answer_ = std::move(answer);
  else
    answers_.insert_or_assign(*std::move(name), std::move(answer));
  return OkStatus();
}

std::vector<KnownModel> Known(std::span<const FoundModel> models) {
  std::vector<KnownModel> known;
  for (const FoundModel& model : models) {
    KnownModel& each = known.emplace_back(KnownModel{.name = model.name.str()});
    for (const FoundVersion& version : model.versions) each.versions.push_back(version.number);
    for (const auto& [alias, number] : model.aliases) each.aliases.push_back(alias);
  }
  return known;
}

std::optional<std::string> MissingModel(std::string_view name, std::span<const KnownModel> known) {
  if (std::ranges::find(known, name, &KnownModel::name) != known.end()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const KnownModel& model : known) names.push_back(model.name);
  return fmt::format("there is no model \"{}\"{}", name, DidYouMean(name, names));
}

std::vector<std::string> Choices::Unmet(std::span<const KnownModel> known) const {
  std::vector<std::string> unmet;
  const auto ask = [&](std::string_view field, const ModelName& name, VersionNumber number,
                       std::string_view what) {
    const auto model = std::ranges::find(known, name.str(), &KnownModel::name);
    if (model == known.end() || std::ranges::count(model->versions, number) > 0) return;
    unmet.push_back(
        fmt::format("{}: model \"{}\" has no version {}{}", field, name.str(), number.value, what));
  };
  const auto ask_model = [&](std::string_view field, const ModelName& name) {
    if (const auto missing = MissingModel(name.str(), known))
      unmet.push_back(fmt::format("{}: {}", field, *missing));
  };
  for (const auto& [name, policy] : policies_) {
    ask_model("models.versions", name);
    for (const VersionNumber number : policy.specific) ask("models.versions", name, number, "");
  }
  for (const auto& [name, aliases] : aliases_) {
    ask_model("models.aliases", name);
    for (const auto& [alias, number] : aliases)
      ask("models.aliases", name, number, fmt::format(", which \"{}\" is to be", alias));
  }
  for (const auto& [name, answer] : answers_) ask_model("models.answers", name);
  return unmet;
}

const std::string& Choices::AnswerOf(const ModelName& model) const {
  const auto found = answers_.find(model);
  return found == answers_.end() ? other_answer_ : found->second;
}

void Choices::Apply(FoundModel& model) const {
  if (const auto policy = policies_.find(model.name); policy != policies_.end()) {
    model.config.version_policy = policy->second;
    std::vector<VersionNumber> found;
    for (const FoundVersion& version : model.versions) found.push_back(version.number);
    if (model.problem.ok() && policy->second.Select(found).empty())
      model.problem = Error(Reason::kBadModel, "none of the versions asked for is there");
  }
  for (FoundVersion& version : model.versions) version.answer = AnswerOf(model.name);
  const auto aliases = aliases_.find(model.name);
  if (aliases == aliases_.end()) return;
  for (const auto& [alias, number] : aliases->second) {
    const bool there = std::any_of(model.versions.begin(), model.versions.end(),
                                   [&, n = number](const auto& v) { return v.number == n; });
    if (there) model.aliases.insert_or_assign(alias, number);
  }
}

std::unique_ptr<Source> WithChoices(std::unique_ptr<Source> source, Choices choices) {
  return std::make_unique<ChosenSource>(std::move(source), std::move(choices));
}

}  // namespace slipway::repository
