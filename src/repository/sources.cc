#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/mutex.h"
#include "bundle/folder_model.h"
#include "bundle/mar.h"
#include "import/formats.h"
#include "io/beneath.h"
#include "io/tar.h"
#include "io/without_folder.h"
#include "repository/choices.h"
#include "repository/model_folder.h"
#include "repository/repository.h"
#include "repository/roots.h"
#include "repository/stamp.h"

namespace slipway::repository {
namespace {

using Kind = io::FileFacts::Kind;

// What a folder holds alone where SageMaker has unpacked a model's archive.
constexpr std::string_view kUnpacked = "model";
constexpr std::string_view kExpected =
    "expected an .onnx file, a bundle, a folder with name/1/model.onnx, name/1/<bundle> or "
    "name.onnx, or a model of scikit-learn, XGBoost, LightGBM or CatBoost";

constexpr std::string_view kAnyFormat[] = {".json", ".txt", ".model", ".bin"};

/// A file that may be a model, and be called like many that are none: only its content tells.
bool HasEndingOfAnyFormat(std::string_view name) {
  return std::ranges::any_of(kAnyFormat, [&](auto ending) { return name.ends_with(ending); });
}

/// A model's name by its file's: "churn" of churn.onnx, churn.pkl.gz and, where it is known to be a
/// model, of churn.json.
std::string StemOf(std::string_view name, bool is_model = false) {
  if (IsModelFileName(name) || (is_model && HasEndingOfAnyFormat(name))) {
    if (name.ends_with(".gz")) name.remove_suffix(3);
    name = name.substr(0, name.rfind('.'));
  }
  return std::string(name);
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

/// What lies at a path that the operator gave. Where it leads is asked at each scan: links are
/// swapped, and must not lead out of the allowed roots afterwards.
class PlacedSource : public Source {
 public:
  PlacedSource(std::string path, std::vector<std::string> roots)
      : path_(std::move(path)), roots_(std::move(roots)) {}

  const std::string& path() const override { return path_; }

  StatusOr<std::vector<FoundModel>> Scan() const final {
    const auto place = ResolveBeneath(path_, roots_);
    // Also when it is gone: an unmounted share looks like that.
    if (!place.ok()) return Unreadable(place.status());
    ASSIGN_OR_RETURN(auto models, ScanAt(*place));
    for (FoundModel& model : models)
      if (!model.problem.ok())
        model.problem = MakeError(ReasonOf(model.problem),
                                  io::WithoutFolder(std::string(MessageOf(model.problem)), *place));
    return models;
  }

 protected:
  /// @param place  where path() leads.
  virtual StatusOr<std::vector<FoundModel>> ScanAt(const std::string& place) const = 0;
  bool has_roots() const { return !roots_.empty(); }

  /// Warns, though not at every poll, of what is found there.
  /// @param what  "" is the place itself
  void SayOnce(const std::string& entry, std::string_view what, std::string_view why) const {
    const bool first = said_.With(
        [&](auto& said) { return said.size() < kMaxEntries && said.insert(entry).second; });
    if (first) log::Warn(what, {{"repository", path()}, {"entry", entry}, {"why", why}});
  }
  FoundModel WarnedOfAliases(FoundModel model) const {
    for (const auto& [alias, number] : model.lost_aliases)
      SayOnce(fmt::format("{}@{}", model.name.str(), alias),
              "an alias of aliases.json names a version that is not there",
              fmt::format("version {}", number.value));
    return model;
  }

  static Status Unreadable(const Status& why) {
    return ReasonOf(why) == Reason::kForbidden ? why : MakeError(Reason::kIo, MessageOf(why));
  }

 private:
  std::string path_;
  std::vector<std::string> roots_;
  mutable Guarded<std::set<std::string>> said_;  // entries
};

/// A model file or bundle, named by its path.
class SingleSource final : public PlacedSource {
 public:
  SingleSource(std::string path, std::vector<std::string> roots, ModelName name)
      : PlacedSource(std::move(path), std::move(roots)), name_(std::move(name)) {}

 private:
  StatusOr<std::vector<FoundModel>> ScanAt(const std::string& place) const override {
    // Without roots the path stays as it was given: a file may lie elsewhere than its neighbours.
    const std::string path = has_roots() ? place : this->path();
    const std::string root =
        has_roots() ? std::filesystem::path(place).parent_path().string() : std::string();
    auto stamp = has_roots() ? StampBeneath(root, place) : StampAt(path);
    if (!stamp.ok()) return Unreadable(stamp.status());
    return std::vector<FoundModel>{OneVersion(name_, path, root, std::move(stamp))};
  }

  static StatusOr<uint64_t> StampBeneath(const std::string& root, const std::string& place) {
    const std::string name = std::filesystem::path(place).filename().string();
    ASSIGN_OR_RETURN(const auto folder, io::Folder::OpenResolved(root));
    if (auto inner = folder.OpenFolder(name); inner.ok()) return StampOfFolder(*std::move(inner));
    RETURN_IF_ERROR(folder.OpenFile(name).status());
    return StampOfFile(folder, name, folder.List(kMaxEntries).value_or(std::vector{name}));
  }

  static StatusOr<uint64_t> StampAt(const std::string& place) {
    if (auto folder = io::Folder::Open(place); folder.ok())
      return StampOfFolder(*std::move(folder));
    // Through a link out of its folder too: the operator named this very file.
    ASSIGN_OR_RETURN(const io::File file, io::File::Open(place));
    Stamp stamp;
    stamp.Add("", file.facts());
    const std::filesystem::path path(place);
    auto folder = io::Folder::Open(path.has_parent_path() ? path.parent_path().string() : ".");
    if (!folder.ok()) return stamp.value();
    const auto names = folder->List(kMaxEntries);
    if (!names.ok()) return stamp.value();
    const auto neighbours = StampOfFile(*folder, path.filename().string(), *names);
    return neighbours.ok() ? stamp.value() ^ *neighbours : stamp.value();
  }

  ModelName name_;
};

/// The folder of one model, named by its path.
class ModelFolderSource final : public PlacedSource {
 public:
  ModelFolderSource(std::string path, std::vector<std::string> roots, ModelName name)
      : PlacedSource(std::move(path), std::move(roots)), name_(std::move(name)) {}

 private:
  StatusOr<std::vector<FoundModel>> ScanAt(const std::string& place) const override {
    auto folder = io::Folder::OpenResolved(place);
    if (!folder.ok()) return Unreadable(folder.status());
    return std::vector<FoundModel>{WarnedOfAliases(ReadModelFolder(name_, *folder, place))};
  }

  ModelName name_;
};

/// The file begins as only a booster does: "requirements.txt" and "labels.json" lie beside models.
bool IsBoosterByContent(const io::Folder& folder, const std::string& name) {
  using importing::Format;
  const auto file = folder.OpenFile(name);
  std::array<std::byte, 4096> buffer;
  const auto got = file.ok() ? file->ReadAt(0, buffer) : StatusOr<size_t>(file.status());
  if (!got.ok()) return false;
  const std::string_view start(reinterpret_cast<const char*>(buffer.data()), *got);
  const Format format = importing::FormatOf("", std::as_bytes(std::span(start)));
  if (format == Format::kXgboostJson) return start.find("\"learner\":") != start.npos;
  return format == Format::kXgboostUbjson || format == Format::kXgboostBinary ||
         format == Format::kLightgbmText || format == Format::kCatboost ||
         format == Format::kCatboostJson;
}

/// A folder of models.
class RepositorySource final : public PlacedSource {
 public:
  using PlacedSource::PlacedSource;

 private:
  StatusOr<std::vector<FoundModel>> ScanAt(const std::string& place) const override {
    auto folder = io::Folder::OpenResolved(place);
    if (!folder.ok()) return Unreadable(folder.status());
    ASSIGN_OR_RETURN(const auto names, folder->List(kMaxEntries));
    std::vector<FoundModel> models;
    for (const std::string& entry : names) {
      auto model = Look(*folder, entry, names);
      if (!model) continue;
      if (models.size() == kMaxModels) {
        return Error(Reason::kTooLarge, "\"{}\": expected at most {} models", path(), kMaxModels);
      }
      models.push_back(*std::move(model));
    }
    if (models.empty()) SayOnce("", "a repository holds no model", kExpected);
    return SortedAndUnique(std::move(models));
  }

  // nullopt for what is no model.
  std::optional<FoundModel> Look(const io::Folder& folder, const std::string& entry,
                                 const std::vector<std::string>& names) const {
    if (entry.starts_with('.') || entry == "lost+found") return std::nullopt;
    const auto facts = folder.Stat(entry);
    if (facts.ok() && !*facts) return std::nullopt;  // gone since, or a link to nowhere
    const bool is_folder = facts.ok() && (*facts)->kind == Kind::kFolder;
    // What cannot be examined, such as a link to elsewhere, may have been meant as a model: it is
    // named.
    if (facts.ok() && !is_folder && !IsModelFileName(entry) && !IsBooster(folder, entry, **facts))
      return std::nullopt;
    const auto name = ModelName::Parse(is_folder ? entry : StemOf(entry, /*is_model=*/true));
    if (!name.ok()) return PassOver(entry, MessageOf(name.status()));

    if (!facts.ok()) return Broken(*name, facts.status());
    if (is_folder) return LookInto(folder, entry, *name);
    if ((*facts)->kind != Kind::kRegular) {
      return Broken(*name, Error(Reason::kBadModel, "\"{}\": expected a regular file", entry));
    }
    return OneVersion(*name, folder.path() + "/" + entry, folder.path(),
                      StampOfFile(folder, entry, names));
  }

  static bool IsBooster(const io::Folder& folder, const std::string& entry,
                        const io::FileFacts& facts) {
    return facts.kind == Kind::kRegular && HasEndingOfAnyFormat(entry) &&
           IsBoosterByContent(folder, entry);
  }

  std::optional<FoundModel> LookInto(const io::Folder& repository, const std::string& entry,
                                     const ModelName& name) const {
    auto folder = repository.OpenFolder(entry);
    if (!folder.ok()) return Broken(name, folder.status());
    auto names = folder->List(kMaxEntries);
    if (!names.ok()) return Broken(name, names.status());
    const bool unpacked = names->size() == 1 && names->front() == kUnpacked;
    if (unpacked) {
      folder = folder->OpenFolder(kUnpacked);
      if (!folder.ok()) return PassOver(entry, MessageOf(folder.status()));
      names = folder->List(kMaxEntries);
      if (!names.ok()) return Broken(name, names.status());
    }
    const auto holds = [&](std::string_view inner) {
      return std::ranges::count(*names, inner) > 0;
    };
    const std::string& root = repository.path();
    if (std::ranges::any_of(*names, bundle::SaysWhatTheModelIs)) {
      std::string path = folder->path();
      return OneVersion(name, std::move(path), root, StampOfFolder(*std::move(folder)));
    }
    if (holds("config.pbtxt") || std::ranges::any_of(*names, IsVersionFolder))
      return WarnedOfAliases(ReadModelFolder(name, *folder, root));
    if (const auto file =
            OnlyOne(*names, unpacked ? IsModelFileName : importing::IsModelOfFolder)) {
      return OneVersion(name, folder->path() + "/" + *file, root,
                        StampOfFile(*folder, *file, *names));
    }
    return PassOver(entry, "it has no version folder and no config.pbtxt");
  }

  static FoundModel Broken(const ModelName& name, const Status& why) {
    FoundModel model{.name = name};
    model.problem = why;
    return model;
  }

  std::optional<FoundModel> PassOver(const std::string& entry, std::string_view why) const {
    SayOnce(entry, "an entry of the repository is no model and is passed over", why);
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
            Reason::kBadModel,
            "the repository holds more than one model \"{}\": a folder and a file, or two files",
            model.name.str());
      }
    }
    return unique;
  }
};

