#pragma once
// The JSON forms that tables and tensors come in where an API takes "whatever the model predicts".
// docs/formats/tables.md

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"
#include "text/json_reader.h"

namespace slipway::instances {

/// What a table is read for.
struct TableModel {
  const Signature& signature;
  std::span<const std::string> features;  // names of the columns of the only [n,F] input
  /// Where the whole begins that the JSON is a part of, for the bytes in messages. Null: there.
  const char* body = nullptr;
  /// Objects whose names say nothing of the model's columns are taken in their order, as data
  /// frames are; otherwise refused.
  bool trusts_order = true;

  TableModel Within(const char* whole) const { return {signature, features, whole, trusts_order}; }

  JsonReader::Options json() const { return {.allow_nan_tokens = true, .counted_from = body}; }
};

/// Members of one JSON object at most; and columns of one table that are given by name in each row.
inline constexpr size_t kMaxMembers = size_t{1} << 18;

/// Reads a list:
/// - `[{"a": 1, "b": 2}, …]`: rows by name of column; or instances, whose values are tensors, where
///   the names are inputs of any size;
/// - `[[1, 2], [3, 4]]`, to any depth: the only required input; or rows, one column an input;
/// - `[1, 2]`: one row of a [n,k] input, a column of a [n] or [n,1] input.
/// All functions append to `request.inputs`; data lies in its arena or is owned.
/// @param json  one value, whose syntax may be wrong. NaN tokens are numbers.
/// @return kBadRequest naming byte, or row and column.
Status ReadRowList(std::string_view json, const TableModel& model, InferRequest& request);

/// Reads one row by name of column: `{"a": 1, "b": 2}`.
Status ReadRecord(std::string_view json, const TableModel& model, InferRequest& request);

/// Reads `{"a": [1, 3], "b": [2, 4]}`, columns or whole inputs by name; or a bare list, the only
/// required input.
Status ReadColumnLists(std::string_view json, const TableModel& model, InferRequest& request);

/// The list that is due holds data frames: ReadFrames takes it, where the model's inputs are
/// columns.
bool HoldsFrames(JsonReader json, const Signature& signature);

/// Reads a list of data frames, one below the other, each as pandas.DataFrame() takes it:
/// `{"a": [1, 3], "b": [2, 4]}`, `{"a": {"0": 1, "1": 3}, "b": {"0": 2, "1": 4}}` (cells by the
/// name of their row, the same in every column), or `[{"a": 1, "b": 2}, {"a": 3, "b": 4}]`.
Status ReadFrames(std::string_view json, const TableModel& model, InferRequest& request);

/// Reads the rows `[[1, 2], [3, 4]]` under the names `["a", "b"]`; whole numbers are names too.
Status ReadSplit(std::string_view columns, std::string_view rows, const TableModel& model,
                 InferRequest& request);

}  // namespace slipway::instances
