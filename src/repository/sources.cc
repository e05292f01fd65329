#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/mutex.h"
#include "io/beneath.h"
#include "io/tar.h"
#include "repository/model_folder.h"
#include "repository/repository.h"
#include "repository/stamp.h"

namespace slipway::repository {
namespace {

using Kind = io::FileFacts::Kind;

constexpr size_t kMaxEntries = 10 * kMaxModels;  // of a repository: files beside the models count too
constexpr std::string_view kExpected =
    "expected an .onnx file, a bundle, or a folder with name/1/model.onnx, name/1/<bundle> or name.onnx";

std::string StemOf(std::string_view name) {
  return IsModelFileName(name) ? std::string(name.substr(0, name.rfind('.'))) : std::string(name);
}

FoundModel OneVersion(const ModelName& name, std::string path, const std::string& root,
                      StatusOr<uint64_t> stamp) {
  FoundModel model{.name = name};
  if (!stamp.ok()) {
    model.problem = stamp.status();
    return model;
  }
  model.versions.push_back({VersionNumber{1}, std::move(path), root, *stamp});
  return model;
}

/// A model file or bundle, named by its path.
class SingleSource final : public Source {
 public:
  SingleSource(std::string path, ModelName name) : path_(std::move(path)), name_(std::move(name)) {}

  const std::string& path() const override { return path_; }

  StatusOr<std::vector<FoundModel>> Scan() const override {
    auto stamp = ComputeStamp();
    if (!stamp.ok()) return MakeError(Reason::kIo, MessageOf(stamp.status()));
    return std::vector<FoundModel>{OneVersion(name_, path_, "", std::move(stamp))};
  }

 private:
  StatusOr<uint64_t> ComputeStamp() const {
    if (auto folder = io::Folder::Open(path_); folder.ok()) return StampOfFolder(*std::move(folder));
    // Through a link out of its folder too: the operator named this very file.
    ASSIGN_OR_RETURN(const io::File file, io::File::Open(path_));
    Stamp stamp;
    stamp.Add("", file.facts());
    const std::filesystem::path path(path_);
    auto folder = io::Folder::Open(path.has_parent_path() ? path.parent_path().string() : ".");
    if (!folder.ok()) return stamp.value();
    const auto names = folder->List(kMaxEntries);
    if (!names.ok()) return stamp.value();
    const auto neighbours = StampOfFile(*folder, path.filename().string(), *names);
    return neighbours.ok() ? stamp.value() ^ *neighbours : stamp.value();
  }

  std::string path_;
  ModelName name_;
};

/// The folder of one model, named by its path.
class ModelFolderSource final : public Source {
 public:
  ModelFolderSource(std::string path, ModelName name)
      : path_(std::move(path)), name_(std::move(name)) {}

  const std::string& path() const override { return path_; }

  StatusOr<std::vector<FoundModel>> Scan() const override {
    auto folder = io::Folder::Open(path_);
    if (!folder.ok()) return MakeError(Reason::kIo, MessageOf(folder.status()));
    return std::vector<FoundModel>{ReadModelFolder(name_, *folder, path_)};
  }

 private:
  std::string path_;
  ModelName name_;
};

/// A folder of models.
class RepositorySource final : public Source {
 public:
  explicit RepositorySource(std::string path) : path_(std::move(path)) {}

  const std::string& path() const override { return path_; }

  StatusOr<std::vector<FoundModel>> Scan() const override {
    // Also when it is gone: an unmounted share looks like that.
    auto folder = io::Folder::Open(path_);
    if (!folder.ok()) return MakeError(Reason::kIo, MessageOf(folder.status()));
    ASSIGN_OR_RETURN(const auto names, folder->List(kMaxEntries));
    std::vector<FoundModel> models;
    for (const std::string& entry : names) {
      auto model = Look(*folder, entry, names);
      if (!model) continue;
      if (models.size() == kMaxModels) {
        return Error(Reason::kTooLarge, "\"{}\": expected at most {} models", path_, kMaxModels);
      }
      models.push_back(*std::move(model));
    }
    return SortedAndUnique(std::move(models));
  }

 private:
  // nullopt for what is no model.
  std::optional<FoundModel> Look(const io::Folder& folder, const std::string& entry,
                                 const std::vector<std::string>& names) const {
    if (entry.starts_with('.') || entry == "lost+found") return std::nullopt;
    const auto facts = folder.Stat(entry);
    if (facts.ok() && !*facts) return std::nullopt;  // gone since, or a link to nowhere
    const bool is_folder = facts.ok() && (*facts)->kind == Kind::kFolder;
    // What cannot be examined, such as a link to elsewhere, may have been meant as a model: it is named.
    if (facts.ok() && !is_folder && !IsModelFileName(entry)) return std::nullopt;
    const auto name = ModelName::Parse(is_folder ? entry : StemOf(entry));
    if (!name.ok()) return PassOver(entry, MessageOf(name.status()));

    if (!facts.ok()) return Broken(*name, facts.status());
    if (is_folder) return LookInto(folder, entry, *name);
    if ((*facts)->kind != Kind::kRegular) {
      return Broken(*name, Error(Reason::kBadModel, "\"{}\": expected a regular file", entry));
    }
    return OneVersion(*name, path_ + "/" + entry, path_, StampOfFile(folder, entry, names));
  }

