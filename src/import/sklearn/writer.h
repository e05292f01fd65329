#pragma once
// Writes fitted estimators, and those inside them, into one ONNX graph.

#include <string>
#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/outputs.h"
#include "import/sklearn/state.h"
#include "import/sklearn/table.h"

namespace slipway::importing::sklearn {

/// Threads: one at a time.
class Writer {
 public:
  explicit Writer(Graph& graph) : graph_(graph) {}

  Graph& graph() { return graph_; }
  /// Writes `estimator` over `x`. Estimators that hold others call this for each.
  /// @return kUnsupported naming a class that has no counterpart; kTooLarge when estimators nest
  ///   deeper than 32 or number more than 100,000, have too many columns or fill the graph.
  StatusOr<Outputs> Write(const State& estimator, const Table& x);
  /// The same, when only its transform is wanted: kUnsupported when it has none.
  StatusOr<Table> WriteTransform(const State& estimator, const Table& x);

  /// A sentence for Imported.warnings; said once.
  void Warn(std::string sentence);
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Graph& graph_;
  int depth_ = 0;
  int estimators_ = 0;
  int64_t columns_ = 0;  // that all estimators were given
  std::vector<std::string> warnings_;
};

}  // namespace slipway::importing::sklearn
