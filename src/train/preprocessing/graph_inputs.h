#pragma once
#include <map>

#include "train/preprocessing/preprocessor.h"

namespace slipway::train {

/// The inputs of a trained model's graph.
class GraphInputs : public InputColumns {
 public:
  /// @return kBadRequest when columns of words and numbers stand side by side and one is called
  /// like an output.
  static StatusOr<GraphInputs> Declare(importing::Graph& graph,
                                       std::span<const InputColumn> columns);

  importing::Matrix Numbers(std::span<const std::string> names) const override;
  importing::Matrix Words(const std::string& name) const override;

 private:
  importing::Graph* graph_ = nullptr;
  importing::Matrix matrix_;                          // of all columns, when they are numbers
  std::map<std::string, int64_t> places_;             // in it
  std::map<std::string, importing::Matrix> columns_;  // else
};

}  // namespace slipway::train
