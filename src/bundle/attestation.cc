#include "bundle/attestation.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "bundle/json_fields.h"
#include "io/beneath.h"
#include "io/durable_write.h"

namespace slipway::bundle {
namespace {

constexpr uint64_t kMaxAttestationBytes = uint64_t{64} << 20;
constexpr size_t kMaxNeighbours = 1'000'000;
constexpr std::string_view kEnding = ".json", kPageEnding = ".html";
constexpr std::string_view kDigestPrefix = "sha256:";

bool IsKind(std::string_view kind) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !kind.empty() && is_lower(kind.front()) && std::ranges::all_of(kind, [&](char c) {
    return is_lower(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

/// The digest that the report names.
StatusOr<std::string> ModelOf(std::string_view report) {
  std::string model;
  JsonReader reader(report);
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "model") return Consumed(reader.ReadString(&model));
    return false;
  }));
  RETURN_IF_ERROR(reader.End());
  if (model.starts_with(kDigestPrefix) && io::IsSha256Hex(model.substr(kDigestPrefix.size())))
    return model;
  return Error(Reason::kBadRequest, "field \"model\": expected a digest, got \"{}\"", model);
}

std::string_view WithoutSlashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// "evaluation" of "churn.slipway.evaluation.json"; "" for what is no attestation's name.
std::string_view KindOfName(std::string_view name, std::string_view bundle_name) {
  if (!name.starts_with(bundle_name) || !name.ends_with(kEnding)) return {};
  name.remove_prefix(bundle_name.size());
  if (!name.starts_with('.') || name.size() <= kEnding.size()) return {};
  name = name.substr(1, name.size() - 1 - kEnding.size());
  return IsKind(name) ? name : std::string_view();
}

}  // namespace

std::string AttestationPath(std::string_view bundle, std::string_view kind,
                            std::string_view ending) {
  return fmt::format("{}.{}.{}", WithoutSlashes(bundle), kind, ending);
}

std::string_view AttestedBundle(std::string_view name) {
  for (const std::string_view ending : {kEnding, kPageEnding}) {
    if (!name.ends_with(ending)) continue;
    const std::string_view stem = name.substr(0, name.size() - ending.size());
    const size_t dot = stem.rfind('.');
    if (dot != std::string_view::npos && IsKind(stem.substr(dot + 1))) return stem.substr(0, dot);
  }
  return {};
}

Status WriteAttestation(std::string_view bundle, std::string_view kind, std::string_view report,
                        std::string_view page, io::FileSystem& system) {
  if (!IsKind(kind))
    return Error(Reason::kBadRequest, "attestation: expected a kind [a-z][a-z0-9-]*, got \"{}\"",
                 kind);
  if (const auto model = ModelOf(report); !model.ok())
    return Annotate(model.status(), fmt::format("attestation \"{}\"", kind));
  constexpr auto kReplace = io::DurableFile::Existing::kReplace;
  if (!page.empty())
    RETURN_IF_ERROR(
        io::WriteDurably(AttestationPath(bundle, kind, "html"), page, kReplace, system));
  return io::WriteDurably(AttestationPath(bundle, kind), report, kReplace, system);
}

StatusOr<std::vector<Attestation>> FindAttestations(std::string_view bundle) {
  const std::filesystem::path path(WithoutSlashes(bundle));
  const std::string folder_path = path.has_parent_path() ? path.parent_path().string() : ".";
  const std::string bundle_name = path.filename().string();
  ASSIGN_OR_RETURN(const io::Folder folder, io::Folder::Open(folder_path));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.List(kMaxNeighbours));
  const std::set<std::string_view> there(names.begin(), names.end());
  std::vector<Attestation> found;
  for (const std::string_view name : there) {
    const std::string_view kind = KindOfName(name, bundle_name);
    if (kind.empty()) continue;
    const auto file = folder.OpenFile(name);
    if (!file.ok()) continue;
    const auto report = file->ReadAll(kMaxAttestationBytes);
    if (!report.ok()) continue;
    auto model = ModelOf(report->text());
    if (!model.ok()) continue;
    const bool has_page = there.contains(fmt::format("{}.{}.html", bundle_name, kind));
    found.push_back({std::string(kind), AttestationPath(bundle, kind), *std::move(model),
                     has_page ? AttestationPath(bundle, kind, "html") : ""});
  }
  return found;
}

}  // namespace slipway::bundle
