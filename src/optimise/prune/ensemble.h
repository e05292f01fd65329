#pragma once
// The trees of a model's ensemble, whichever operator holds them, and the model with fewer of them.

#include <memory>
#include <vector>

#include "base/status.h"
#include "optimise/graph.h"

namespace slipway::optimise {

/// How trees become one answer.
enum class Aggregate : uint8_t { kSum, kAverage, kExtreme };

/// An ensemble of a TreeEnsemble of ai.onnx.ml 5, alone or with its leaves as rows of a table
/// (import/trees.h), or of a TreeEnsembleClassifier or TreeEnsembleRegressor. Base values,
/// transformations and divisions behind it are not touched.
class Ensemble {
 public:
  virtual ~Ensemble() = default;

  virtual size_t trees() const = 0;
  virtual Aggregate aggregate() const = 0;
  /// How many values a tree adds to.
  virtual size_t width() const = 0;
  /// The outputs that each tree adds to, ascending.
  virtual std::vector<std::vector<int64_t>> targets() const = 0;
  /// Leaves `model`, which the ensemble was found in, these trees, their leaves times `factor`.
  /// @param kept  [trees], not all false.
  /// @return false when fewer trees would be read in another way: then `model` is of no use.
  virtual bool Keep(ModelProto& model, const std::vector<bool>& kept, double factor) const = 0;
  /// Makes what the trees add, [rows, trees, …] in FP32 or FP64, the only output of `model`.
  virtual void Separate(ModelProto& model) const = 0;
};

/// @param model  is not changed.
/// @return nullptr when there is none of several trees; kUnsupported when there is more than one.
StatusOr<std::unique_ptr<Ensemble>> FindEnsemble(ModelProto& model);

}  // namespace slipway::optimise
