#pragma once
// Short words for tests that load a model and run it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "onnx/builder.h"

namespace slipway::testing {

/// A tensor that owns `values`.
template <typename T>
Tensor TensorOf(const Shape& shape, const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
  return {onnx::DTypeFor<T>(), shape, Buffer::Own(std::move(bytes))};
}

inline Tensor BytesTensorOf(const Shape& shape, const std::vector<std::string>& elements) {
  std::string wire;
  for (const auto& element : elements) AppendBytesElement(wire, element);
  return {DType::kBytes, shape, Buffer::Own(std::move(wire))};
}

/// The elements of a BYTES tensor.
inline std::vector<std::string> ElementsOf(const Tensor& tensor) {
  std::vector<std::string> elements;
  BytesReader reader(tensor.data.bytes());
  for (std::string_view element; reader.Next(&element);) elements.emplace_back(element);
  return elements;
}

template <typename T>
std::vector<T> ValuesOf(const Tensor& tensor) {
  return {tensor.as<T>().begin(), tensor.as<T>().end()};
}

inline StatusOr<std::unique_ptr<LoadedModel>> LoadModel(Engine& engine, const std::string& model,
                                                        std::vector<ModelBytes::External> external = {},
                                                        const LoadOptions& options = {}) {
  return engine.Load({std::as_bytes(std::span(model)), std::move(external)}, options);
}

/// Runs with the inputs in the signature's order (nullptr: left out) and asks for all outputs.
inline StatusOr<std::vector<Tensor>> RunAll(const LoadedModel& model,
                                            const std::vector<const Tensor*>& inputs,
                                            const RunOptions& options = {}) {
  std::vector<size_t> outputs(model.signature().outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = i;
  std::vector<Tensor> results;
  RETURN_IF_ERROR(model.Run(inputs, outputs, options, results));
  return results;
}

/// Loads, runs and lets the model go.
inline StatusOr<std::vector<Tensor>> LoadAndRun(Engine& engine, const onnx::Builder& model,
                                                const std::vector<const Tensor*>& inputs) {
  ASSIGN_OR_RETURN(const auto loaded, LoadModel(engine, model.Serialize()));
  return RunAll(*loaded, inputs);
}

}  // namespace slipway::testing
