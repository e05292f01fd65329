#include "repository/model_folder.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/utf8.h"
#include "bundle/attestation.h"
#include "bundle/folder_model.h"
#include "bundle/mar.h"
#include "import/formats.h"
#include "repository/repository.h"
#include "repository/stamp.h"
#include "text/json_reader.h"

namespace slipway::repository {
namespace {

using Kind = io::FileFacts::Kind;

constexpr uint64_t kMaxConfigBytes = uint64_t{1} << 20;
constexpr uint64_t kMaxLabelBytes = uint64_t{16} << 20;
constexpr std::string_view kConfigName = "config.pbtxt";
constexpr std::string_view kAliasesName = "aliases.json";

// The content of a small file; nullopt when there is none.
StatusOr<std::optional<io::Bytes>> ReadIfThere(const io::Folder& folder, std::string_view name,
                                               uint64_t max_bytes) {
  const auto file = folder.OpenFile(name);
  if (!file.ok() && ReasonOf(file.status()) == Reason::kNotFound) return std::optional<io::Bytes>();
  RETURN_IF_ERROR(file.status());
  ASSIGN_OR_RETURN(io::Bytes bytes, file->ReadAll(max_bytes));
  return std::optional<io::Bytes>(std::move(bytes));
}

// "1, 2, 5", the first 20 of them.
std::string Listed(const std::vector<VersionNumber>& versions) {
  constexpr size_t kShown = 20;
  std::string list;
  for (size_t i = 0; i < std::min(versions.size(), kShown); ++i)
    list += (list.empty() ? "" : ", ") + versions[i].str();
  if (versions.size() > kShown) list += fmt::format(" and {} more", versions.size() - kShown);
  return list;
}

/// What was found out about a bundle lies beside it (bundle/attestation.h) and is no model.
std::vector<std::string> WithoutAttestations(std::vector<std::string> names) {
  const std::vector<std::string> all = names;
  std::erase_if(names, [&](const std::string& name) {
    const std::string_view attested = bundle::AttestedBundle(name);
    return !attested.empty() && std::ranges::count(all, attested) > 0;
  });
  return names;
}

class FolderReader {
 public:
  FolderReader(const ModelName& name, const io::Folder& folder, const std::string& root)
      : folder_(folder), root_(root), model_{.name = name} {}

  FoundModel Read() {
    model_.problem = ReadAll();
    return std::move(model_);
  }

 private:
  Status ReadAll() {
    RETURN_IF_ERROR(ReadConfig());
    RETURN_IF_ERROR(ReadLabels());
    RETURN_IF_ERROR(FindVersions());
    return ReadAliases();
  }

  Status ReadConfig() {
    ASSIGN_OR_RETURN(const auto bytes, ReadIfThere(folder_, kConfigName, kMaxConfigBytes));
    if (!bytes) return OkStatus();
    configured_ = true;
    ASSIGN_OR_RETURN(model_.config, ParseModelConfig(bytes->text(), kConfigName));
    if (model_.config.name.empty() || model_.config.name == model_.name.str()) return OkStatus();
    return Error(Reason::kBadModel,
                 "{}: name: expected \"{}\", as the folder is called, got \"{}\"", kConfigName,
                 model_.name.str(), model_.config.name.substr(0, 255));
  }

  Status ReadLabels() {
    for (const ConfiguredTensor& output : model_.config.outputs) {
      if (output.label_filename.empty()) continue;
      if (const Status fine = io::CheckRelativeName(output.label_filename); !fine.ok())
        return Annotate(
            fine, fmt::format("{}: output \"{}\": label_filename", kConfigName, output.spec.name));
      ASSIGN_OR_RETURN(const auto bytes,
                       ReadIfThere(folder_, output.label_filename, kMaxLabelBytes));
      if (!bytes) {
        return Error(Reason::kBadModel, "{}: output \"{}\": label file \"{}\" is missing",
                     kConfigName, output.spec.name, output.label_filename);
      }
      auto labels = ParseLabels(bytes->text());
      if (!labels.ok()) return Annotate(labels.status(), output.label_filename);
      model_.labels[output.spec.name] = *std::move(labels);
    }
    return OkStatus();
  }

