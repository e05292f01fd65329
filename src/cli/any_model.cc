#include "cli/any_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/nearest_word.h"
#include "cli/server_target.h"
#include "client/infer_client.h"
#include "pipeline/runners.h"
#include "repository/repository.h"

namespace slipway::cli {
namespace {

/// The model's signature with the names of its columns.
Signature SignatureOf(const LocalModel& model) {
  Signature signature = model.signature();
  if (signature.inputs.size() == 1 && signature.inputs.front().columns.empty())
    signature.inputs.front().columns = model.Features();
  return signature;
}

}  // namespace

StatusOr<AnyModel> OpenAnyModel(const std::string& model, const Arguments& arguments,
                                int intra_op_threads) {
  AnyModel any;
  any.name = model;
  if (client::LooksLikeUrl(model)) {
    ASSIGN_OR_RETURN(client::Target target, ReadTarget(model, arguments));
    ASSIGN_OR_RETURN(any.runner, pipeline::ConnectRunner(std::move(target)));
    return any;
  }
  ASSIGN_OR_RETURN(any.local, OpenLocalModel(model, intra_op_threads));
  any.runner = pipeline::RunnerOf(*any.local->loaded, SignatureOf(*any.local));
  return any;
}

StatusOr<std::string> FindAliased(const std::string& word, const std::string& path) {
  constexpr int kLevels = 2;  // repository/churn/3/churn.slipway
  if (client::LooksLikeUrl(path)) return "";
  std::error_code ignored;
  std::filesystem::path folder = std::filesystem::absolute(path, ignored).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "churn/3/"
  for (int level = 0; level <= kLevels; ++level, folder = folder.parent_path()) {
    if (!std::filesystem::exists(folder / "aliases.json", ignored)) continue;
    ASSIGN_OR_RETURN(const auto source, repository::OpenSource(folder.string()));
    ASSIGN_OR_RETURN(const auto models, source->Scan());
    if (models.size() != 1) continue;
    const repository::FoundModel& model = models.front();
    if (!model.problem.ok()) return Annotate(model.problem, folder.string());
    const auto alias = model.aliases.find(word);
    if (alias != model.aliases.end())
      return std::ranges::find(model.versions, alias->second, &repository::FoundVersion::number)
          ->path;
    std::vector<std::string_view> words;
    for (const auto& [name, number] : model.aliases) words.push_back(name);
    return Error(Reason::kBadRequest, "{}/aliases.json: there is no alias \"{}\" of a version{}",
                 folder.string(), word, DidYouMean(word, words));
  }
  return "";
}

Status CheckTargetUse(const Arguments& arguments, std::span<const AnyModel* const> models) {
  std::string_view file;
  for (const AnyModel* const model : models) {
    if (model == nullptr) continue;
    if (!model->local) return OkStatus();
    if (file.empty()) file = model->name;
  }
  for (const Option& option : TargetOptions())
    if (arguments.Has(option.name))
      return Error(Reason::kBadRequest, "{} is of models at a server: {}", option.name,
                   file.empty() ? "none was named" : fmt::format("{} is a file", file));
  return OkStatus();
}

}  // namespace slipway::cli
