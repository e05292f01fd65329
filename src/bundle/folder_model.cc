#include "bundle/folder_model.h"

#include <filesystem>
#include <set>

#include "bundle/json_fields.h"
#include "bundle/manifest.h"
#include "io/beneath.h"
#include "text/yaml_tree.h"

namespace slipway::bundle {
namespace {

constexpr size_t kMaxColumns = 1'000'000;
constexpr size_t kMaxQuotedBytes = 100;

constexpr std::string_view kFlavors[] = {"sklearn", "xgboost", "lightgbm", "catboost", "onnx"};

std::string TextOf(const YamlNode* node) {
  return node == nullptr || node->kind != YamlNode::Kind::kScalar ? "" : node->text;
}

/// "sklearn, python_function": what the model can be loaded as.
std::string FlavorsOf(const YamlNode& flavors) {
  std::string names;
  for (size_t i = 0; i + 1 < flavors.items.size() && names.size() < 10 * kMaxQuotedBytes; i += 2)
    names += (names.empty() ? "" : ", ") + flavors.items[i].text.substr(0, kMaxQuotedBytes);
  return names;
}

/// The columns of a schema; none when it is made of tensors, or a column has no name: then places
/// decide.
class SchemaReader {
 public:
  explicit SchemaReader(std::string_view json) : reader_(json) {}

  StatusOr<std::vector<ColumnSpec>> Read() {
    RETURN_IF_ERROR(ReadArray(reader_, kMaxColumns, [this] { return ReadColumn(); }));
    RETURN_IF_ERROR(reader_.End());
    if (!are_columns_) columns_.clear();
    return std::move(columns_);
  }

 private:
  Status ReadColumn() {
    std::string name, type;
    RETURN_IF_ERROR(ReadObject(reader_, [&](std::string_view key) -> StatusOr<bool> {
      if (key == "name") return Consumed(reader_.ReadString(&name));
      if (key == "type") return Consumed(reader_.ReadString(&type));
      return false;
    }));
    are_columns_ &= type != "tensor" && !name.empty();
    if (type == "tensor") return OkStatus();
    const auto kind = KindOf(type);
    if (!kind)
      return Error(Reason::kUnsupported,
                   "column \"{}\" has type \"{}\": expected boolean, integer, long, float, double "
                   "or string",
                   name.substr(0, kMaxQuotedBytes), type.substr(0, kMaxQuotedBytes));
    if (!name.empty() && !names_.insert(name).second)
      return Error(Reason::kBadRequest, "column \"{}\" occurs twice",
                   name.substr(0, kMaxQuotedBytes));
    columns_.push_back({std::move(name), *kind});
    return OkStatus();
  }

  JsonReader reader_;
  std::vector<ColumnSpec> columns_;
  std::set<std::string> names_;
  bool are_columns_ = true;
};

Status ReadSignature(const YamlNode& document, FolderModel& model) {
  const YamlNode* signature = document.Find("signature");
  if (signature == nullptr) return OkStatus();
  const std::string inputs = TextOf(signature->Find("inputs"));
  if (inputs.empty()) return OkStatus();
  auto columns = SchemaReader(inputs).Read();
  if (!columns.ok()) return Annotate(columns.status(), "signature: inputs");
  model.columns = *std::move(columns);
  return OkStatus();
}

/// The file that the flavor is kept in.
Status ReadFile(const YamlNode& flavor, FolderModel& model) {
  const std::string_view key = model.flavor == "sklearn" ? "pickled_model" : "data";
  model.file = TextOf(flavor.Find(key));
  if (model.file.empty() && model.flavor == "onnx") model.file = "model.onnx";
  const Status fine = io::CheckRelativeName(model.file);
  return fine.ok() ? fine : Annotate(fine, fmt::format("flavors: {}: {}", model.flavor, key));
}

/// What the scoring server answers with is what `predict` of the flavor python_function gives.
void ReadAnswer(const YamlNode& flavor, const YamlNode* python, FolderModel& model) {
  if (python != nullptr) model.answer = TextOf(python->Find("predict_fn"));
  if (model.flavor != "xgboost" && model.flavor != "lightgbm") return;
  // Before it was written down, no other class could be saved.
  const std::string model_class = TextOf(flavor.Find("model_class"));
  model.booster = model_class.empty() || model_class.ends_with(".Booster");
}

Status ReadFlavors(const YamlNode& document, FolderModel& model) {
  const YamlNode* flavors = document.Find("flavors");
  if (flavors == nullptr || flavors->kind != YamlNode::Kind::kMapping)
    return Error(Reason::kBadModel, "expected flavors, got none");
  const YamlNode* python = flavors->Find("python_function");
  for (const std::string_view name : kFlavors) {
    const YamlNode* flavor = flavors->Find(name);
    if (flavor == nullptr) continue;
    model.flavor = name;
    ReadAnswer(*flavor, python, model);
    return ReadFile(*flavor, model);
  }
  const std::string loader =
      python == nullptr ? "" : TextOf(python->Find("loader_module")).substr(0, kMaxQuotedBytes);
  if (loader == "mlflow.pyfunc.model")
    return Error(Reason::kUnsupported,
                 "the model is Python code of its own, which does not run here: save the trained "
                 "model in it with a flavor of its framework, such as mlflow.sklearn.save_model");
  return Error(Reason::kUnsupported,
               "expected one of the flavors sklearn, xgboost, lightgbm, catboost and onnx, got {}",
               FlavorsOf(*flavors));
}

void ReadLineage(const YamlNode& document, FolderModel& model) {
  model.lineage["source"] = "MLflow";
  for (const std::string_view key : {"mlflow_version", "run_id", "model_id", "utc_time_created"})
    if (std::string text = TextOf(document.Find(key)); !text.empty())
      model.lineage[key == "mlflow_version" ? std::string(key) : fmt::format("mlflow_{}", key)] =
          text.substr(0, kMaxQuotedBytes);
}

/// A text, or nothing where it is null.
Status ReadText(JsonReader& reader, std::string* out) {
  ASSIGN_OR_RETURN(const bool null, reader.TryNull());
  return null ? OkStatus() : reader.ReadString(out);
}

Status ReadParameters(JsonReader& reader, ModelSettings& settings) {
  ASSIGN_OR_RETURN(const bool null, reader.TryNull());
  if (null) return OkStatus();
  const auto read_extra = [&]() -> Status {
    ASSIGN_OR_RETURN(const bool none, reader.TryNull());
    if (none) return OkStatus();
    return ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
      if (key != "predict_fn") return false;
      return Consumed(ReadText(reader, &settings.predict_fn));
    });
  };
  return ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "uri") return Consumed(ReadText(reader, &settings.uri));
    if (key == "version") return Consumed(ReadText(reader, &settings.version));
    if (key == "extra") return Consumed(read_extra());
    return false;
  });
}

}  // namespace