  std::optional<FoundModel> LookInto(const io::Folder& repository, const std::string& entry,
                                     const ModelName& name) const {
    auto folder = repository.OpenFolder(entry);
    if (!folder.ok()) return Broken(name, folder.status());
    const auto manifest = folder->Stat("manifest.json");
    if (!manifest.ok()) return Broken(name, manifest.status());
    if (*manifest) {
      return OneVersion(name, path_ + "/" + entry, path_, StampOfFolder(*std::move(folder)));
    }
    const auto names = folder->List(kMaxEntries);
    if (!names.ok()) return Broken(name, names.status());
    const bool model = std::any_of(names->begin(), names->end(), [](const std::string& inner) {
      return inner == "config.pbtxt" || IsVersionFolder(inner);
    });
    if (!model) return PassOver(entry, "it has no version folder and no config.pbtxt");
    return ReadModelFolder(name, *folder, path_);
  }

  static FoundModel Broken(const ModelName& name, const Status& why) {
    FoundModel model{.name = name};
    model.problem = why;
    return model;
  }

  // Said once, not at every poll.
  std::optional<FoundModel> PassOver(const std::string& entry, std::string_view why) const {
    const bool first = passed_over_.With([&](auto& seen) {
      return seen.size() < kMaxEntries && seen.insert(entry).second;
    });
    if (first) {
      log::Warn("an entry of the repository is no model and is passed over",
                {{"repository", path_}, {"entry", entry}, {"why", why}});
    }
    return std::nullopt;
  }

  // "wine/" and "wine.onnx" are two models of one name: neither is more right than the other.
  static std::vector<FoundModel> SortedAndUnique(std::vector<FoundModel> models) {
    std::stable_sort(models.begin(), models.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    std::vector<FoundModel> unique;
    for (FoundModel& model : models) {
      if (unique.empty() || unique.back().name != model.name) {
        unique.push_back(std::move(model));
      } else {
        unique.back().problem = Error(
            Reason::kBadModel, "the repository holds more than one model \"{}\": a folder and a file, or two files",
            model.name.str());
      }
    }
    return unique;
  }

  std::string path_;
  mutable Guarded<std::set<std::string>> passed_over_;
};

StatusOr<ModelName> NameFor(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  // "." and ".." have names only where they lead.
  if (normal == "." || normal.filename() == "..") normal = std::filesystem::canonical(path, ignored);
  auto name = ModelName::Parse(StemOf(normal.filename().string()));
  if (name.ok()) return name;
  return Error(Reason::kBadModel, "\"{}\" gives no name for a model: {}", path, MessageOf(name.status()));
}

// A version folder with a model right in it, or a configuration, makes the folder one model's.
StatusOr<bool> IsModelFolder(const io::Folder& folder) {
  ASSIGN_OR_RETURN(const auto names, folder.List(kMaxEntries));
  if (std::binary_search(names.begin(), names.end(), "config.pbtxt")) return true;
  for (const std::string& name : names) {
    if (!IsVersionFolder(name)) continue;
    const auto version = folder.OpenFolder(name);
    if (!version.ok()) continue;
    const auto inside = version->List(kMaxEntries);
    if (!inside.ok()) continue;
    for (const std::string& file : *inside) {
      if (IsModelFileName(file) || file == "manifest.json" || file == "saved_model.pb") return true;
    }
  }
  return false;
}

StatusOr<std::unique_ptr<Source>> OpenFolderSource(const std::string& path, const io::Folder& folder) {
  ASSIGN_OR_RETURN(const auto manifest, folder.Stat("manifest.json"));
  if (manifest) {
    ASSIGN_OR_RETURN(ModelName name, NameFor(path));
    return std::make_unique<SingleSource>(path, std::move(name));
  }
  ASSIGN_OR_RETURN(const auto saved_model, folder.Stat("saved_model.pb"));
  if (saved_model) {
    return Error(Reason::kUnsupported, "\"{}\" is a TensorFlow SavedModel, which is not supported yet", path);
  }
  ASSIGN_OR_RETURN(const bool model, IsModelFolder(folder));
  if (!model) return std::make_unique<RepositorySource>(path);
  ASSIGN_OR_RETURN(ModelName name, NameFor(path));
  return std::make_unique<ModelFolderSource>(path, std::move(name));
}

StatusOr<bool> IsTar(const io::File& file) {
  std::array<std::byte, 512> start;
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(0, start));
  return io::LooksLikeTar({reinterpret_cast<const char*>(start.data()), got});
}

}  // namespace

StatusOr<std::unique_ptr<Source>> OpenSource(const std::string& given) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto folder = io::Folder::Open(path);
  if (folder.ok()) return OpenFolderSource(path, *folder);
  if (ReasonOf(folder.status()) != Reason::kNotFound) return folder.status();
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const bool tar, IsTar(file));
  if (!tar && !path.ends_with(".onnx")) {
    return Error(Reason::kBadModel, "\"{}\" is no model: {}", path, kExpected);
  }
  ASSIGN_OR_RETURN(ModelName name, NameFor(path));
  return std::make_unique<SingleSource>(path, std::move(name));
}

}  // namespace slipway::repository
