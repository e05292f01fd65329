#pragma once
// manifest.json and the digest of a bundle. Source: docs/formats/bundle.md

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/signature.h"

namespace slipway::bundle {

inline constexpr int64_t kFormatVersion = 1;
inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kModelName = "model.onnx";
inline constexpr std::string_view kExamplesPrefix = "examples/";
inline constexpr uint64_t kMaxManifestBytes = uint64_t{4} << 20;
inline constexpr size_t kMaxFiles = 10'000;

struct ManifestFile {
  std::string path;
  uint64_t size_bytes = 0;
  std::string sha256;  // 64 lower-case hex digits
  bool operator==(const ManifestFile&) const = default;
};

struct Manifest {
  std::string name;  // "" when there is none
  Signature signature;
  std::string feature_schema;  // a JSON object as it stands, "" when there is none
  std::map<std::string, std::string> lineage;
  std::string licence;  // of the model: an SPDX expression or a sentence, "" when none is stated
  std::string intended_use;         // what the model is for and what not, "" when it is not stated
  std::vector<ManifestFile> files;  // all but manifest.json, sorted by the bytes of path
  bool operator==(const Manifest&) const = default;

  /// nullptr when it is not listed.
  const ManifestFile* Find(std::string_view path) const;
};

/// @return kBadModel naming the field; kUnsupported for a format_version above ours.
StatusOr<Manifest> ParseManifest(std::string_view text);

/// The names of `features[]` in a feature schema, in order: what the columns of the model's only
/// [n,F] input are called. Empty unless each feature has a name of its own.
std::vector<std::string> FeatureNames(std::string_view feature_schema);

/// The names of those whose `type` is "time".
std::set<std::string> TimeFeatures(std::string_view feature_schema);

/// The feature schema of columns of which only names are known.
std::string RenderFeatures(const std::vector<std::string>& names);

/// The columns of a feature schema of which each has a name and an `mlflow_type`; else none.
std::vector<ColumnSpec> DeclaredColumns(std::string_view feature_schema);

/// The feature schema that DeclaredColumns reads.
std::string RenderColumns(const std::vector<ColumnSpec>& columns);

/// The word of MLflow's schemas for `kind`: "long".
std::string_view TypeName(ColumnSpec::Kind kind);
/// nullopt for a type that no model here takes.
std::optional<ColumnSpec::Kind> KindOf(std::string_view type);

/// The same manifest is the same bytes.
std::string RenderManifest(const Manifest& manifest);

/// "sha256:<64 hex>" over `files`, in any order; a bundle's include manifest.json itself.
std::string ContentDigest(std::vector<ManifestFile> files);

/// The manifest's signature says the same as the model's: names, dtypes, ranks, and the dimensions
/// that both fix.
/// @return kBadModel naming the tensor.
Status CheckAgreement(const Signature& stated, const Signature& actual);

}  // namespace slipway::bundle
