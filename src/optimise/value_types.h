#pragma once
// Element types of the values of a graph.

#include "base/string_map.h"
#include "onnx/onnx.pb.h"

namespace slipway::optimise {

/// The TensorProto.DataType of each value of the main graph that is known: of inputs and constants,
/// and of what operators make of them whose types follow from their inputs' and attributes'.
/// Values of other operators, nested graphs and functions are absent.
StringMap<int32_t> ValueTypesOf(const ::onnx::GraphProto& graph);

}  // namespace slipway::optimise
