#pragma once
// What an operator says of models besides where they lie.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "repository/repository.h"

namespace slipway::repository {

/// "PATH", or "NAME=PATH" for one model under another name than its file or folder has. What stands
/// before the first '=' is a name when it holds no '/': "./a=b.onnx" is a path.
struct Place {
  std::optional<ModelName> name;
  std::string path;
};
Place ParsePlace(std::string_view text);

/// A model that some source has.
struct KnownModel {
  std::string_view name;
  std::vector<VersionNumber> versions;
  std::vector<std::string_view> aliases;
};
/// Views into `models`.
std::vector<KnownModel> Known(std::span<const FoundModel> models);
/// `there is no model "x"; did you mean "y"?`; nullopt when there is one.
std::optional<std::string> MissingModel(std::string_view name, std::span<const KnownModel> known);

/// Versions, aliases and answers of models whose folders do not say so, or say otherwise.
class Choices {
 public:
  /// "NAME=all", "NAME=latest:2", "NAME=3"; numbers of one model add up, else the last one counts.
  /// kBadRequest saying what was expected.
  Status AddVersions(std::string_view text);
  /// "NAME@ALIAS=3"; wins over the model's aliases.json.
  Status AddAlias(std::string_view text);
  /// "NAME=predict_proba", what follows the name being an answer as bundle::Open takes it; the last
  /// one of a model counts. "*=…" is for every model that has none of its own.
  Status AddAnswer(std::string_view text);

  bool empty() const {
    return policies_.empty() && aliases_.empty() && answers_.empty() && other_answer_.empty();
  }
  /// What is said of models and versions that are not among `known`, a sentence each:
  /// `models.aliases: there is no model "x"`.
  std::vector<std::string> Unmet(std::span<const KnownModel> known) const;
  /// Aliases of versions that are not there are left out, as those of aliases.json are.
  void Apply(FoundModel& model) const;

 private:
  std::map<ModelName, VersionPolicy> policies_;
  std::map<ModelName, std::map<std::string, VersionNumber>> aliases_;
  std::map<ModelName, std::string> answers_;
  std::string other_answer_;  // of models that have none there

  const std::string& AnswerOf(const ModelName& model) const;
};

/// `source` with `choices` applied to what it finds.
std::unique_ptr<Source> WithChoices(std::unique_ptr<Source> source, Choices choices);

}  // namespace slipway::repository
