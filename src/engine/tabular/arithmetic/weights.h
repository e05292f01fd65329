#pragma once
#include <span>
#include <vector>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "tensor/tensor.h"

namespace slipway::tabular {

/// Owns what a Panels shows. Copies share the factors, and have a bias and a Relu of their own.
template <typename T>
class Weights {
 public:
  /// @param values  [inputs, outputs]
  Weights(size_t inputs, size_t outputs, std::span<const T> values);

  /// @param bias  [outputs], or empty for none.
  void AddBias(std::span<const T> bias);
  void AddRelu() { relu_ = true; }
  Panels<T> panels() const;
  size_t inputs() const { return inputs_; }
  size_t outputs() const { return outputs_; }

 private:
  size_t inputs_;
  size_t outputs_;
  size_t singles_;
  Buffer storage_;
  std::vector<T> bias_;
  bool relu_ = false;
};

}  // namespace slipway::tabular