StatusOr<ModelName> NameFor(const Place& place, bool is_file = false) {
  if (place.name) return *place.name;
  const std::string& path = place.path;
  std::error_code ignored;
  std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  // "." and ".." have names only where they lead.
  if (normal == "." || normal.filename() == "..")
    normal = std::filesystem::canonical(path, ignored);
  auto name = ModelName::Parse(StemOf(normal.filename().string(), is_file));
  if (name.ok()) return name;
  return Error(Reason::kBadModel, "\"{}\" gives no name for a model: {}", path,
               MessageOf(name.status()));
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
      if (IsModelFileName(file) || importing::IsModelOfFolder(file) ||
          bundle::SaysWhatTheModelIs(file) || file == "saved_model.pb")
        return true;
    }
  }
  return false;
}

StatusOr<std::unique_ptr<Source>> OpenFolderSource(const Place& place,
                                                   std::vector<std::string> roots,
                                                   const io::Folder& folder) {
  const std::string& path = place.path;
  ASSIGN_OR_RETURN(const auto names, folder.List(kMaxEntries));
  if (std::ranges::any_of(names, bundle::SaysWhatTheModelIs)) {
    ASSIGN_OR_RETURN(ModelName name, NameFor(place));
    return std::make_unique<SingleSource>(path, std::move(roots), std::move(name));
  }
  ASSIGN_OR_RETURN(const auto saved_model, folder.Stat("saved_model.pb"));
  if (saved_model) {
    return Error(Reason::kUnsupported,
                 "\"{}\" is a TensorFlow SavedModel, which is not supported yet", path);
  }
  ASSIGN_OR_RETURN(const bool model, IsModelFolder(folder));
  if (!model && !place.name) return std::make_unique<RepositorySource>(path, std::move(roots));
  ASSIGN_OR_RETURN(ModelName name, NameFor(place));
  return std::make_unique<ModelFolderSource>(path, std::move(roots), std::move(name));
}

