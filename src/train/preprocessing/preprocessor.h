#pragma once
// Columns of a table → features, fitted once: in memory for training, in the graph for serving.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "import/graph.h"
#include "train/dataset.h"
#include "train/estimator.h"
#include "train/preprocessing/encoder.h"
#include "train/preprocessing/finish.h"
#include "train/preprocessing/steps.h"
#include "train/samples.h"

namespace slipway::train {

struct PreprocessOptions {
  StepPlan steps;
  uint64_t seed = 0;                   // of the folds of target encoding
  size_t max_bytes = size_t{8} << 30;  // of the features in memory
};

class Preprocessor;
struct Preprocessed;

/// Fits what turns the columns of `table` into features. By default numbers that the estimator does
/// not take missing are filled with their mean, scaled to standard scores where it wants that;
/// categories become codes, or one-hot, or means of the target when there are more than 256; texts
/// become the tf-idf of their 1,000 most frequent terms; times become year, month, day, weekday and
/// hour. Columns that say nothing (empty, of one value, a category with a word of its own in each
/// row) are not learned from, with a warning; of rows of numbers alone they stay inputs.
/// @param rows  one at least.
/// @return kBadRequest naming the column (infinite numbers, steps that do not suit it), or that
///   none is left; kTooLarge naming the size of the features.
/// Threads: any. Cost: a copy of the table's numbers.
StatusOr<Preprocessed> Preprocess(const Dataset& rows, const FeatureNeeds& needs,
                                  const PreprocessOptions& options);

/// An input of the model: a column that the client sends.
struct InputColumn {
  std::string name;
  bool words = false;  // else numbers
  bool time = false;   // numbers that are seconds since 1970
};

/// Threads: const methods from any thread.
class Preprocessor {
 public:
  /// Features and values; target and weights are left empty.
  /// @return kBadRequest naming a column that is missing or of another type; kTooLarge.
  StatusOr<Samples> Apply(const data::Table& table) const;

  /// Writes the inputs and what becomes of them: FP64 [n, features]. One input `input` FP64
  /// [-1, columns] when all columns hold numbers, else an input [-1, 1] a column under its name.
  StatusOr<importing::Matrix> Write(importing::Graph& graph) const;

  /// In the order of the table.
  const std::vector<InputColumn>& inputs() const { return inputs_; }
  /// What was done, a line for each treatment: "age, fare: mean, standard".
  const std::vector<std::string>& steps() const { return steps_; }
  /// What a person should know: columns that were dropped, and why.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class Fitting;
  struct Block {
    std::unique_ptr<Encoder> encoder;
    Finish finish;
  };

  size_t max_bytes_ = 0;
  std::vector<InputColumn> inputs_;
  std::vector<Block> blocks_;
  std::vector<std::string> steps_, warnings_;
};

struct Preprocessed {
  Preprocessor preprocessor;
  Samples training;  // the rows it was fitted on, with target and weights
};

}  // namespace slipway::train
