#include "bundle/manifest.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "bundle/json_fields.h"
#include "io/beneath.h"
#include "io/digest.h"
#include "text/json_writer.h"

namespace slipway::bundle {
namespace {

constexpr size_t kMaxSignatureTensors = 10'000;
constexpr size_t kMaxLabels = 1'000'000;

using Kind = ColumnSpec::Kind;
constexpr std::pair<std::string_view, Kind> kTypes[] = {
    {"boolean", Kind::kBoolean}, {"integer", Kind::kInteger}, {"long", Kind::kLong},
    {"float", Kind::kFloat},     {"double", Kind::kDouble},   {"string", Kind::kString}};

struct Feature {
  std::string name;
  std::string type;  // as data::RenderFeatureSchema says it
  std::string mlflow_type;
};

Status Missing(std::string_view object, std::string_view field) {
  return Error(Reason::kBadRequest, "{}: field \"{}\" is missing", object, field);
}

Status ReadDType(JsonReader& reader, DType* dtype) {
  std::string name;
  RETURN_IF_ERROR(reader.ReadString(&name));
  const auto parsed = ParseDType(name);
  if (!parsed) {
    return Error(Reason::kBadRequest,
                 "dtype: expected one of the Open Inference Protocol, got \"{}\"", name);
  }
  *dtype = *parsed;
  return OkStatus();
}

Status ReadShape(JsonReader& reader, Shape* shape) {
  return ReadArray(reader, kMaxRank, [&]() -> Status {
    int64_t dimension = 0;
    RETURN_IF_ERROR(reader.ReadInt64(&dimension));
    if (dimension < -1) {
      return Error(Reason::kBadRequest, "shape: expected -1 or more, got {}", dimension);
    }
    shape->push_back(dimension);
    return OkStatus();
  });
}

Status ReadStrings(JsonReader& reader, size_t limit, std::vector<std::string>* strings) {
  return ReadArray(reader, limit, [&] { return reader.ReadString(&strings->emplace_back()); });
}

Status ReadTensorSpec(JsonReader& reader, TensorSpec* spec) {
  bool named = false, typed = false, shaped = false;
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "name") return named = true, Consumed(reader.ReadString(&spec->name));
    if (key == "dtype") return typed = true, Consumed(ReadDType(reader, &spec->dtype));
    if (key == "shape") return shaped = true, Consumed(ReadShape(reader, &spec->shape));
    if (key == "optional") return Consumed(reader.ReadBool(&spec->optional));
    if (key == "any_number") return Consumed(reader.ReadBool(&spec->any_number));
    if (key == "on_request") return Consumed(reader.ReadBool(&spec->on_request));
    if (key == "labels") return Consumed(ReadStrings(reader, kMaxLabels, &spec->labels));
    return false;
  }));
  if (!named || spec->name.empty()) return Missing("a tensor of the signature", "name");
  const std::string which = fmt::format("tensor \"{}\"", spec->name);
  if (!typed) return Missing(which, "dtype");
  if (!shaped) return Missing(which, "shape");
  return OkStatus();
}

Status ReadTensorSpecs(JsonReader& reader, std::vector<TensorSpec>* specs) {
  return ReadArray(reader, kMaxSignatureTensors,
                   [&] { return ReadTensorSpec(reader, &specs->emplace_back()); });
}

Status ReadSignature(JsonReader& reader, Signature* signature) {
  bool inputs = false, outputs = false;
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "inputs")
      return inputs = true, Consumed(ReadTensorSpecs(reader, &signature->inputs));
    if (key == "outputs") {
      return outputs = true, Consumed(ReadTensorSpecs(reader, &signature->outputs));
    }
    return false;
  }));
  if (!inputs) return Missing("signature", "inputs");
  if (!outputs) return Missing("signature", "outputs");
  return OkStatus();
}

// Strings are kept; other values are a later version's business.
Status ReadLineage(JsonReader& reader, std::map<std::string, std::string>* lineage) {
  return ReadObject(reader, [&](const std::string& key) -> StatusOr<bool> {
    ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
    if (type != JsonType::kString) return false;
    return Consumed(reader.ReadString(&(*lineage)[key]));
  });
}

Status ReadFeatureSchema(JsonReader& reader, std::string* schema) {
  ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
  if (type != JsonType::kObject) return reader.Expected("an object");
  std::string_view raw;
  RETURN_IF_ERROR(reader.Skip(&raw));
  *schema = raw;
  return OkStatus();
}

Status ReadFile(JsonReader& reader, ManifestFile* file) {
  bool sized = false;
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "path") return Consumed(reader.ReadString(&file->path));
    if (key == "size") return sized = true, Consumed(reader.ReadUint64(&file->size_bytes));
    if (key == "sha256") return Consumed(reader.ReadString(&file->sha256));
    return false;
  }));
  RETURN_IF_ERROR(io::CheckRelativeName(file->path));
  const std::string which = fmt::format("file \"{}\"", file->path);
  if (!sized) return Missing(which, "size");
  if (!io::IsSha256Hex(file->sha256)) {
    return Error(Reason::kBadRequest, "{}: sha256: expected 64 lower-case hex digits", which);
  }
  return OkStatus();
}

