#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/runner.h"
#include "onnx/tree_sum.h"

namespace slipway::evaluate {

/// What a tree ensemble reads of the rows of a table, behind the model's preprocessing.
struct TreeFeatures {
  size_t width = 0;
  std::vector<double> values;    // [rows, width]
  std::vector<uint32_t> owners;  // [width]: the column of the table that each feature comes from
};

/// Which column a feature comes from is measured: the columns' values move on by some rows, one
/// column at a time, and a feature that changes comes from that column. One that no column changes
/// is the same in all rows, and counts as the first's.
/// @param signature  of the whole model, with the names of its columns.
/// @param model      of trees.feature_model.
/// @return kUnsupported naming node, feature and columns when a feature comes from several columns;
///   what TableInputs and the runner say.
/// Cost: three runs of the rows a column.
StatusOr<TreeFeatures> ReadTreeFeatures(const onnx::ModelTrees& trees, const Signature& signature,
                                        const Runner& model, const data::Table& table);

}  // namespace slipway::evaluate
