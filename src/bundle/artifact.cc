#include "bundle/artifact.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "bundle/content.h"
#include "bundle/example.h"
#include "bundle/imported.h"
#include "bundle/manifest.h"
#include "bundle/open.h"
#include "import/import.h"
#include "io/digest.h"

namespace slipway::bundle {
namespace {

// A file that should be there and is not makes a bad model, where a path that leads nowhere is not
// found.
Status WithinModel(const Status& status) {
  if (status.ok() || ReasonOf(status) != Reason::kNotFound) return status;
  return MakeError(Reason::kBadModel, MessageOf(status));
}

/// What is known of an imported model besides its ONNX decides what it answers, and to whom: names
/// of columns and classes, and what is given unasked.
ManifestFile KnownBeside(const Manifest& manifest) {
  const std::string known =
      RenderManifest({.signature = manifest.signature, .feature_schema = manifest.feature_schema});
  return {std::string(kManifestName), known.size(), io::Sha256Hex(std::as_bytes(std::span(known)))};
}

/// Of what is served: another file beside the model may decide what it answers.
std::string DigestOf(const Located& located, std::vector<ManifestFile> files) {
  if (located.said) files.push_back(located.saying);
  return ContentDigest(std::move(files));
}

Status NoBooster() {
  return Error(Reason::kBadModel,
               "expected a model as XGBoost's or LightGBM's Booster.save_model writes it, whose "
               "answer {} is",
               kBoosterAnswer);
}

class OpenedArtifact final : public Artifact {
 public:
  static StatusOr<std::unique_ptr<OpenedArtifact>> OpenPlain(Located located,
                                                             const OpenLimits& limits,
                                                             bool booster);
  static StatusOr<std::unique_ptr<OpenedArtifact>> OpenImported(importing::Format format,
                                                                const Piece& source,
                                                                const Located& located,
                                                                bool booster);
  static StatusOr<std::unique_ptr<OpenedArtifact>> OpenBundle(std::unique_ptr<Content> content,
                                                              const OpenLimits& limits);

  const std::string& digest() const override { return digest_; }
  const onnx::ModelInfo& info() const override { return info_; }
  const Signature& signature() const override { return signature_; }
  const ModelBytes& bytes() const override { return bytes_; }
  bool is_bundle() const override { return content_ != nullptr; }
  size_t size_bytes() const override { return size_bytes_; }
  const Manifest* manifest() const override { return manifest_ ? &*manifest_ : nullptr; }
  StatusOr<std::vector<Example>> Examples(size_t limit) const override;

  Status Choose(std::string_view answer) { return ChooseAnswer(answer, signature_); }

 private:
  Status SetModel(Piece piece);
  std::span<const std::byte> Keep(Piece piece);
  Status CheckFileList() const;
  StatusOr<Piece> ReadListed(const ManifestFile& file) const;