  Status FindVersions() {
    ASSIGN_OR_RETURN(const auto names, folder_.List(kMaxFolderEntries));
    std::map<VersionNumber, std::string> folders;
    for (const std::string& name : names) {
      const auto number = configured_ ? VersionNumber::Parse(name) : VersionOfFolder(name);
      if (!number) continue;
      auto version = FindVersion(*number, name);
      if (!version) continue;
      const auto [other, is_new] = folders.emplace(*number, name);
      if (!is_new)
        return Error(Reason::kBadModel, "folders \"{}\" and \"{}\" are both version {}",
                     other->second, name, number->value);
      if (model_.versions.size() == kMaxVersions) {
        return Error(Reason::kTooLarge, "expected at most {} versions, got more", kMaxVersions);
      }
      model_.versions.push_back(*std::move(version));
    }
    std::sort(model_.versions.begin(), model_.versions.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    if (model_.versions.empty())
      return Error(Reason::kBadModel,
                   "no version to serve: expected \"{}/1/{}\" or a bundle in its place",
                   model_.name.str(), model_.config.default_model_filename);
    return CheckPolicy();
  }

  Status CheckPolicy() const {
    const VersionPolicy& policy = model_.config.version_policy;
    std::vector<VersionNumber> found;
    for (const FoundVersion& version : model_.versions) found.push_back(version.number);
    if (!policy.Select(found).empty()) return OkStatus();
    return Error(Reason::kBadModel,
                 "{}: version_policy asks for {}, none of which is there; found: {}", kConfigName,
                 Listed(policy.specific), Listed(found));
  }

  // nullopt for what is no folder, or one with nothing in it: a version begins to be one with its
  // first file.
  std::optional<FoundVersion> FindVersion(VersionNumber number, const std::string& name) {
    FoundVersion version{number, fmt::format("{}/{}", folder_.path(), name), root_, 0};
    const auto there = Examine(version, name);
    // What cannot be read is a version too: opening it fails, is reported, and leaves the others
    // alone.
    if (there.ok() && !*there) return std::nullopt;
    return version;
  }

  // Finds the model inside and its stamp; false when there is no version.
  StatusOr<bool> Examine(FoundVersion& version, const std::string& name) {
    auto folder = folder_.OpenFolder(name);
    if (!folder.ok() && ReasonOf(folder.status()) == Reason::kNotFound) return false;
    RETURN_IF_ERROR(folder.status());
    ASSIGN_OR_RETURN(auto names, folder->List(kMaxFolderEntries));
    std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
    if (model_.config.is_ensemble()) {
      ASSIGN_OR_RETURN(version.stamp, StampOfFolder(*std::move(folder)));
      return true;
    }
    if (names.empty()) return false;
    ASSIGN_OR_RETURN(const std::string inside, ModelInside(*folder, names));
    if (!inside.empty()) version.path += "/" + inside;
    ASSIGN_OR_RETURN(version.stamp, StampOfFolder(*std::move(folder)));
    return true;
  }

  // The model in a version's folder; "" when the folder is a bundle itself, or nothing in it is a
  // model: what opens it then says what is wrong with it.
  StatusOr<std::string> ModelInside(const io::Folder& folder,
                                    const std::vector<std::string>& names) {
    if (std::ranges::any_of(names, bundle::SaysWhatTheModelIs)) return std::string();
    const std::string& usual = model_.config.default_model_filename;
    const auto model = folder.Stat(usual);
    if (!model.ok() || *model || usual != kDefaultModelFilename) return usual;
    if (const auto foreign = OnlyOne(names, importing::IsModelOfFolder)) return *foreign;
    const std::vector<std::string> own = WithoutAttestations(names);
    if (own.size() != 1) return std::string();
    if (IsModelFileName(own[0])) return own[0];
    for (const std::string_view saying : bundle::kSayingNames) {
      ASSIGN_OR_RETURN(const auto inner, folder.Stat(fmt::format("{}/{}", own[0], saying)));
      if (inner) return own[0];
    }
    return std::string();
  }

  Status ReadAliases() {
    ASSIGN_OR_RETURN(const auto bytes, ReadIfThere(folder_, kAliasesName, kMaxConfigBytes));
    if (!bytes) return OkStatus();
    auto aliases = ParseAliases(bytes->text());
    if (!aliases.ok()) return Annotate(aliases.status(), kAliasesName);
    for (const auto& [alias, number] : *aliases) {
      const bool there =
          std::any_of(model_.versions.begin(), model_.versions.end(),
                      [n = number](const auto& version) { return version.number == n; });
      (there ? model_.aliases : model_.lost_aliases).emplace(alias, number);
    }
    return OkStatus();
  }

  const io::Folder& folder_;
  const std::string& root_;
  FoundModel model_;
  bool configured_ = false;
};

StatusOr<std::map<std::string, VersionNumber>> ReadAliasObject(JsonReader& reader) {
  std::map<std::string, VersionNumber> aliases;
  RETURN_IF_ERROR(reader.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, reader.NextKey(&key));
    if (!more) break;
    const std::string alias(key);
    if (!IsAlias(alias)) {
      return Error(Reason::kBadModel, "\"{}\" is no alias: expected [a-z][a-z0-9._-]{{0,62}}",
                   IsValidUtf8(alias) ? alias.substr(0, 100) : "");
    }
    if (alias == kLatestAlias) {
      return Error(Reason::kBadModel, "\"latest\" is built in and cannot be set");
    }
    VersionNumber number;
    RETURN_IF_ERROR(reader.ReadInt64(&number.value));
    if (number.value < 1) {
      return Error(Reason::kBadModel, "\"{}\": expected a version, 1 or more, got {}", alias,
                   number.value);
    }
    if (!aliases.emplace(alias, number).second) {
      return Error(Reason::kBadModel, "\"{}\" occurs twice", alias);
    }
  }
  RETURN_IF_ERROR(reader.End());
  return aliases;
}

}  // namespace

std::optional<VersionNumber> VersionOfFolder(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('0'), name.size()));
  return VersionNumber::Parse(name);
}

bool IsModelFileName(std::string_view name) {
  return name.ends_with(".onnx") || name.ends_with(".slipway") || name.ends_with(".tar") ||
         name.ends_with(bundle::kArchiveEnding) || importing::HasModelEnding(name);
}

std::optional<std::string> OnlyOne(const std::vector<std::string>& names,
                                   bool (*is_one)(std::string_view)) {
  const auto found = std::ranges::find_if(names, is_one);
  if (found == names.end() || std::any_of(found + 1, names.end(), is_one)) return std::nullopt;
  return *found;
}

FoundModel ReadModelFolder(const ModelName& name, const io::Folder& folder,
                           const std::string& root) {
  return FolderReader(name, folder, root).Read();
}

StatusOr<std::map<std::string, VersionNumber>> ParseAliases(std::string_view json) {
  JsonReader reader(json);
  auto aliases = ReadAliasObject(reader);
  if (aliases.ok()) return aliases;
  return MakeError(Reason::kBadModel, MessageOf(aliases.status()));
}

StatusOr<std::vector<std::string>> ParseLabels(std::string_view text) {
  if (!IsValidUtf8(text)) return Error(Reason::kBadModel, "a label file is to be UTF-8");
  std::vector<std::string> labels;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    labels.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return labels;
}

}  // namespace slipway::repository
