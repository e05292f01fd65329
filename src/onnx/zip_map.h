#pragma once
// scikit-learn converters end a classifier with ZipMap, which turns the probabilities [n, classes]
// into a sequence of n maps from label to probability. Protocols speak of tensors, so the map is taken
// apart again: the keys, which are the same in every row, become the output's labels, and the
// probabilities are served as they went in. docs/formats/signature.md

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnx/onnx.pb.h"

namespace slipway::onnx {

/// The ZipMap of the main graph that makes `output`; null when another operator does.
const ::onnx::NodeProto* FindZipMap(const ::onnx::GraphProto& graph, std::string_view output);

/// Class labels in column order; integers in decimal.
/// @return kBadModel unless exactly one of classlabels_int64s and classlabels_strings is there, with
/// labels in UTF-8 that differ.
StatusOr<std::vector<std::string>> ZipMapLabels(const ::onnx::NodeProto& zip_map);

/// Puts Identity in the place of every ZipMap that makes a graph output, whose type is then
/// tensor(float) [?, classes].
/// @return kBadModel as ZipMapLabels; the model is then half changed.
Status ReplaceZipMaps(::onnx::ModelProto& model);

}  // namespace slipway::onnx
