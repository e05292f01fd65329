#include "bundle/pack.h"

#include <sys/stat.h>

#include <memory>
#include <utility>

#include "base/ids.h"
#include "bundle/content.h"
#include "bundle/example.h"
#include "bundle/json_fields.h"
#include "bundle/manifest.h"
#include "bundle/open.h"
#include "io/beneath.h"
#include "io/digest.h"
#include "io/tar.h"
#include "onnx/model_info.h"

namespace slipway::bundle {
namespace {

// What will be written, by name, and what the manifest says of it.
struct Draft {
  Manifest manifest;
  std::map<std::string, std::span<const std::byte>> files;
  std::vector<std::shared_ptr<const void>> kept;  // examples' bytes that `files` points into
};

void AddExampleFile(Draft& draft, const std::string& path, Piece piece) {
  draft.files[path] = piece.bytes->span();
  draft.kept.push_back(std::move(piece.bytes));
}

Status AddModel(Draft& draft, const ModelBytes& bytes) {
  draft.files[std::string(kModelName)] = bytes.model;
  for (const auto& [name, data] : bytes.external_data) {
    RETURN_IF_ERROR(io::CheckRelativeName(name));
    if (name == kModelName || name == kManifestName || name.starts_with(kExamplesPrefix)) {
      return Error(Reason::kBadModel,
                   "external data \"{}\": in a bundle this name has another meaning", name);
    }
    draft.files[name] = data;
  }
  return OkStatus();
}

// The source's own examples, as its manifest lists them.
Status KeepExamples(Draft& draft, const Manifest& manifest, const Content& content) {
  for (const ManifestFile& file : manifest.files) {
    if (!file.path.starts_with(kExamplesPrefix) || draft.files.contains(file.path)) continue;
    ASSIGN_OR_RETURN(Piece piece, content.Read(file.path, file.size_bytes));
    if (piece.sha256 != file.sha256) {
      return Error(Reason::kBadModel, "\"{}\" changed while it was packed", file.path);
    }
    AddExampleFile(draft, file.path, std::move(piece));
  }
  return OkStatus();
}

// The examples in a folder, with the raw files that they name.
Status AddExamples(Draft& draft, const std::string& folder_path, uint64_t max_bytes) {
  ASSIGN_OR_RETURN(io::Folder folder, io::Folder::Open(folder_path));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.List(kMaxFiles));
  const FolderContent content(std::move(folder));
  const ReadRaw read_raw = [&](const std::string& path) -> StatusOr<Buffer> {
    ASSIGN_OR_RETURN(Piece piece, content.Read(path.substr(kExamplesPrefix.size()), max_bytes));
    const Buffer buffer(piece.bytes->span(), piece.bytes);
    AddExampleFile(draft, path, std::move(piece));
    return buffer;
  };
  size_t count = 0;
  for (const std::string& file : names) {
    const std::string path = fmt::format("{}{}", kExamplesPrefix, file);
    if (file.starts_with('.') || !file.ends_with(".json")) continue;
    const std::string_view name = ExampleNameOf(path);
    if (name.empty()) {
      return Error(Reason::kBadRequest,
                   "examples: \"{}\" is no name for an example: expected "
                   "[A-Za-z0-9][A-Za-z0-9._-]{{0,62}}.json",
                   file);
    }
    ASSIGN_OR_RETURN(Piece piece, content.Read(file, kMaxExampleBytes));
    const auto bytes = piece.bytes;
    AddExampleFile(draft, path, std::move(piece));
    ASSIGN_OR_RETURN(const Example example, ParseExample(name, bytes->text(), read_raw));
    RETURN_IF_ERROR(CheckExample(example, draft.manifest.signature));
    ++count;
  }
  if (count > 0 && count <= kMaxExamples) return OkStatus();
  return Error(Reason::kBadRequest, "examples: expected 1 to {} .json files, got {}", kMaxExamples,
               count);
}

Status ApplyLabels(Signature& signature, const PackOptions& options) {
  for (const auto& [output, labels] : options.labels) {
    const auto index = IndexOf(signature.outputs, output);
    if (!index) return Error(Reason::kBadRequest, "labels: the model has no output \"{}\"", output);
    TensorSpec& spec = signature.outputs[*index];
    // [n, C]: a score for each class.
    const int64_t classes = spec.any_rank || spec.shape.size() < 2 ? -1 : spec.shape.back();
    if (classes >= 0 && labels.size() != static_cast<size_t>(classes))
      return Error(Reason::kBadRequest, "labels: output \"{}\" has {} classes, got {} labels",
                   output, classes, labels.size());
    spec.labels = labels;
  }
  return OkStatus();
}

/// A server names a model by its place; the name says the same, so it has to be one.
Status CheckName(const std::string& name) {
  return name.empty() ? OkStatus() : Annotate(ModelName::Parse(name).status(), "name");
}

Status CheckObject(std::string_view json) {
  JsonReader reader(json);
  RETURN_IF_ERROR(ReadObject(reader, [](std::string_view) -> StatusOr<bool> { return false; }));
  return reader.End();
}

Status ApplyOptions(Manifest& manifest, const PackOptions& options) {
  RETURN_IF_ERROR(ApplyLabels(manifest.signature, options));
  RETURN_IF_ERROR(CheckName(options.name));
  if (!options.name.empty()) manifest.name = options.name;
  if (!options.licence.empty()) manifest.licence = options.licence;
  if (!options.intended_use.empty()) manifest.intended_use = options.intended_use;
  for (const auto& [key, value] : options.lineage) manifest.lineage[key] = value;
  if (options.feature_schema.empty()) return OkStatus();
  manifest.feature_schema = options.feature_schema;
  return Annotate(CheckObject(manifest.feature_schema), "feature schema");
}

StatusOr<Draft> MakeDraft(const std::string& source, const Artifact& artifact,
                          const PackOptions& options) {
  Draft draft;
  if (artifact.manifest()) draft.manifest = *artifact.manifest();
  draft.manifest.signature = artifact.signature();
  if (!artifact.manifest()) {
    draft.manifest.lineage["source_format"] = "onnx";
    if (!artifact.info().producer.empty()) {
      draft.manifest.lineage["created_by"] = artifact.info().producer;
    }
  }
  RETURN_IF_ERROR(ApplyOptions(draft.manifest, options));
  RETURN_IF_ERROR(AddModel(draft, artifact.bytes()));
  if (!options.examples.empty()) {
    RETURN_IF_ERROR(AddExamples(draft, options.examples, options.limits.max_total_bytes));
  } else if (artifact.is_bundle()) {
    ASSIGN_OR_RETURN(const Located located, Locate(source, "", options.limits.max_total_bytes));
    RETURN_IF_ERROR(KeepExamples(draft, *artifact.manifest(), *located.content));
  }
  return draft;
}

Status AddNewExample(Draft& draft, const Example& example) {
  RETURN_IF_ERROR(CheckExample(example, draft.manifest.signature));
  ASSIGN_OR_RETURN(auto files, RenderExample(example));
  for (auto& [path, content] : files) {
    const auto kept = std::make_shared<const std::string>(std::move(content));
    if (!draft.files.try_emplace(path, std::as_bytes(std::span(*kept))).second)
      return Error(Reason::kBadRequest, "two examples have the file \"{}\"", path);
    draft.kept.push_back(kept);
  }
  return OkStatus();
}

StatusOr<Draft> MakeDraft(const NewModel& model) {
  ASSIGN_OR_RETURN(const onnx::ModelInfo info, onnx::Inspect(model.bytes.model));
  Draft draft;
  draft.manifest = model.manifest;
  if (draft.manifest.signature == Signature()) draft.manifest.signature = info.signature;
  RETURN_IF_ERROR(CheckName(draft.manifest.name));
  RETURN_IF_ERROR(CheckAgreement(draft.manifest.signature, info.signature));
  if (!draft.manifest.feature_schema.empty())
    RETURN_IF_ERROR(Annotate(CheckObject(draft.manifest.feature_schema), "feature schema"));
  RETURN_IF_ERROR(AddModel(draft, model.bytes));
  for (const std::string& location : info.external_locations) {
    if (!draft.files.contains(location))
      return Error(Reason::kBadModel, "external data \"{}\" is missing", location);
  }
  for (const Example& example : model.examples) RETURN_IF_ERROR(AddNewExample(draft, example));
  return draft;
}

bool IsTarName(const std::string& path) {
  return path.ends_with(".slipway") || path.ends_with(".tar");
}

Status WriteTar(const Draft& draft, const std::string& out, io::FileSystem& system) {
  ASSIGN_OR_RETURN(io::DurableFile file,
                   io::DurableFile::Create(out, io::DurableFile::Existing::kRefuse, system));
  io::TarWriter writer(file);
  for (const auto& [name, bytes] : draft.files) {
    RETURN_IF_ERROR(writer.BeginEntry(name, bytes.size()));
    RETURN_IF_ERROR(writer.Append(bytes));
  }
  RETURN_IF_ERROR(writer.Finish());
  return file.Commit();
}

Status WriteFolder(const Draft& draft, const std::string& out, io::FileSystem& system) {
  ASSIGN_OR_RETURN(io::StagingFolder folder, io::StagingFolder::Create(out, system));
  for (const auto& [name, bytes] : draft.files) {
    ASSIGN_OR_RETURN(io::DurableFile file, folder.CreateFile(name));
    RETURN_IF_ERROR(file.Append(bytes));
    RETURN_IF_ERROR(file.Commit());
  }
  return folder.Commit();
}

/// Before the work; the rename at the end decides.
Status CheckPlace(const std::string& out) {
  for (const std::string_view ending : {".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z"})
    if (out.ends_with(ending))
      return Error(Reason::kBadRequest,
                   "\"{}\": bundles are NAME.slipway or NAME.tar, not packed, or folders", out);
  struct stat found;
  if (::lstat(out.c_str(), &found) != 0) return OkStatus();
  return Error(Reason::kAlreadyExists, "\"{}\" exists already", out);
}

StatusOr<Packed> Write(Draft draft, const std::string& out, io::FileSystem& system) {
  std::vector<ManifestFile>& files = draft.manifest.files;
  files.clear();
  for (const auto& [name, bytes] : draft.files) {
    files.push_back({name, bytes.size(), io::Sha256Hex(bytes)});
  }
  const std::string manifest = RenderManifest(draft.manifest);
  if (files.size() > kMaxFiles || manifest.size() > kMaxManifestBytes) {
    return Error(Reason::kTooLarge, "bundle: expected at most {} files and {} bytes of {}",
                 kMaxFiles, kMaxManifestBytes, kManifestName);
  }
  draft.files[std::string(kManifestName)] = std::as_bytes(std::span(manifest));

  RETURN_IF_ERROR(IsTarName(out) ? WriteTar(draft, out, system) : WriteFolder(draft, out, system));
  Packed packed;
  packed.files = draft.files.size();
  for (const auto& [name, bytes] : draft.files) packed.size_bytes += bytes.size();
  files.push_back({std::string(kManifestName), manifest.size(), io::Sha256Hex(manifest)});
  packed.digest = ContentDigest(files);
  return packed;
}

}  // namespace

StatusOr<Packed> Pack(const std::string& source, const std::string& out, const PackOptions& options,
                      io::FileSystem& system) {
  RETURN_IF_ERROR(CheckPlace(out));
  auto opened = Open(source, "", options.limits);
  if (!opened.ok() && ReasonOf(opened.status()) == Reason::kBadModel)
    return Annotate(opened.status(), source);
  ASSIGN_OR_RETURN(const std::unique_ptr<Artifact> artifact, std::move(opened));
  ASSIGN_OR_RETURN(Draft draft, MakeDraft(source, *artifact, options));
  return Write(std::move(draft), out, system);
}

StatusOr<Packed> PackModel(const NewModel& model, const std::string& out, io::FileSystem& system) {
  RETURN_IF_ERROR(CheckPlace(out));
  ASSIGN_OR_RETURN(Draft draft, MakeDraft(model));
  return Write(std::move(draft), out, system);
}

}  // namespace slipway::bundle
