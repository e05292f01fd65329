#include "import/sklearn/sklearn.h"

#include <algorithm>
#include <set>

#include "import/graph.h"
#include "import/sklearn/globals.h"
#include "import/sklearn/input_columns.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/writer.h"

namespace slipway::importing {
namespace sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

bool IsEstimator(const Value& value) {
  return value.is(Kind::kObject) && FindEstimator(value.module(), value.name()) != nullptr;
}

/// The estimator of the file: its root, or the only one in a dict, list or tuple at its root.
StatusOr<State> FindRoot(const Value& root, Budget* budget, std::vector<std::string>* warnings) {
  if (root.is(Kind::kObject)) return State::Of(root, "", budget);
  std::optional<size_t> found;
  const bool container = root.is(Kind::kDict) || root.is(Kind::kList) || root.is(Kind::kTuple);
  for (size_t i = 0; container && i < root.size(); ++i) {
    if (!IsEstimator(root.at(i))) continue;
    if (found)
      return Error(Reason::kUnsupported,
                   "the file: expected one estimator, got {} with {} and {}; join them in a "
                   "Pipeline",
                   KindName(root.kind()), root.at(*found).name(), root.at(i).name());
    found = i;
  }
  if (!found)
    return Error(Reason::kUnsupported, "the file: expected a fitted estimator, got {}",
                 Describe(root));
  if (root.size() > 1)
    warnings->push_back(fmt::format("The file holds {} things; only {} is used.", root.size(),
                                    root.at(*found).name()));
  return State::Of(root.at(*found), "", budget);
}

/// One input while all columns are numbers, or while all are text without names.
Table AddInputs(Graph& graph, std::vector<ColumnUse>& uses) {
  const auto columns = static_cast<int64_t>(uses.size());
  const auto texts = std::count_if(uses.begin(), uses.end(), [](auto& use) { return use.text; });
  const bool named = !uses.front().name.empty();
  if (texts == 0) return Table({graph.Input("input", DType::kFp64, columns)}, &uses);
  if (texts == columns && !named)
    return Table({graph.Input("input", DType::kBytes, columns)}, &uses);
  std::vector<Matrix> parts;
  for (size_t i = 0; i < uses.size(); ++i) {
    const std::string name = named ? uses[i].name : fmt::format("x{}", i);
    const DType dtype = uses[i].text ? DType::kBytes : DType::kFp64;
    parts.push_back(uses[i].used ? graph.Input(name, dtype, 1) : Matrix{"", DType::kFp64, 1});
  }
  return Table(std::move(parts), &uses);
}

void AddVector(Graph& graph, std::string_view name, const Matrix& column) {
  graph.Output(name, Squeeze(graph, column), column.dtype, {-1});
}

void AddMatrix(Graph& graph, std::string_view name, const Matrix& matrix) {
  graph.Output(name, matrix.value, matrix.dtype, {-1, matrix.columns});
}

void AddScores(Graph& graph, const Outputs& outputs, Imported& imported) {
  if (outputs.proba) {
    AddMatrix(graph, "predict_proba", *outputs.proba);
    if (outputs.classes.size() != 0) imported.labels["predict_proba"] = outputs.classes.Names();
  } else if (outputs.decision && outputs.decision->columns == 1) {
    AddVector(graph, "decision_function", *outputs.decision);
  } else if (outputs.decision) {
    AddMatrix(graph, "decision_function", *outputs.decision);
    if (outputs.decision->columns == outputs.classes.size())
      imported.labels["decision_function"] = outputs.classes.Names();
  }
}

/// Their labels side by side, [n, targets], and the probabilities of each.
Status AddTargets(Graph& graph, const Outputs& outputs, const State& root, Imported& imported) {
  std::vector<Matrix> columns;
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  for (size_t i = 0; i < outputs.targets.size(); ++i) {
    const Target& target = outputs.targets[i];
    const DType dtype = target.classes.dtype;
    if (dtype != outputs.targets.front().classes.dtype)
      return root.Unsupported("targets whose classes are of different types: {} and {}",
                              NameOf(outputs.targets.front().classes.dtype), NameOf(dtype));
    const std::string labels = graph.Add("Gather", {target.classes.Constant(graph), target.label});
    columns.push_back({graph.Add("Unsqueeze", {labels, axis}), dtype, 1});
    if (!target.proba) continue;
    const std::string name = fmt::format("predict_proba_{}", i);
    AddMatrix(graph, name, *target.proba);
    imported.labels[name] = target.classes.Names();
  }
  AddMatrix(graph, "predict", graph.Concat(columns));
  AddScores(graph, outputs, imported);
  return OkStatus();
}

Status AddTransform(Graph& graph, const Outputs& outputs, const State& root) {
  const auto& parts = outputs.transform->parts();
  if (parts.empty()) return root.Unsupported("no column is left");
  outputs.transform->MarkUsed();
  const bool is_text = std::all_of(parts.begin(), parts.end(),
                                   [](const Matrix& part) { return part.dtype == DType::kBytes; });
  if (parts.size() != 1 && is_text) {
    AddMatrix(graph, "transform", graph.Concat(parts));
  } else if (parts.size() != 1) {
    ASSIGN_OR_RETURN(const Matrix whole, outputs.transform->Numbers(graph, root.Title()));
    AddMatrix(graph, "transform", whole);
  } else if (outputs.transform_is_vector) {
    AddVector(graph, "transform", parts.front());
  } else {
    AddMatrix(graph, "transform", parts.front());
  }
  return OkStatus();
}

Status AddOutputs(Graph& graph, const Outputs& outputs, const State& root, Imported& imported) {
  switch (outputs.kind) {
    case EstimatorKind::kClassifier:
      if (!outputs.targets.empty()) return AddTargets(graph, outputs, root, imported);
      if (outputs.predict) {
        AddMatrix(graph, "predict", *outputs.predict);
        AddScores(graph, outputs, imported);
        return OkStatus();
      }
      graph.Output("predict", graph.Add("Gather", {outputs.classes.Constant(graph), outputs.label}),
                   outputs.classes.dtype, {-1});
      AddScores(graph, outputs, imported);
      return OkStatus();
    case EstimatorKind::kRegressor:
      if (outputs.predict_is_vector)
        AddVector(graph, "predict", *outputs.predict);
      else
        AddMatrix(graph, "predict", *outputs.predict);
      return OkStatus();
    case EstimatorKind::kOutlierDetector:
    case EstimatorKind::kClusterer:
      graph.Output("predict", outputs.label, DType::kInt64, {-1});
      AddScores(graph, outputs, imported);
      if (!outputs.transform) return OkStatus();
      return AddTransform(graph, outputs, root);
    case EstimatorKind::kTransformer:
      return AddTransform(graph, outputs, root);
    case EstimatorKind::kMeta:
      break;
  }
  return root.Bad("expected an estimator that predicts or transforms");
}

Status CheckNames(const State& root, const std::vector<ColumnUse>& uses) {
  std::set<std::string_view> names = {"predict", "predict_proba", "decision_function", "transform"};
  for (const ColumnUse& use : uses)
    if (!names.insert(use.name).second || use.name.starts_with("predict_proba_"))
      return root.Unsupported(
          "column \"{}\": expected names that are unique and not those of outputs", use.name);
  return OkStatus();
}

/// Whether the columns that hold text are known now: then it is time for the second pass.
StatusOr<bool> WritePass(const State& root, size_t max_bytes, std::vector<ColumnUse>& uses,
                         Imported& imported) {
  const auto texts = [&] {
    return std::count_if(uses.begin(), uses.end(), [](auto& use) { return use.text; });
  };
  const auto texts_before = texts();
  Graph graph(max_bytes);
  Writer writer(graph);
  const Table input = AddInputs(graph, uses);
  const bool one_input = input.parts().size() == 1;
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(root, input));
  RETURN_IF_ERROR(AddOutputs(graph, outputs, root, imported));
  if (texts() != texts_before) return true;