Status ReadFiles(JsonReader& reader, std::vector<ManifestFile>* files) {
  return ReadArray(reader, kMaxFiles, [&]() -> Status {
    ManifestFile file;
    RETURN_IF_ERROR(ReadFile(reader, &file));
    if (file.path == kManifestName) {
      return Error(Reason::kBadRequest, "files: \"{}\" cannot list itself", kManifestName);
    }
    if (!files->empty() && files->back().path >= file.path) {
      return Error(Reason::kBadRequest, "files: \"{}\" is not sorted, or listed twice", file.path);
    }
    files->push_back(std::move(file));
    return OkStatus();
  });
}

Status CheckFormatVersion(std::optional<int64_t> version) {
  if (!version) return Missing("manifest", "format_version");
  if (*version > kFormatVersion) {
    return Error(Reason::kUnsupported,
                 "format_version: expected at most {}, got {}: a newer Slipway wrote this bundle",
                 kFormatVersion, *version);
  }
  if (*version == kFormatVersion) return OkStatus();
  return Error(Reason::kBadRequest, "format_version: expected {}, got {}", kFormatVersion,
               *version);
}

StatusOr<Manifest> ReadManifest(JsonReader& reader, std::optional<int64_t>* version) {
  Manifest manifest;
  bool signature = false, files = false;
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "format_version") return Consumed(reader.ReadInt64(&version->emplace()));
    if (key == "name") return Consumed(reader.ReadString(&manifest.name));
    if (key == "signature") {
      return signature = true, Consumed(ReadSignature(reader, &manifest.signature));
    }
    if (key == "feature_schema") {
      return Consumed(ReadFeatureSchema(reader, &manifest.feature_schema));
    }
    if (key == "lineage") return Consumed(ReadLineage(reader, &manifest.lineage));
    if (key == "licence") return Consumed(reader.ReadString(&manifest.licence));
    if (key == "intended_use") return Consumed(reader.ReadString(&manifest.intended_use));
    if (key == "files") return files = true, Consumed(ReadFiles(reader, &manifest.files));
    return false;
  }));
  RETURN_IF_ERROR(reader.End());
  RETURN_IF_ERROR(CheckFormatVersion(*version));
  if (!signature) return Missing("manifest", "signature");
  if (!files) return Missing("manifest", "files");
  if (!manifest.Find(kModelName)) {
    return Error(Reason::kBadRequest, "files: \"{}\" is not listed", kModelName);
  }
  return manifest;
}

void WriteSpecs(JsonWriter& writer, std::string_view key, const std::vector<TensorSpec>& specs) {
  writer.Key(key).BeginArray();
  for (const TensorSpec& spec : specs) {
    writer.BeginObject().Key("name").String(spec.name).Key("dtype").String(NameOf(spec.dtype));
    writer.Key("shape").BeginArray();
    for (const int64_t dimension : spec.shape) writer.Int(dimension);
    writer.EndArray();
    if (spec.optional) writer.Key("optional").Bool(true);
    if (spec.any_number) writer.Key("any_number").Bool(true);
    if (spec.on_request) writer.Key("on_request").Bool(true);
    if (!spec.labels.empty()) {
      writer.Key("labels").BeginArray();
      for (const std::string& label : spec.labels) writer.String(label);
      writer.EndArray();
    }
    writer.EndObject();
  }
  writer.EndArray();
}

bool DimensionsAgree(const Shape& a, const Shape& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](int64_t x, int64_t y) { return x == y || x == -1 || y == -1; });
}

Status CheckTensorsAgree(std::string_view kind, const std::vector<TensorSpec>& stated,
                         const std::vector<TensorSpec>& actual) {
  for (const TensorSpec& spec : actual) {
    const auto index = IndexOf(stated, spec.name);
    if (!index)
      return Error(Reason::kBadModel, "{} \"{}\" is not in the manifest", kind, spec.name);
    const TensorSpec& other = stated[*index];
    if (other.dtype != spec.dtype || !(spec.any_rank || DimensionsAgree(other.shape, spec.shape))) {
      return Error(Reason::kBadModel, "{} \"{}\": the manifest says {}, the model {}", kind,
                   spec.name, ToString(other.dtype, other.shape), ToString(spec.dtype, spec.shape));
    }
  }
  if (stated.size() == actual.size()) return OkStatus();
  return Error(Reason::kBadModel, "the manifest names {} {}s, the model has {}", stated.size(),
               kind, actual.size());
}

