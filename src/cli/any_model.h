#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "bundle/manifest.h"
#include "cli/command.h"
#include "cli/local_model.h"
#include "evaluate/runner.h"

namespace slipway::cli {

/// A model to judge: of this machine, or at a server. Members die in reverse order.
struct AnyModel {
  std::string name;                 // as it was given
  std::optional<LocalModel> local;  // absent at a server
  std::unique_ptr<evaluate::Runner> runner;

  /// "" at a server.
  std::string digest() const { return local ? local->artifact->digest() : ""; }
  /// Empty at a server, and of what is no bundle.
  std::map<std::string, std::string> lineage() const {
    const bundle::Manifest* const manifest = local ? local->artifact->manifest() : nullptr;
    return manifest == nullptr ? std::map<std::string, std::string>() : manifest->lineage;
  }
};

/// @param model  what OpenLocalModel takes, or an address with TargetOptions.
StatusOr<AnyModel> OpenAnyModel(const std::string& model, const Arguments& arguments,
                                int intra_op_threads);

/// The version that aliases.json calls `word`, of the model's folder in which `path` lies, or will
/// lie.
/// @return its path; "" where there is no such folder; kBadRequest where the word is not among its
///   aliases.
StatusOr<std::string> FindAliased(const std::string& word, const std::string& path);

/// How a server is spoken to says nothing of files.
/// @param models  those that were opened; null: not asked for.
/// @return kBadRequest naming an option of TargetOptions that none of them has a use for.
Status CheckTargetUse(const Arguments& arguments, std::span<const AnyModel* const> models);

}  // namespace slipway::cli
