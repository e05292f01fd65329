#pragma once
#include <memory>
#include <span>

#include "engine/tabular/arithmetic/weights.h"
#include "engine/tabular/program.h"

namespace slipway::tabular {

/// A product with constant weights, which takes over what follows it.
class Affine : public Step {
 public:
  virtual void set_to(Slot to) = 0;
  // What is taken is done in this order; false when it, or what comes after it, is there already.
  /// @param bias  one number, or one an output, of the product's type; false when the sizes differ.
  virtual bool TakeBias(const Tensor& bias) = 0;
  /// @param less  one number a row, of the product's type, subtracted from all its outputs.
  virtual bool TakeSubtraction(Slot /*less*/) { return false; }
  virtual void TakeRelu() = 0;
};

/// x + constant, in FP32 or FP64.
class ConstantAddition : public Step {
 public:
  /// One number, or one for each element of a row.
  virtual Tensor constant() const = 0;
};

/// a - b, of rows with one number each.
class RowSubtraction : public Step {};

/// What is below 0 becomes 0.
class Relu : public Step {};

/// y = x·weights + bias. @param bias  [outputs], or empty.
std::unique_ptr<Step> MakeAffine(Slot from, Slot to, Weights<float> weights);
std::unique_ptr<Step> MakeAffine(Slot from, Slot to, Weights<double> weights);

}  // namespace slipway::tabular