  std::unique_ptr<Content> content_;
  std::optional<Manifest> manifest_;
  std::vector<std::shared_ptr<const io::Bytes>> kept_;  // what bytes_ points into
  std::string digest_;
  onnx::ModelInfo info_;
  Signature signature_;
  ModelBytes bytes_;
  size_t size_bytes_ = 0;
};

Status OpenedArtifact::SetModel(Piece piece) {
  ASSIGN_OR_RETURN(info_, onnx::Inspect(piece.bytes->span()));
  signature_ = info_.signature;
  bytes_.model = Keep(std::move(piece));
  return OkStatus();
}

std::span<const std::byte> OpenedArtifact::Keep(Piece piece) {
  size_bytes_ += piece.bytes->size();
  kept_.push_back(std::move(piece.bytes));
  return kept_.back()->span();
}

StatusOr<std::unique_ptr<OpenedArtifact>> OpenedArtifact::OpenImported(importing::Format format,
                                                                       const Piece& source,
                                                                       const Located& located,
                                                                       bool booster) {
  if (booster && !importing::IsBoosterFile(format)) return NoBooster();
  auto artifact = std::make_unique<OpenedArtifact>();
  const bool as_booster = booster || (located.said && located.said->booster);
  ASSIGN_OR_RETURN(importing::Imported imported,
                   importing::Import(format, source.bytes->span(), {}, as_booster));
  ASSIGN_OR_RETURN(io::Bytes model, io::Bytes::Allocate(imported.model.size(), kModelName));
  std::ranges::copy(std::as_bytes(std::span(imported.model)), model.writable().begin());
  const std::string sha256 = io::Sha256Hex(model.span());
  const ManifestFile onnx{std::string(kModelName), model.size(), sha256};
  RETURN_IF_ERROR(artifact->SetModel({std::make_shared<io::Bytes>(std::move(model)), sha256}));
  artifact->info_.warnings.insert(artifact->info_.warnings.end(), imported.warnings.begin(),
                                  imported.warnings.end());
  artifact->manifest_ = ManifestOf(imported, artifact->signature_, source.sha256);
  artifact->digest_ = DigestOf(located, {onnx, KnownBeside(*artifact->manifest_)});
  if (located.said) RETURN_IF_ERROR(ApplyFolderModel(*located.said, *artifact->manifest_));
  ApplyManifest(*artifact->manifest_, artifact->signature_);
  return artifact;
}

StatusOr<std::unique_ptr<OpenedArtifact>> OpenedArtifact::OpenPlain(Located located,
                                                                    const OpenLimits& limits,
                                                                    bool booster) {
  const Content* const content = located.content.get();
  auto artifact = std::make_unique<OpenedArtifact>();
  const std::string model_name(kModelName);
  const uint64_t max_model_bytes =
      std::min<uint64_t>(onnx::Limits().max_model_bytes, limits.max_total_bytes);
  ASSIGN_OR_RETURN(Piece model, content->Read(model_name, max_model_bytes));
  const importing::Format format = importing::FormatOf(located.file_name, model.bytes->span());
  if (format != importing::Format::kNone) return OpenImported(format, model, located, booster);
  if (booster) return NoBooster();
  std::vector<ManifestFile> files = {{model_name, model.bytes->size(), model.sha256}};
  RETURN_IF_ERROR(artifact->SetModel(std::move(model)));
  for (const std::string& location : artifact->info_.external_locations) {
    auto piece = content->Read(location, limits.max_total_bytes - artifact->size_bytes_);
    if (!piece.ok()) return Annotate(WithinModel(piece.status()), "external data");
    files.push_back({location, piece->bytes->size(), piece->sha256});
    artifact->bytes_.external_data.push_back({location, artifact->Keep(*std::move(piece))});
  }
  artifact->digest_ = DigestOf(located, std::move(files));
  if (located.said) {
    artifact->manifest_ = Manifest{.signature = artifact->signature_};
    RETURN_IF_ERROR(ApplyFolderModel(*located.said, *artifact->manifest_));
    ApplyManifest(*artifact->manifest_, artifact->signature_);
  }
  return artifact;
}

// A tar holds what its manifest lists and nothing else, and external data is among it.
Status OpenedArtifact::CheckFileList() const {
  if (const auto* tar = dynamic_cast<const TarContent*>(content_.get())) {
    for (const auto& [name, piece] : tar->pieces()) {
      if (name == kManifestName || manifest_->Find(name)) continue;
      return Error(Reason::kBadModel, "\"{}\" is in the archive but not in {}", name,
                   kManifestName);
    }
  }
  for (const std::string& location : info_.external_locations) {
    if (manifest_->Find(location)) continue;
    return Error(Reason::kBadModel, "external data \"{}\" is not listed in {}", location,
                 kManifestName);
  }
  return OkStatus();
}

StatusOr<Piece> OpenedArtifact::ReadListed(const ManifestFile& file) const {
  const auto size = content_->SizeOf(file.path);
  if (!size.ok()) return WithinModel(size.status());
  if (*size != file.size_bytes) {
    return Error(Reason::kBadModel, "\"{}\": {} says {} bytes, got {}", file.path, kManifestName,
                 file.size_bytes, *size);
  }
  auto piece = content_->Read(file.path, file.size_bytes);
  if (!piece.ok()) return WithinModel(piece.status());
  if (piece->sha256 != file.sha256) {
    return Error(Reason::kBadModel, "\"{}\": {} says sha256 {}, got {}", file.path, kManifestName,
                 file.sha256, piece->sha256);
  }
  return piece;
}

Status CheckTotal(const std::vector<ManifestFile>& files, uint64_t max_total_bytes) {
  uint64_t rest = max_total_bytes;
  for (const ManifestFile& file : files) {
    if (file.size_bytes > rest) {
      return Error(Reason::kTooLarge, "bundle: expected at most {} bytes in total, got more",
                   max_total_bytes);
    }
    rest -= file.size_bytes;
  }
  return OkStatus();
}

std::string BundleDigest(std::vector<ManifestFile> files, const Piece& manifest) {
  files.push_back({std::string(kManifestName), manifest.bytes->size(), manifest.sha256});
  return ContentDigest(std::move(files));
}

StatusOr<std::unique_ptr<OpenedArtifact>> OpenedArtifact::OpenBundle(
    std::unique_ptr<Content> content, const OpenLimits& limits) {
  auto artifact = std::make_unique<OpenedArtifact>();
  artifact->content_ = std::move(content);
  auto manifest = artifact->content_->Read(std::string(kManifestName), kMaxManifestBytes);
  if (!manifest.ok()) return WithinModel(manifest.status());
  ASSIGN_OR_RETURN(artifact->manifest_, ParseManifest(manifest->bytes->text()));
  const std::vector<ManifestFile>& files = artifact->manifest_->files;
  RETURN_IF_ERROR(CheckTotal(files, limits.max_total_bytes));
  ASSIGN_OR_RETURN(Piece model, artifact->ReadListed(*artifact->manifest_->Find(kModelName)));
  RETURN_IF_ERROR(artifact->SetModel(std::move(model)));
  RETURN_IF_ERROR(artifact->CheckFileList());

  const auto& locations = artifact->info_.external_locations;
  for (const ManifestFile& file : files) {
    if (file.path == kModelName) continue;
    ASSIGN_OR_RETURN(Piece piece, artifact->ReadListed(file));
    if (std::find(locations.begin(), locations.end(), file.path) == locations.end()) continue;
    artifact->bytes_.external_data.push_back({file.path, artifact->Keep(std::move(piece))});
  }
  RETURN_IF_ERROR(CheckAgreement(artifact->manifest_->signature, artifact->signature_));
  ApplyManifest(*artifact->manifest_, artifact->signature_);
  artifact->digest_ = BundleDigest(files, *manifest);
  return artifact;
}

StatusOr<std::vector<Example>> OpenedArtifact::Examples(size_t limit) const {
  std::vector<Example> examples;
  if (!is_bundle()) return examples;
  const ReadRaw read_raw = [this](const std::string& path) -> StatusOr<Buffer> {
    const ManifestFile* file = manifest_->Find(path);
    if (!file) return Error(Reason::kBadModel, "\"{}\" is not listed in {}", path, kManifestName);
    ASSIGN_OR_RETURN(Piece piece, ReadListed(*file));
    const auto span = piece.bytes->span();
    return Buffer(span, std::move(piece.bytes));
  };
  for (const ManifestFile& file : manifest_->files) {
    if (examples.size() == limit) break;
    const std::string_view name = ExampleNameOf(file.path);
    if (name.empty()) continue;
    if (file.size_bytes > kMaxExampleBytes || examples.size() == kMaxExamples) {
      return Error(Reason::kBadModel, "\"{}\": expected at most {} examples of {} bytes", file.path,
                   kMaxExamples, kMaxExampleBytes);
    }
    ASSIGN_OR_RETURN(const Piece piece, ReadListed(file));
    ASSIGN_OR_RETURN(Example example, ParseExample(name, piece.bytes->text(), read_raw));
    RETURN_IF_ERROR(CheckExample(example, signature_));
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

StatusOr<std::unique_ptr<Artifact>> Open(const std::string& path, const std::string& root,
                                         const OpenLimits& limits, const std::string& answer) {
  ASSIGN_OR_RETURN(Located located, Locate(path, root, limits.max_total_bytes));
  located.content->Remember(limits.digests);
  const bool booster = answer == kBoosterAnswer;
  if (booster && located.kind != Located::Kind::kPlain) return NoBooster();
  auto artifact = located.kind == Located::Kind::kPlain
                      ? OpenedArtifact::OpenPlain(std::move(located), limits, booster)
                      : OpenedArtifact::OpenBundle(std::move(located.content), limits);
  RETURN_IF_ERROR(artifact.status());
  if (!booster) RETURN_IF_ERROR((*artifact)->Choose(answer));
  return *std::move(artifact);
}

}  // namespace slipway::bundle
