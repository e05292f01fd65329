#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"
#include "repository/foreign/foreign_model.h"
#include "repository/repository.h"

namespace slipway::repository {
namespace {

/// The files of `folder` that end as models do.
StatusOr<std::vector<std::string>> ModelFiles(const io::Folder& folder,
                                              std::span<const std::string_view> endings) {
  ASSIGN_OR_RETURN(const auto names, folder.List(kMaxFolderEntries));
  std::vector<std::string> files;
  for (const std::string& name : names) {
    const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
    if (std::ranges::none_of(endings, ends)) continue;
    ASSIGN_OR_RETURN(const auto facts, folder.Stat(name));
    if (facts && facts->kind == io::FileFacts::Kind::kRegular) files.push_back(name);
  }
  return files;
}

/// `"a.pkl", "b.pkl" and 3 more`
std::string Listed(const std::vector<std::string>& files) {
  constexpr size_t kListed = 5;
  const auto shown = std::span(files).first(std::min(files.size(), kListed));
  const std::string text = fmt::format("\"{}\"", fmt::join(shown, "\", \""));
  if (shown.size() == files.size()) return text;
  return fmt::format("{} and {} more", text, files.size() - shown.size());
}

}  // namespace

StatusOr<ForeignModel> ReadKserveModel(const std::string& folder, std::string name,
                                       std::span<const std::string_view> endings) {
  RETURN_IF_ERROR(ModelName::Parse(name).status());
  ASSIGN_OR_RETURN(const io::Folder opened, io::Folder::Open(folder));
  ASSIGN_OR_RETURN(const auto files, ModelFiles(opened, endings));
  ForeignModel model{.name = std::move(name)};
  if (files.size() > 1)
    return Error(Reason::kBadModel, "\"{}\": expected one model file, got {}: {}", folder,
                 files.size(), Listed(files));
  if (!files.empty()) model.path = folder + "/" + files.front();
  return model;
}

}  // namespace slipway::repository