StatusOr<bool> IsModelFile(const io::File& file, const std::string& name) {
  std::array<std::byte, 4096> buffer;
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(0, buffer));
  const std::span<const std::byte> start(buffer.data(), got);
  return name.ends_with(".onnx") || name.ends_with(bundle::kArchiveEnding) ||
         io::LooksLikeTar({reinterpret_cast<const char*>(start.data()), start.size()}) ||
         importing::FormatOf(name, start) != importing::Format::kNone;
}

}  // namespace

StatusOr<std::unique_ptr<Source>> OpenSource(const std::string& given,
                                             std::vector<std::string> allowed_roots) {
  Place wanted = ParsePlace(given);
  std::string& path = wanted.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  ASSIGN_OR_RETURN(const std::string place, ResolveBeneath(path, allowed_roots));
  const auto folder = io::Folder::OpenResolved(place);
  if (folder.ok()) return OpenFolderSource(wanted, std::move(allowed_roots), *folder);
  if (ReasonOf(folder.status()) != Reason::kNotFound) return folder.status();
  const std::filesystem::path resolved(place);
  ASSIGN_OR_RETURN(const auto parent, io::Folder::OpenResolved(resolved.parent_path().string()));
  ASSIGN_OR_RETURN(const io::File file, parent.OpenFile(resolved.filename().string()));
  ASSIGN_OR_RETURN(const bool model, IsModelFile(file, resolved.filename().string()));
  if (!model) {
    return Error(Reason::kBadModel, "\"{}\" is no model: {}", path, kExpected);
  }
  ASSIGN_OR_RETURN(ModelName name, NameFor(wanted, /*is_file=*/true));
  return std::make_unique<SingleSource>(path, std::move(allowed_roots), std::move(name));
}

}  // namespace slipway::repository