  if (!one_input && !uses.front().name.empty()) RETURN_IF_ERROR(CheckNames(root, uses));
  graph.DropUnused();
  for (const ColumnUse& use : uses) {
    if (one_input && !use.name.empty()) imported.features.push_back(use.name);
    if (!one_input && !use.used)
      imported.warnings.push_back(
          fmt::format("Column \"{}\" is not used by the model and is no "
                      "input of it.",
                      use.name));
  }
  imported.warnings.insert(imported.warnings.end(), writer.warnings().begin(),
                           writer.warnings().end());
  ASSIGN_OR_RETURN(imported.model, graph.Serialize());
  return false;
}

}  // namespace
}  // namespace sklearn

StatusOr<Imported> ImportScikitLearn(const pickle::Document& document, const Limits& limits) {
  RETURN_IF_ERROR(sklearn::CheckGlobals(document));
  Imported imported;
  const size_t allowance = limits.AllowanceFor(document.size_bytes());
  sklearn::Budget budget(allowance);
  ASSIGN_OR_RETURN(const sklearn::State root,
                   sklearn::FindRoot(document.root(), &budget, &imported.warnings));
  const std::string_view package = root.module().substr(0, root.module().find('.'));
  imported.framework = package == "sklearn" ? "scikit-learn" : std::string(package);
  imported.format = fmt::format("{} {}", imported.framework, document.format());
  ASSIGN_OR_RETURN(imported.framework_version, root.TextOr("_sklearn_version", ""));
  ASSIGN_OR_RETURN(std::vector<sklearn::ColumnUse> uses, sklearn::InputColumns(root));
  ASSIGN_OR_RETURN(const bool again, sklearn::WritePass(root, allowance, uses, imported));
  if (!again) return imported;
  imported.labels.clear();
  budget = sklearn::Budget(allowance);
  ASSIGN_OR_RETURN(const bool unsettled, sklearn::WritePass(root, allowance, uses, imported));
  if (unsettled) return root.Unsupported("columns that hold both text and numbers");
  return imported;
}

}  // namespace slipway::importing
