#pragma once
// The body of POST /predictions/{model} → InferRequest. docs/protocols/torchserve.md

#include <span>

#include "base/status.h"
#include "infer/request.h"
#include "lifecycle/served_version.h"
#include "transport/http/message.h"
#include "transport/http/multipart.h"

namespace slipway::torchserve {

/// What a body stands for, and so what its answer looks like.
enum class Form : uint8_t {
  kRows,  // a list of rows: the answer is a list with a value for each
  kRow,   // one file, which is one row: the answer is its value
};

/// Reads JSON, one file, or a form of both.
/// - JSON, in any form of docs/formats/tables.md, is what has the content type application/json,
///   and everything when the model's only required input is neither BYTES nor UINT8.
/// - Else the body is a file: one element of BYTES; or the elements of UINT8, whose one free
///   dimension follows from its size.
/// - multipart/form-data: parts "data" or "body", each one file, or one of them JSON; or parts
///   that bear the names of inputs. application/x-www-form-urlencoded: the value of "data".
/// @param request  inputs are appended, their data lies in its arena.
/// @return kBadRequest naming byte, row and column, part or input.
StatusOr<Form> ReadPrediction(const http::Request& from, const lifecycle::ServedVersion& version,
                              InferRequest& request);

/// The same for the parts of a form, at least one.
StatusOr<Form> ReadParts(std::span<const http::FormPart> parts,
                         const lifecycle::ServedVersion& version, InferRequest& request);

}  // namespace slipway::torchserve
