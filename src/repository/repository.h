#pragma once
// Folders and files → the models, versions and aliases that should be served.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "repository/model_config.h"

namespace slipway::repository {

struct FoundVersion {
  VersionNumber number;
  std::string path;    // the .onnx file, bundle folder or bundle tar
  std::string root;    // it must resolve beneath this
  uint64_t stamp = 0;  // changes when anything in it changed (size, mtime, inode of each file)
  bool operator==(const FoundVersion&) const = default;
};

struct FoundModel {
  ModelName name;
  ModelConfig config;
  std::vector<FoundVersion> versions;                // all on disk, ascending; the policy selects later
  std::map<std::string, VersionNumber> aliases;      // aliases.json
  std::map<std::string, std::vector<std::string>> labels;  // output name → lines of its label file
  Status problem;                                    // not OK: the model is named but cannot be served
  bool operator==(const FoundModel&) const = default;
};

/// One place that models come from.
class Source {
 public:
  virtual ~Source() = default;
  /// Looks again. kIo when the folder itself cannot be read (the last answer then stands: a share that
  /// is away for a moment must not unload everything). A broken model is in the list with its problem.
  virtual StatusOr<std::vector<FoundModel>> Scan() const = 0;
  virtual const std::string& path() const = 0;
};

/// Recognises what `path` is: a model file, a bundle, or a repository in one of the layouts of
/// docs/guides/serve-a-model.md. kNotFound, or kBadModel naming what was expected.
StatusOr<std::unique_ptr<Source>> OpenSource(const std::string& path);

}  // namespace slipway::repository
