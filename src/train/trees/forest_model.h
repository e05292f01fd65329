#pragma once
// What forests make: trees whose answers are averaged.

#include <string>
#include <vector>

#include "train/estimator.h"
#include "train/trees/tree.h"

namespace slipway::train::trees {

struct Forest {
  std::vector<FeatureBins> bins;
  std::vector<BinTree> trees;
};

class ForestModel : public Fitted {
 public:
  /// @param samples  what it was fitted on: names and labels are read.
  ForestModel(Forest forest, const Samples& samples, std::string_view kind);

  StatusOr<importing::Predictions> Write(importing::Graph& graph,
                                         const importing::Matrix& features) const override;
  std::string Summary() const override;

  const Forest& forest() const { return forest_; }

 private:
  const Forest forest_;
  const std::string kind_;
  const bool classifies_;
  const int64_t classes_;
  std::vector<std::string> names_;
};

}  // namespace slipway::train::trees
