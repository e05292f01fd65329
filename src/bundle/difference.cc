#include "bundle/difference.h"

#include <fmt/format.h>

#include <map>

#include "bundle/json_fields.h"
#include "bundle/manifest.h"
#include "io/digest.h"
#include "onnx/graph_facts.h"

namespace slipway::bundle {
namespace {

using Facts = std::map<std::string, std::string>;

/// What a model says in one of its parts.
struct Part {
  std::string_view name;
  Facts facts;
};

std::string SpecFact(const TensorSpec& spec) {
  std::string fact = ToString(spec.dtype, spec.shape);
  if (spec.optional) fact += ", optional";
  if (spec.any_number) fact += ", any number";
  if (spec.on_request) fact += ", on request";
  return fact;
}

Facts SpecFacts(const std::vector<TensorSpec>& specs) {
  Facts facts;
  for (const TensorSpec& spec : specs) facts[spec.name] = SpecFact(spec);
  return facts;
}

Facts LabelFacts(const Signature& signature) {
  Facts facts;
  for (const TensorSpec& output : signature.outputs)
    if (!output.labels.empty())
      facts[output.name] = fmt::format("{}", fmt::join(output.labels, ", "));
  return facts;
}

Status AddFeature(JsonReader& reader, size_t index, Facts& features) {
  std::string_view raw;
  RETURN_IF_ERROR(reader.Skip(&raw));
  std::string name;
  JsonReader feature(raw);
  const Status named = ReadObject(feature, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "name") return Consumed(feature.ReadString(&name));
    return false;
  });
  if (!named.ok() || name.empty() || features.contains(name)) name = fmt::format("#{}", index);
  features[name] = raw;
  return OkStatus();
}

/// Features by their names, and what else stands in the schema by its field.
Status AddSchema(std::string_view schema, Facts& features, Facts& rest) {
  if (schema.empty()) return OkStatus();
  JsonReader reader(schema);
  return ReadObject(reader, [&](const std::string& key) -> StatusOr<bool> {
    ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
    if (key == "features" && type == JsonType::kArray) {
      size_t index = 0;
      return Consumed(
          ReadArray(reader, SIZE_MAX, [&] { return AddFeature(reader, index++, features); }));
    }
    std::string_view raw;
    RETURN_IF_ERROR(reader.Skip(&raw));
    rest[key] = raw;
    return true;
  });
}

Facts One(std::string_view text) { return text.empty() ? Facts() : Facts{{"", std::string(text)}}; }

Facts ExampleFacts(const Manifest& manifest) {
  Facts facts;
  for (const ManifestFile& file : manifest.files)
    if (file.path.starts_with(kExamplesPrefix))
      facts[file.path.substr(kExamplesPrefix.size())] = "sha256:" + file.sha256;
  return facts;
}

StatusOr<std::vector<Part>> PartsOf(const Artifact& artifact) {
  const Manifest none;
  const Manifest& manifest = artifact.manifest() ? *artifact.manifest() : none;
  Facts features, schema;
  RETURN_IF_ERROR(AddSchema(manifest.feature_schema, features, schema));
  ASSIGN_OR_RETURN(onnx::GraphFacts graph, onnx::FactsOf(artifact.bytes()));
  return std::vector<Part>{
      {"name", One(manifest.name)},
      {"input", SpecFacts(artifact.signature().inputs)},
      {"output", SpecFacts(artifact.signature().outputs)},
      {"labels", LabelFacts(artifact.signature())},
      {"feature", std::move(features)},
      {"schema", std::move(schema)},
      {"operator set", std::move(graph.operator_sets)},
      {"node", std::move(graph.nodes)},
      {"attribute", std::move(graph.attributes)},
      {"weight", std::move(graph.weights)},
      {"function", std::move(graph.functions)},
      {"lineage", manifest.lineage},
      {"licence", One(manifest.licence)},
      {"intended use", One(manifest.intended_use)},
      {"example", ExampleFacts(manifest)},
  };
}

void AddDifferences(std::string_view part, const Facts& a, const Facts& b,
                    std::vector<Difference>& differences) {
  Facts all = a;
  all.insert(b.begin(), b.end());
  const auto of = [](const Facts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string() : found->second;
  };
  for (const auto& [name, unused] : all)
    if (of(a, name) != of(b, name)) differences.push_back({part, name, of(a, name), of(b, name)});
}

/// The model's own file, external data too.
Facts FileFacts(const Artifact& artifact) {
  Facts facts = {{std::string(kModelName), "sha256:" + io::Sha256Hex(artifact.bytes().model)}};
  for (const auto& [name, bytes] : artifact.bytes().external_data)
    facts[name] = "sha256:" + io::Sha256Hex(bytes);
  return facts;
}

}  // namespace

StatusOr<std::vector<Difference>> Differences(const Artifact& a, const Artifact& b) {
  std::vector<Difference> differences;
  if (a.digest() == b.digest()) return differences;
  ASSIGN_OR_RETURN(const std::vector<Part> parts_a, PartsOf(a));
  ASSIGN_OR_RETURN(const std::vector<Part> parts_b, PartsOf(b));
  for (size_t i = 0; i < parts_a.size(); ++i)
    AddDifferences(parts_a[i].name, parts_a[i].facts, parts_b[i].facts, differences);
  if (differences.empty()) AddDifferences("file", FileFacts(a), FileFacts(b), differences);
  if (differences.empty())
    differences.push_back({"file", std::string(kManifestName), a.digest(), b.digest()});
  return differences;
}

}  // namespace slipway::bundle
