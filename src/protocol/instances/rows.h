#pragma once
// The inputs and outputs of a model as JSON, by row or by column. Several APIs share these two
// forms: TensorFlow Serving, KServe v1, Vertex AI, MLflow.
//   row     [[1,2],[3,4]]                          or [{"a": 1, "b": [2,3]}, {"a": 4, "b": [5,6]}]
//   column  [[1,2],[3,4]], any shape, any rank     or {"a": [1,4], "b": [[2,3],[5,6]]}
// The bare form on the left is for a model with one input (or one that is not optional), or one
// output. docs/formats/instances-json.md

#include <span>
#include <string>

#include "infer/request.h"
#include "protocol/instances/nested.h"
#include "tensor/signature.h"

namespace slipway::instances {

/// Reads a list of instances; each input's first dimension counts them. Those of a model of a table
/// (infer/table.h) may be objects that name its columns: [{"age": 41, "income": 3}].
/// @param signature  gives names and data types. Whether shapes fit is infer/validate.h's business.
/// @param request    inputs are appended to it, their data lies in its arena.
/// @return kBadRequest naming the byte, or the instance and the input: no instance, an unknown
/// name,
///   one given twice or not in every instance, shapes that differ between instances.
///   Memory: at most 4 bytes for each byte of the text, twice that while it grows.
Status ReadRows(JsonReader& json, const Signature& signature, InferRequest& request);

/// Reads whole tensors, or the columns of a table by name: {"age": [41], "income": [3]}. Parameters
/// and errors as ReadRows.
Status ReadColumns(JsonReader& json, const Signature& signature, InferRequest& request);

struct OutputStyle {
  NonFinite non_finite = NonFinite::kTokens;
  bool base64_by_name = true;  // BYTES outputs whose names end in "_bytes" as {"b64": "<base64>"}
};

/// Appends a list with one value for each row, or one object when there are several outputs.
/// @return kBadRequest naming the output that has no rows, or not as many as the first, or an
///   element without a JSON form; `out` is then unspecified.
Status AppendRows(std::span<const NamedTensor> outputs, OutputStyle style, std::string& out);

/// Appends the one output's value, or one object of all of them. Errors as AppendRows.
Status AppendColumns(std::span<const NamedTensor> outputs, OutputStyle style, std::string& out);

}  // namespace slipway::instances
