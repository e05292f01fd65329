#include <fmt/format.h>

#include <filesystem>

#include "base/ids.h"
#include "repository/foreign/foreign_model.h"
#include "text/json_reader.h"

namespace slipway::repository {
namespace {

constexpr std::string_view kSettings = "model-settings.json";
constexpr uint64_t kMaxBytes = uint64_t{1} << 20;
constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxEntries = 10'000;

struct ModelSettings {
  std::string name;
  std::string implementation;
  std::string uri;
  std::string version;
  bool batches = false;
};

/// A text, or nothing where it is null.
Status ReadText(JsonReader& reader, std::string* out) {
  ASSIGN_OR_RETURN(const bool null, reader.TryNull());
  return null ? OkStatus() : reader.ReadString(out);
}

Status ReadParameters(JsonReader& reader, ModelSettings& settings) {
  ASSIGN_OR_RETURN(const bool null, reader.TryNull());
  if (null) return OkStatus();
  RETURN_IF_ERROR(reader.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, reader.NextKey(&key));
    if (!more) return OkStatus();
    if (key == "uri")
      RETURN_IF_ERROR(ReadText(reader, &settings.uri));
    else if (key == "version")
      RETURN_IF_ERROR(ReadText(reader, &settings.version));
    else
      RETURN_IF_ERROR(reader.Skip());
  }
}

StatusOr<ModelSettings> ReadSettings(std::string_view json) {
  ModelSettings settings;
  JsonReader reader(json);
  RETURN_IF_ERROR(reader.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, reader.NextKey(&key));
    if (!more) break;
    if (key == "name") {
      RETURN_IF_ERROR(ReadText(reader, &settings.name));
    } else if (key == "implementation") {
      RETURN_IF_ERROR(ReadText(reader, &settings.implementation));
    } else if (key == "parameters") {
      RETURN_IF_ERROR(ReadParameters(reader, settings));
    } else {
      settings.batches |= key == "max_batch_size";
      RETURN_IF_ERROR(reader.Skip());
    }
  }
  RETURN_IF_ERROR(reader.End());
  return settings;
}

/// What a version is called, as a number or an alias of version 1: "v0.1.0" is one.
void SayVersion(const std::string& version, ForeignModel& model) {
  if (version.empty() || version == "1") return;
  if (IsAlias(version))
    model.aliases.push_back(fmt::format("{}@{}=1", model.name, version));
  else
    model.notes.push_back(fmt::format("its version \"{}\" is version 1 here", version));
}

/// Where `uri` leads from `folder`, "." for itself; "" when not beneath it.
std::string Beneath(const std::string& folder, const std::string& uri) {
  const auto base = std::filesystem::absolute(folder).lexically_normal();
  const auto place = (base / uri / "").lexically_normal().parent_path().lexically_relative(base);
  return place.empty() || *place.begin() == ".." ? "" : place.string();
}

/// What MLflow saved in `folder` or beneath it.
StatusOr<ForeignModel> ReadSaved(const io::Folder& folder, const std::string& place,
                                 const std::string& name) {
  if (place == ".") return ReadMlflowModel(folder, name);
  ASSIGN_OR_RETURN(const auto saved, folder.OpenFolder(place));
  return ReadMlflowModel(saved, name);
}

void Locate(const ModelSettings& settings, const io::Folder& folder, ForeignModel& model) {
  const std::string& uri = settings.uri;
  const std::string place = Beneath(folder.path(), uri.empty() ? "." : uri);
  if (uri.find("://") != std::string::npos) {
    model.problem =
        Error(Reason::kUnsupported, "uri \"{}\": models elsewhere are not read yet", uri);
  } else if (uri.ends_with(".onnx")) {
    model.path = (std::filesystem::path(folder.path()) / (place.empty() ? uri : place)).string();
  } else if (place.empty()) {
    model.problem =
        Error(Reason::kUnsupported,
              "uri \"{}\": expected an .onnx file, or a folder beneath that of {}", uri, kSettings);
  } else if (auto saved = ReadSaved(folder, place, model.name); saved.ok()) {
    saved->notes = model.notes;
    model = *std::move(saved);
  } else {
    model.problem = Error(
        Reason::kUnsupported,
        "{}: only ONNX can be served yet, so convert the model and let uri name "
        "the .onnx file",
        settings.implementation.empty() ? "no implementation is named" : settings.implementation);
  }
}

ForeignModel ModelFrom(const ModelSettings& settings, const io::Folder& folder) {
  ForeignModel model{.name = settings.name, .path = folder.path()};
  if (model.name.empty()) {
    model.name = NameOfFolder(folder.path());
    model.problem = Error(Reason::kBadModel, "{}: expected a name", kSettings);
    return model;
  }
  if (settings.batches) model.notes.emplace_back("max_batch_size has no effect");
  Locate(settings, folder, model);
  SayVersion(settings.version, model);
  return model;
}

class Finder {
 public:
  explicit Finder(std::string root) { folders_.push_back({std::move(root), 0}); }

  StatusOr<std::vector<ForeignModel>> Find() && {
    for (size_t i = 0; i < folders_.size(); ++i) {  // grows
      const auto [path, depth] = folders_[i];
      const auto folder = io::Folder::Open(path);
      if (!folder.ok() && depth == 0) return folder.status();
      if (folder.ok()) RETURN_IF_ERROR(Look(*folder, path, depth));
    }
    return std::move(models_);
  }

 private:
  Status Look(const io::Folder& folder, const std::string& path, size_t depth) {
    ASSIGN_OR_RETURN(const auto names, folder.List(kMaxEntries));
    for (const std::string& name : names) {
      if (name == kSettings) Take(folder);
      const auto facts = folder.Stat(name);
      if (name.starts_with('.') || depth == kMaxDepth || !facts.ok() || !*facts ||
          (*facts)->kind != io::FileFacts::Kind::kFolder)
        continue;
      if (folders_.size() == kMaxEntries)
        return Error(Reason::kTooLarge, "expected at most {} folders, got more", kMaxEntries);
      folders_.push_back({path + "/" + name, depth + 1});
    }
    return OkStatus();
  }

  void Take(const io::Folder& folder) {
    const auto settings = [&]() -> StatusOr<ModelSettings> {
      ASSIGN_OR_RETURN(const io::File file, folder.OpenFile(kSettings));
      ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxBytes));
      return ReadSettings(bytes.text());
    }();
    if (settings.ok()) {
      models_.push_back(ModelFrom(*settings, folder));
      return;
    }
    ForeignModel broken{.name = NameOfFolder(folder.path()), .path = folder.path()};
    broken.problem = Error(Reason::kBadModel, "{}: {}", kSettings, MessageOf(settings.status()));
    models_.push_back(std::move(broken));
  }

  struct Place {
    std::string path;
    size_t depth;
  };
  std::vector<Place> folders_;
  std::vector<ForeignModel> models_;
};

}  // namespace

StatusOr<std::vector<ForeignModel>> ReadMlserverModels(const std::string& folder) {
  return Finder(folder).Find();
}

}  // namespace slipway::repository
