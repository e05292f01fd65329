#include "evaluate/tree_features.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "evaluate/answers.h"
#include "evaluate/table_inputs.h"

namespace slipway::evaluate {
namespace {

bool Same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

class FeatureReader {
 public:
  FeatureReader(const onnx::ModelTrees& trees, const Signature& signature, const Runner& model)
      : trees_(trees), signature_(signature), model_(model) {}

  StatusOr<TreeFeatures> Read(const data::Table& table) {
    ASSIGN_OR_RETURN(features_.values, Values(table));
    features_.width = features_.values.size() / table.rows;
    if (features_.width < trees_.sum.features)
      return Error(Reason::kBadModel, "{}: expected at least {} features, got {}", trees_.node,
                   trees_.sum.features, features_.width);
    owners_.resize(features_.width);
    RETURN_IF_ERROR(MeasureOwners(table));
    for (size_t feature = 0; feature < features_.width; ++feature) {
      if (!owners_[feature] && Varies(feature))
        return Error(Reason::kUnsupported,
                     "{}: feature {} comes from no single column: SHAP values cannot be told",
                     trees_.node, feature);
      features_.owners.push_back(owners_[feature].value_or(0));
    }
    return std::move(features_);
  }

 private:
  /// [rows, width]
  StatusOr<std::vector<double>> Values(const data::Table& table) const {
    ASSIGN_OR_RETURN(const TableInputs inputs, TableInputs::Create(signature_, table));
    std::vector<double> values;
    for (size_t begin = 0; begin < table.rows; begin += inputs.rows_per_run()) {
      const size_t end = std::min(table.rows, begin + inputs.rows_per_run());
      ASSIGN_OR_RETURN(auto request, inputs.Rows(begin, end));
      ASSIGN_OR_RETURN(const auto outputs,
                       model_.Run(std::move(request), {std::string(onnx::ModelTrees::kFeatures)}));
      const Shape& shape = outputs.front().tensor.shape;
      ASSIGN_OR_RETURN(const auto part, ReadNumbers(outputs.front(), end - begin));
      if (shape.size() != 2)
        return Error(Reason::kUnsupported, "{}: expected [n, features], got {}", trees_.node,
                     ToString(outputs.front().tensor.dtype, shape));
      values.insert(values.end(), part.begin(),
                    part.begin() + static_cast<ptrdiff_t>((end - begin) * shape[1]));
    }
    return values;
  }

  /// A step of one row finds whatever a column decides alone; the longer one finds more of what two
  /// columns decide together.
  Status MeasureOwners(data::Table table) {
    for (const size_t step : {size_t{1}, table.rows / 2}) {
      std::vector<uint32_t> moved(table.rows);
      for (size_t row = 0; row < table.rows; ++row) moved[row] = (row + step) % table.rows;
      data::Table others = table.Select(moved);
      for (size_t column = 0; column < table.columns.size(); ++column) {
        std::swap(table.columns[column], others.columns[column]);
        ASSIGN_OR_RETURN(const auto values, Values(table));
        std::swap(table.columns[column], others.columns[column]);
        RETURN_IF_ERROR(SetOwner(table, static_cast<uint32_t>(column), values));
      }
    }
    return OkStatus();
  }

  Status SetOwner(const data::Table& table, uint32_t column, std::span<const double> values) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (Same(values[i], features_.values[i])) continue;
      std::optional<uint32_t>& owner = owners_[i % features_.width];
      if (owner && *owner != column)
        return Error(Reason::kUnsupported,
                     "{}: feature {} comes from columns \"{}\" and \"{}\": SHAP values of columns "
                     "need features of one column each",
                     trees_.node, i % features_.width, table.columns[*owner].name,
                     table.columns[column].name);
      owner = column;
    }
    return OkStatus();
  }

  bool Varies(size_t feature) const {
    for (size_t i = feature; i < features_.values.size(); i += features_.width)
      if (!Same(features_.values[i], features_.values[feature])) return true;
    return false;
  }

  const onnx::ModelTrees& trees_;
  const Signature& signature_;
  const Runner& model_;
  TreeFeatures features_;
  std::vector<std::optional<uint32_t>> owners_;
};

}  // namespace

StatusOr<TreeFeatures> ReadTreeFeatures(const onnx::ModelTrees& trees, const Signature& signature,
                                        const Runner& model, const data::Table& table) {
  return FeatureReader(trees, signature, model).Read(table);
}

}  // namespace slipway::evaluate
