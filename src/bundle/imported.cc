#include "bundle/imported.h"

#include <algorithm>
#include <map>
#include <set>

namespace slipway::bundle {
namespace {

bool IsTable(const TensorSpec& input) {
  const bool values =
      input.dtype == DType::kFp32 || input.dtype == DType::kFp64 || input.dtype == DType::kBytes;
  return values && !input.any_rank && input.shape.size() == 2;
}

}  // namespace

Status ChooseAnswer(std::string_view outputs, Signature& signature) {
  if (outputs.empty()) return OkStatus();
  for (std::string_view rest = outputs;;) {
    const size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    if (IndexOf(signature.outputs, name)) {
      for (TensorSpec& output : signature.outputs) output.on_request = output.name != name;
      return OkStatus();
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::string has;
  for (const TensorSpec& output : signature.outputs)
    has += (has.empty() ? "" : ", ") + output.name.substr(0, 100);
  return Error(Reason::kBadModel, "expected the model to have the output {}, it has {}", outputs,
               has.substr(0, 1'000));
}

Signature EstimatorSignature(const Signature& actual,
                             const std::map<std::string, std::vector<std::string>>& labels) {
  Signature stated = actual;
  for (TensorSpec& input : stated.inputs) input.any_number = IsTable(input);
  for (TensorSpec& output : stated.outputs) {
    output.on_request = &output != &stated.outputs.front();
    const auto found = labels.find(output.name);
    if (found != labels.end()) output.labels = found->second;
  }
  return stated;
}

Manifest ManifestOf(const importing::Imported& imported, const Signature& actual,
                    const std::string& source_sha256) {
  Manifest manifest;
  manifest.signature = EstimatorSignature(actual, imported.labels);
  if (!imported.features.empty()) manifest.feature_schema = RenderFeatures(imported.features);
  manifest.lineage["source_format"] = imported.format;
  manifest.lineage["source_sha256"] = source_sha256;
  if (!imported.framework.empty()) manifest.lineage["framework"] = imported.framework;
  if (!imported.framework_version.empty())
    manifest.lineage["framework_version"] = imported.framework_version;
  return manifest;
}

Status ApplyFolderModel(const FolderModel& said, Manifest& manifest) {
  manifest.lineage.insert(said.lineage.begin(), said.lineage.end());
  RETURN_IF_ERROR(ChooseAnswer(said.answer, manifest.signature));
  if (said.columns.empty()) return OkStatus();
  const auto& inputs = manifest.signature.inputs;
  const bool is_table = inputs.size() == 1 && IsTable(inputs.front());
  if (is_table && inputs.front().shape[1] >= 0 &&
      inputs.front().shape[1] != static_cast<int64_t>(said.columns.size()))
    return Error(Reason::kBadModel, "{}: the signature has {} columns, the model takes {}",
                 kMlmodelName, said.columns.size(), inputs.front().shape[1]);
  std::set<std::string_view> names;
  for (const ColumnSpec& column : said.columns) names.insert(column.name);
  for (const TensorSpec& input : inputs) {
    if (!is_table && !input.optional && !names.contains(input.name))
      return Error(Reason::kBadModel,
                   "{}: the signature has no column \"{}\", which the model takes", kMlmodelName,
                   input.name);
  }
  manifest.feature_schema = RenderColumns(said.columns);
  return OkStatus();
}

namespace {

/// The first of each name, however many there are.
class ByName {
 public:
  explicit ByName(const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) specs_.emplace(spec.name, &spec);
  }
  const TensorSpec* Find(std::string_view name) const {
    const auto found = specs_.find(name);
    return found == specs_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string_view, const TensorSpec*> specs_;
};

bool IsMatrix(const TensorSpec& input) { return !input.any_rank && input.shape.size() == 2; }

/// A name for each column, or none.
std::vector<std::string> ColumnsOf(const std::vector<std::string>& names, const TensorSpec& input) {
  if (static_cast<int64_t>(names.size()) != input.shape[1]) return {};
  return names;
}

/// Which columns of `input` are among `times`; none when none is.
std::vector<bool> TimesOf(const TensorSpec& input, const std::set<std::string>& times) {
  if (times.empty()) return {};
  const auto is_time = [&](const std::string& name) { return times.contains(name); };
  std::vector<bool> which;
  if (input.shape[1] == 1)
    which.push_back(is_time(input.columns.empty() ? input.name : input.columns.front()));
  else
    std::ranges::transform(input.columns, std::back_inserter(which), is_time);
  if (std::ranges::find(which, true) == which.end()) which.clear();
  return which;
}

}  // namespace

void ApplyManifest(const Manifest& manifest, Signature& signature) {
  const std::set<std::string> times = TimeFeatures(manifest.feature_schema);
  signature.columns = DeclaredColumns(manifest.feature_schema);
  const ByName outputs(manifest.signature.outputs), inputs(manifest.signature.inputs);
  for (TensorSpec& output : signature.outputs) {
    const TensorSpec* const stated = outputs.Find(output.name);
    if (stated == nullptr) continue;
    if (!stated->labels.empty()) output.labels = stated->labels;
    output.on_request = stated->on_request;
  }
  const std::vector<std::string> names = FeatureNames(manifest.feature_schema);
  const bool one = std::ranges::count(signature.inputs, false, &TensorSpec::optional) == 1;
  for (TensorSpec& input : signature.inputs) {
    const TensorSpec* const stated = inputs.Find(input.name);
    input.any_number = stated != nullptr && stated->any_number && IsTable(input);
    if (one && !input.optional && IsMatrix(input)) input.columns = ColumnsOf(names, input);
    if (input.any_number && input.dtype == DType::kFp64) input.times = TimesOf(input, times);
  }
}

}  // namespace slipway::bundle