/// `features[]`; none unless each has a name of its own.
std::vector<Feature> ReadFeatures(std::string_view feature_schema) {
  std::vector<Feature> features;
  JsonReader reader(feature_schema);
  const auto read_feature = [&]() -> Status {
    Feature& feature = features.emplace_back();
    return ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
      if (key == "name") return Consumed(reader.ReadString(&feature.name));
      if (key == "type") {
        ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
        if (type != JsonType::kString) return false;
        return Consumed(reader.ReadString(&feature.type));
      }
      if (key == "mlflow_type") return Consumed(reader.ReadString(&feature.mlflow_type));
      return false;
    });
  };
  const Status read = ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key != "features") return false;
    return Consumed(ReadArray(reader, kMaxLabels, read_feature));
  });
  std::set<std::string_view> distinct;
  for (const Feature& feature : features) distinct.insert(feature.name);
  if (!read.ok() || distinct.size() != features.size() || distinct.contains("")) return {};
  return features;
}

}  // namespace

const ManifestFile* Manifest::Find(std::string_view path) const {
  const auto at =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const ManifestFile& file, std::string_view p) { return file.path < p; });
  return at != files.end() && at->path == path ? &*at : nullptr;
}

StatusOr<Manifest> ParseManifest(std::string_view text) {
  JsonReader reader(text);
  std::optional<int64_t> version;
  auto manifest = ReadManifest(reader, &version);
  if (manifest.ok()) return manifest;
  // What a later format changed may look like damage: the version is the better message.
  if (version > kFormatVersion) return AsBadModel(CheckFormatVersion(version), kManifestName);
  return AsBadModel(manifest.status(), kManifestName);
}

std::vector<std::string> FeatureNames(std::string_view feature_schema) {
  std::vector<std::string> names;
  for (Feature& feature : ReadFeatures(feature_schema)) names.push_back(std::move(feature.name));
  return names;
}

std::set<std::string> TimeFeatures(std::string_view feature_schema) {
  std::set<std::string> names;
  for (Feature& feature : ReadFeatures(feature_schema))
    if (feature.type == "time") names.insert(std::move(feature.name));
  return names;
}

std::string RenderFeatures(const std::vector<std::string>& names) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginObject().Key("features").BeginArray();
  for (const std::string& name : names) writer.BeginObject().Key("name").String(name).EndObject();
  writer.EndArray().EndObject();
  return text;
}

std::vector<ColumnSpec> DeclaredColumns(std::string_view feature_schema) {
  std::vector<ColumnSpec> columns;
  for (Feature& feature : ReadFeatures(feature_schema)) {
    const auto kind = KindOf(feature.mlflow_type);
    if (!kind) return {};
    columns.push_back({std::move(feature.name), *kind});
  }
  return columns;
}

std::string RenderColumns(const std::vector<ColumnSpec>& columns) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginObject().Key("features").BeginArray();
  for (const ColumnSpec& column : columns)
    writer.BeginObject()
        .Key("name")
        .String(column.name)
        .Key("mlflow_type")
        .String(TypeName(column.kind))
        .EndObject();
  writer.EndArray().EndObject();
  return text;
}

std::string_view TypeName(ColumnSpec::Kind kind) {
  return std::ranges::find(kTypes, kind, [](const auto& type) { return type.second; })->first;
}

std::optional<ColumnSpec::Kind> KindOf(std::string_view type) {
  const auto found = std::ranges::find(kTypes, type, [](const auto& t) { return t.first; });
  return found == std::end(kTypes) ? std::nullopt : std::optional(found->second);
}

std::string RenderManifest(const Manifest& manifest) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginObject().Key("format_version").Int(kFormatVersion);
  if (!manifest.name.empty()) writer.Key("name").String(manifest.name);
  writer.Key("signature").BeginObject();
  WriteSpecs(writer, "inputs", manifest.signature.inputs);
  WriteSpecs(writer, "outputs", manifest.signature.outputs);
  writer.EndObject();
  if (!manifest.feature_schema.empty()) {
    writer.Key("feature_schema").Raw(manifest.feature_schema);
  }
  writer.Key("lineage").BeginObject();
  for (const auto& [key, value] : manifest.lineage) writer.Key(key).String(value);
  writer.EndObject();
  if (!manifest.licence.empty()) writer.Key("licence").String(manifest.licence);
  if (!manifest.intended_use.empty()) writer.Key("intended_use").String(manifest.intended_use);
  writer.Key("files").BeginArray();
  for (const ManifestFile& file : manifest.files) {
    writer.BeginObject().Key("path").String(file.path).Key("size").Uint(file.size_bytes);
    writer.Key("sha256").String(file.sha256).EndObject();
  }
  writer.EndArray().EndObject();
  text += '\n';
  return text;
}

std::string ContentDigest(std::vector<ManifestFile> files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const ManifestFile& a, const ManifestFile& b) { return a.path < b.path; });
  io::Sha256 digest;
  for (const ManifestFile& file : files) {
    digest.Update(fmt::format("{}  {}\n", file.sha256, file.path));
  }
  return "sha256:" + digest.HexDigest();
}

Status CheckAgreement(const Signature& stated, const Signature& actual) {
  RETURN_IF_ERROR(CheckTensorsAgree("input", stated.inputs, actual.inputs));
  return CheckTensorsAgree("output", stated.outputs, actual.outputs);
}

}  // namespace slipway::bundle
