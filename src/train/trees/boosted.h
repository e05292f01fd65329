#pragma once
// What boosting makes: trees that are added, and what their sum answers.

#include <memory>
#include <string>
#include <vector>

#include "train/estimator.h"
#include "train/trees/loss.h"
#include "train/trees/tree.h"

namespace slipway::train::trees {

struct Boosted {
  std::vector<FeatureBins> bins;
  std::vector<double> baseline;  // [outputs]
  std::vector<BinTree> trees;    // tree i adds to output i % outputs
  bool stopped_early = false;
};

class BoostedModel : public Fitted {
 public:
  /// @param names  of the features, for the summary.
  BoostedModel(Boosted boosted, std::unique_ptr<Loss> loss, std::vector<std::string> names);

  StatusOr<importing::Predictions> Write(importing::Graph& graph,
                                         const importing::Matrix& features) const override;
  std::string Summary() const override;

  const Boosted& boosted() const { return boosted_; }

 private:
  const Boosted boosted_;
  const std::unique_ptr<Loss> loss_;
  const std::vector<std::string> names_;
};

/// "a 61 %, b 20 %, c 3 %": the features that matter most, by their share of the gain.
std::string MostImportant(std::span<const BinTree> trees, std::span<const std::string> names);

}  // namespace slipway::train::trees