StatusOr<FolderModel> ParseMlmodel(std::string_view text) {
  const auto document = ParseYaml(text, kMlmodelName);
  if (!document.ok()) return MakeError(Reason::kBadModel, MessageOf(document.status()));
  FolderModel model;
  const auto read = [&]() -> Status {
    RETURN_IF_ERROR(ReadFlavors(*document, model));
    RETURN_IF_ERROR(ReadSignature(*document, model));
    ReadLineage(*document, model);
    return OkStatus();
  };
  RETURN_IF_ERROR(AsBadModel(read(), kMlmodelName));
  return model;
}

StatusOr<ModelSettings> ParseModelSettings(std::string_view json) {
  ModelSettings settings;
  JsonReader reader(json);
  Status read = ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "name") return Consumed(ReadText(reader, &settings.name));
    if (key == "implementation") return Consumed(ReadText(reader, &settings.implementation));
    if (key == "parameters") return Consumed(ReadParameters(reader, settings));
    if (key == "max_batch_size" || key == "parallel_workers") settings.ignored.emplace_back(key);
    return false;
  });
  if (read.ok()) read = reader.End();
  RETURN_IF_ERROR(AsBadModel(read, kModelSettingsName));
  return settings;
}

Runtime RuntimeOf(std::string_view implementation) {
  constexpr Runtime kRuntimes[] = {
      {"mlserver_sklearn.SKLearnModel", "sklearn", {"model.joblib", "model.pickle", "model.pkl"}},
      {"mlserver_xgboost.XGBoostModel", "xgboost", {"model.bst", "model.json", "model.ubj"}},
      {"mlserver_lightgbm.LightGBMModel", "lightgbm", {"model.bst"}},
      {"mlserver_catboost.CatboostModel", "catboost", {"model.cbm", "model.bin"}},
      {"mlserver_mlflow.MLflowRuntime", "", {}},
  };
  for (const Runtime& runtime : kRuntimes)
    if (runtime.implementation == implementation) return runtime;
  return {};
}

FolderModel ModelSettings::folder_model() const {
  FolderModel model{.flavor = std::string(RuntimeOf(implementation).flavor),
                    .file = uri,
                    .answer = predict_fn,
                    .booster = implementation == "mlserver_lightgbm.LightGBMModel"};
  model.lineage["source"] = "MLServer";
  return model;
}

std::string ModelSettings::PlaceBeneath(const std::string& folder) const {
  const auto base = std::filesystem::absolute(folder).lexically_normal();
  const auto place = (base / uri / "").lexically_normal().parent_path().lexically_relative(base);
  return place.empty() || *place.begin() == ".." ? "" : place.string();
}

}  // namespace slipway::bundle
