#pragma once
// Applies passes to a model, one after the other, each timed and verified against the original.

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "onnx/model_bytes.h"
#include "optimise/difference.h"
#include "optimise/pass.h"

namespace slipway::optimise {

/// What one pass did.
struct PassReport {
  std::string pass;  // as Step::Text
  std::string done;  // "12 nodes became 3 constants"; "" when there was nothing to do
  std::string left;  // what stayed as it was, as Pass::leaves says it
  Duration time{};
  size_t nodes = 0;       // of the graph, after it
  size_t size_bytes = 0;  // of the model, after it
  Difference difference;  // of its answers from the original's, on the rows
};

struct Optimised {
  std::string onnx;  // the same model, passes and rows give the same bytes
  std::vector<PassReport> passes;
};

/// "fold-constants,merge-equal": what ReadSteps reads, for the lineage.
std::string PassesThatDidSomething(const Optimised& optimised);

struct OptimiseOptions {
  const Clock* clock = nullptr;   // never null
  double exact_tolerance = 1e-4;  // of Difference::relative, for passes that are exact
  double max_differing = 1e-3;    // share of labels that exact passes may change: ties
  std::function<void(const PassReport&)> done;  // after each; may be null
};

/// One that stands for a model without data: `count` rows of values from a fixed seed, uniform in
/// [0, 1) for fractions, 0 to 9 for whole numbers. Open dimensions after the first are 1.
/// @return kUnsupported for inputs without a rank.
StatusOr<Rows> MadeUpRows(const Signature& signature, size_t count);

/// @param model  has passed its probe. External data is taken in.
/// @param rows   to verify on; never empty.
/// @return kBadModel when the graph is not in order; what a pass answers, naming it; kInternal when
///   an exact pass changes answers: which, where and by how much; kTooLarge beyond 2 GiB.
StatusOr<Optimised> Optimise(const ModelBytes& model, std::span<const Step> steps,
                             const Workshop& workshop, const Rows& rows,
                             const OptimiseOptions& options);

}  // namespace slipway::optimise
