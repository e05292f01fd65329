#pragma once
// One model's folder: config.pbtxt, label files, aliases.json, and a folder a version.

#include <optional>
#include <string>

#include "base/status.h"
#include "io/beneath.h"
#include "repository/repository.h"

namespace slipway::repository {

/// The version that a folder called `name` is, as TensorFlow Serving reads it: a number, leading
/// zeros do not count. nullopt: another name. Beside a config.pbtxt only those without leading zero
/// are versions, as in Triton.
std::optional<VersionNumber> VersionOfFolder(std::string_view name);
inline bool IsVersionFolder(std::string_view name) { return VersionOfFolder(name).has_value(); }

/// True for ".onnx", ".slipway", ".tar" and the endings of other frameworks (import/formats.h).
bool IsModelFileName(std::string_view name);

/// The name that `is_one` takes; nullopt when it takes none or several.
std::optional<std::string> OnlyOne(const std::vector<std::string>& names,
                                   bool (*is_one)(std::string_view));

/// What `folder`, called `name`, says. What is wrong lies in the model's problem.
/// @param root  the versions' root; `path` of the folder begins with it.
FoundModel ReadModelFolder(const ModelName& name, const io::Folder& folder,
                           const std::string& root);

/// `{"stable": 3}` → stable is 3. Public for its fuzz test.
/// @return kBadModel: no JSON, a word that is no alias, "latest", a number that is no version, a
/// word twice.
StatusOr<std::map<std::string, VersionNumber>> ParseAliases(std::string_view json);

/// The lines of a label file; a last newline and carriage returns do not count. kBadModel: not
/// UTF-8.
StatusOr<std::vector<std::string>> ParseLabels(std::string_view text);

}  // namespace slipway::repository
