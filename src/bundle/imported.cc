#include "bundle/imported.h"

namespace slipway::bundle {
namespace {

bool IsTable(const TensorSpec& input) {
  return (input.dtype == DType::kFp32 || input.dtype == DType::kFp64) && !input.any_rank &&
         input.shape.size() == 2;
}

Signature StatedSignature(const importing::Imported& imported, const Signature& actual) {
  Signature stated = actual;
  if (stated.inputs.size() == 1) stated.inputs.front().any_number = IsTable(stated.inputs.front());
  for (TensorSpec& output : stated.outputs) {
    output.on_request = &output != &stated.outputs.front();
    const auto labels = imported.labels.find(output.name);
    if (labels != imported.labels.end()) output.labels = labels->second;
  }
  return stated;
}

}  // namespace

Manifest ManifestOf(const importing::Imported& imported, const Signature& actual,
                    const std::string& source_sha256) {
  Manifest manifest;
  manifest.signature = StatedSignature(imported, actual);
  if (!imported.features.empty()) manifest.feature_schema = RenderFeatures(imported.features);
  manifest.lineage["source_format"] = imported.format;
  manifest.lineage["source_sha256"] = source_sha256;
  if (!imported.framework.empty()) manifest.lineage["framework"] = imported.framework;
  if (!imported.framework_version.empty())
    manifest.lineage["framework_version"] = imported.framework_version;
  return manifest;
}

void ApplyManifest(const Manifest& manifest, Signature& signature) {
  for (TensorSpec& output : signature.outputs) {
    const auto index = IndexOf(manifest.signature.outputs, output.name);
    if (!index) continue;
    const TensorSpec& stated = manifest.signature.outputs[*index];
    if (!stated.labels.empty()) output.labels = stated.labels;
    output.on_request = stated.on_request;
  }
  for (TensorSpec& input : signature.inputs) {
    const auto index = IndexOf(manifest.signature.inputs, input.name);
    input.any_number = index && manifest.signature.inputs[*index].any_number && IsTable(input);
    if (!input.any_number) continue;
    input.columns = FeatureNames(manifest.feature_schema);
    if (static_cast<int64_t>(input.columns.size()) != input.shape[1]) input.columns.clear();
  }
}

}  // namespace slipway::bundle
