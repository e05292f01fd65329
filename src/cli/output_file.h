#pragma once
// Answers → the text or file of one of the formats.

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/input_file.h"
#include "tensor/tensor.h"

namespace slipway::cli {

/// @return the file's content:
/// - JSON: {"outputs": [{"name", "datatype", "shape", "data"}]}, as the v2 protocol writes them
/// - JSON lines: a row {"label": "malignant", "probabilities": [0.1, 0.9]} for each of the first
/// dimension
/// - CSV: the same rows; an output of k columns has k of them, "probabilities_0", …; NaN,
///   Infinity and -Infinity as such
/// - npy: the only output
/// kBadRequest for outputs that the format cannot say: NaN in JSON, several outputs in npy, rows of
/// different counts.
StatusOr<std::string> WriteOutputs(FileFormat format, const std::vector<NamedTensor>& outputs);

}  // namespace slipway::cli
