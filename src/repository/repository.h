#pragma once
// Folders and files → the models, versions and aliases that should be served.
// docs/guides/serve-a-model.md shows the layouts.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "repository/model_config.h"

namespace slipway::repository {

inline constexpr size_t kMaxModels = 10'000;
inline constexpr size_t kMaxEntries =
    10 * kMaxModels;  // of a repository: files beside the models count too
inline constexpr size_t kMaxFolderEntries = 10'000;  // of any other folder
inline constexpr size_t kMaxVersions = 1'000;        // of one model

struct FoundVersion {
  VersionNumber number;
  std::string path;  // the .onnx file, bundle folder or bundle tar
  std::string root;  // it must resolve beneath this, which holds no link; "" = anywhere
  /// Changes when any file of the version changed: names, sizes, mtime, ctime, inodes, links
  /// followed. It also changes when only attributes did, so the digest decides whether there is
  /// something new. A version that is still being copied has another stamp at the next scan.
  uint64_t stamp = 0;
  std::string answer = {};  // as bundle::Open takes it
  bool operator==(const FoundVersion&) const = default;
};

struct FoundModel {
  ModelName name;
  ModelConfig config;
  std::vector<FoundVersion> versions;            // all on disk, ascending; the policy selects later
  std::map<std::string, VersionNumber> aliases;  // aliases.json; only of versions that are there
  std::map<std::string, VersionNumber> lost_aliases = {};  // those of versions that are not
  std::map<std::string, std::vector<std::string>> labels;  // output name → lines of its label file
  /// Not OK: the model is named but cannot be served. Files are called as seen from the repository.
  Status problem;
  bool operator==(const FoundModel&) const = default;
};

/// One place that models come from. Threads: any; Scan from one at a time.
class Source {
 public:
  virtual ~Source() = default;
  /// Looks again, sorted by name. kIo when the folder itself cannot be read (the last answer then
  /// stands: a share that is away for a moment must not unload everything); kForbidden when it
  /// leads out of the allowed roots by now; kTooLarge above kMaxModels. A broken model is in the
  /// list with its problem. What cannot be named, or is no model, is logged once and passed over.
  virtual StatusOr<std::vector<FoundModel>> Scan() const = 0;
  virtual const std::string& path() const = 0;
};

/// Recognises what `path` is: a model file or bundle (named like the file, version 1), the folder
/// of one model (`1/model.onnx` in it), or a repository. "NAME=PATH" (choices.h) is one model.
/// @param allowed_roots  where `path` leads must lie beneath one of them, now and at each scan;
/// none
///                       allow every place.
/// @return kNotFound; kForbidden; kBadModel naming what was expected.
StatusOr<std::unique_ptr<Source>> OpenSource(const std::string& path,
                                             std::vector<std::string> allowed_roots = {});

}  // namespace slipway::repository
