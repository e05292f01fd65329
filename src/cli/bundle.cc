#include <fmt/format.h>

#include <algorithm>

#include "bundle/artifact.h"
#include "bundle/attestation.h"
#include "bundle/difference.h"
#include "bundle/example.h"
#include "bundle/json_fields.h"
#include "bundle/manifest.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace slipway::cli {
namespace {

constexpr size_t kMaxShownBytes = 160;

/// On one line.
std::string Shortened(std::string text, size_t max_bytes = kMaxShownBytes) {
  std::ranges::replace_if(text, [](char c) { return c >= 0 && c < ' '; }, ' ');
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return text.substr(0, end) + "…";
}

// ---- show

struct Shown {
  std::unique_ptr<bundle::Artifact> artifact;
  std::vector<bundle::Attestation> attestations;

  const bundle::Manifest& manifest() const { return *artifact->manifest(); }
};

StatusOr<Shown> Open(const std::string& path) {
  Shown shown;
  ASSIGN_OR_RETURN(shown.artifact, bundle::Open(path));
  if (!shown.artifact->is_bundle())
    return Error(
        Reason::kBadRequest,
        "{} is a model and no bundle: slipway inspect tells what it is, slipway bundle pack "
        "makes one",
        path);
  ASSIGN_OR_RETURN(shown.attestations, bundle::FindAttestations(path));
  return shown;
}

class Page {
 public:
  /// One line; the title stands on the first of several of the same.
  void Line(std::string_view title, const std::string& text, size_t max_bytes = kMaxShownBytes) {
    text_ += fmt::format("{:<13}{}\n", title == last_ ? "" : title, Shortened(text, max_bytes));
    last_ = title;
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  std::string last_;
};

void AddTensors(Page& page, std::string_view title, const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs) {
    const bool takes_numbers = spec.any_number && spec.dtype != DType::kBytes;
    page.Line(title, fmt::format("{}  {}{}{}{}", spec.name, ToString(spec.dtype, spec.shape),
                                 spec.optional ? ", optional" : "",
                                 takes_numbers ? ", numbers of any type" : "",
                                 spec.on_request ? ", on request" : ""));
    if (!spec.labels.empty())
      page.Line(title,
                fmt::format("  {} labels: {}", spec.labels.size(), fmt::join(spec.labels, ", ")));
  }
}

/// "age  type: \"number\"  range: [17,90]", a line a feature; what else the schema says.
Status AddSchema(Page& page, std::string_view schema) {
  if (schema.empty()) return OkStatus();
  JsonReader reader(schema);
  const auto add_feature = [&]() -> Status {
    std::string name, rest;
    RETURN_IF_ERROR(ReadObject(reader, [&](const std::string& key) -> StatusOr<bool> {
      ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
      if (key == "name" && type == JsonType::kString) return Consumed(reader.ReadString(&name));
      std::string_view raw;
      RETURN_IF_ERROR(reader.Skip(&raw));
      rest += fmt::format("  {}: {}", key, raw);
      return true;
    }));
    page.Line("features", name + rest);
    return OkStatus();
  };
  return ReadObject(reader, [&](const std::string& key) -> StatusOr<bool> {
    ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
    if (key == "features" && type == JsonType::kArray) {
      RETURN_IF_ERROR(reader.BeginArray());
      while (true) {
        ASSIGN_OR_RETURN(const bool more, reader.NextElement());
        if (!more) return true;
        ASSIGN_OR_RETURN(const JsonType element, reader.Peek());
        RETURN_IF_ERROR(element == JsonType::kObject ? add_feature() : reader.Skip());
      }
    }
    std::string_view raw;
    RETURN_IF_ERROR(reader.Skip(&raw));
    page.Line("schema", fmt::format("{}: {}", key, raw));
    return true;
  });
}

void AddAttestations(Page& page, const Shown& shown) {
  for (const bundle::Attestation& each : shown.attestations) {
    const bool stale = each.model != shown.artifact->digest();
    page.Line("attested",
              fmt::format("{}{}  {}{}{}", each.kind,
                          stale ? fmt::format(", of another bundle: {}", each.model) : "",
                          each.path, each.page.empty() ? "" : ", ", each.page),
              SIZE_MAX);
  }
}

StatusOr<std::string> ToText(const std::string& path, const Shown& shown) {
  const bundle::Manifest& manifest = shown.manifest();
  Page page;
  page.Line("bundle", path, SIZE_MAX);
  if (!manifest.name.empty()) page.Line("name", manifest.name);
  page.Line("digest", shown.artifact->digest());
  AddTensors(page, "inputs", shown.artifact->signature().inputs);
  AddTensors(page, "outputs", shown.artifact->signature().outputs);
  RETURN_IF_ERROR(AddSchema(page, manifest.feature_schema));
  for (const auto& [key, value] : manifest.lineage)
    page.Line("lineage", fmt::format("{}: {}", key, value));
  if (!manifest.licence.empty()) page.Line("licence", manifest.licence);
  if (!manifest.intended_use.empty()) page.Line("intended use", manifest.intended_use);
  for (const bundle::ManifestFile& file : manifest.files)
    page.Line("files", fmt::format("{}  {} bytes  sha256:{}", file.path,
                                   WithThousands(file.size_bytes), file.sha256));
  AddAttestations(page, shown);
  return page.Take();
}

std::string ToJson(const std::string& path, const Shown& shown) {
  const bundle::Manifest& manifest = shown.manifest();
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("bundle").String(path).Key("digest").String(shown.artifact->digest());
  json.Key("manifest").Raw(bundle::RenderManifest(manifest));
  json.Key("attestations").BeginArray();
  for (const bundle::Attestation& each : shown.attestations) {
    json.BeginObject().Key("kind").String(each.kind).Key("path").String(each.path);
    if (!each.page.empty()) json.Key("page").String(each.page);
    json.Key("model").String(each.model);
    json.Key("of_this_bundle").Bool(each.model == shown.artifact->digest()).EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

StatusOr<std::string> Show(const Arguments& arguments) {
  const std::string path = arguments.Text("BUNDLE");
  ASSIGN_OR_RETURN(const Shown shown, Open(path));
  if (arguments.Flag("--json")) return ToJson(path, shown);
  return ToText(path, shown);
}

int RunShow(const Arguments& arguments) {
  const auto text = Show(arguments);
  if (!text.ok()) return Fail("bundle show", text.status());
  const Status written = WriteResult("", *text);
  return written.ok() ? kDone : Fail("bundle show", written);
}

// ---- diff

struct Compared {
  std::string digest_a, digest_b;
  std::vector<bundle::Difference> differences;
};

StatusOr<Compared> CompareModels(const std::string& a, const std::string& b) {
  ASSIGN_OR_RETURN(const auto artifact_a, bundle::Open(a));
  ASSIGN_OR_RETURN(const auto artifact_b, bundle::Open(b));
  Compared compared{artifact_a->digest(), artifact_b->digest(), {}};
  ASSIGN_OR_RETURN(compared.differences, bundle::Differences(*artifact_a, *artifact_b));
  return compared;
}

/// diff's own form: what only the first says after "-", what only the second says after "+".
std::string ToText(const std::string& a, const std::string& b, const Compared& compared) {
  if (compared.differences.empty()) return "";
  std::string text =
      fmt::format("--- {}  {}\n+++ {}  {}\n", a, compared.digest_a, b, compared.digest_b);
  for (const bundle::Difference& each : compared.differences) {
    text += Shortened(fmt::format("{}{}{}", each.part, each.name.empty() ? "" : " ", each.name));
    text += '\n';
    if (!each.a.empty()) text += fmt::format("- {}\n", Shortened(each.a));
    if (!each.b.empty()) text += fmt::format("+ {}\n", Shortened(each.b));
  }
  return text;
}

std::string ToJson(const std::string& a, const std::string& b, const Compared& compared) {
  std::string text;
  JsonWriter json(text);
  const auto side = [&json](std::string_view key, const std::string& path,
                            const std::string& digest) {
    json.Key(key).BeginObject().Key("path").String(path).Key("digest").String(digest).EndObject();
  };
  json.BeginObject().Key("equal").Bool(compared.differences.empty());
  side("a", a, compared.digest_a);
  side("b", b, compared.digest_b);
  json.Key("differences").BeginArray();
  for (const bundle::Difference& each : compared.differences)
    json.BeginObject()
        .Key("part")
        .String(each.part)
        .Key("name")
        .String(each.name)
        .Key("a")
        .String(each.a)
        .Key("b")
        .String(each.b)
        .EndObject();
  json.EndArray().EndObject();
  return text + "\n";
}

int RunDiff(const Arguments& arguments) {
  const std::string a = arguments.Text("A"), b = arguments.Text("B");
  const auto compared = CompareModels(a, b);
  if (!compared.ok()) return Fail("bundle diff", compared.status(), /*usage=*/true);
  const Status written =
      WriteResult("", arguments.Flag("--json") ? ToJson(a, b, *compared) : ToText(a, b, *compared));
  if (!written.ok()) return Fail("bundle diff", written, /*usage=*/true);
  return compared->differences.empty() ? kDone : kFailed;
}

}  // namespace

Command BundleShowCommand() {
  return {"bundle show",
          "Tells what a bundle says of its model, its files, and what was attested of it.",
          "slipway bundle show examples/models/digits/1",
          {{"BUNDLE", "", "A bundle: folder or tar.", /*required=*/true}, JsonOption()},
          RunShow};
}

Command BundleDiffCommand() {
  return {"bundle diff",
          "Tells what differs between two models: exit code 0 nothing, 1 something, 2 it cannot be "
          "told.",
          "slipway bundle diff churn-1.slipway churn-2.slipway",
          {{"A", "", "A bundle, or another model that slipway inspect takes.", /*required=*/true},
           {"B", "", "The one to compare it with.", /*required=*/true},
           JsonOption()},
          RunDiff};
}

}  // namespace slipway::cli
