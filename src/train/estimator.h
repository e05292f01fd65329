#pragma once
// What can be trained: a table of kinds, each with its parameters and a function that fits.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/team.h"
#include "data/split.h"
#include "import/graph.h"
#include "import/predictions.h"
#include "train/dataset.h"
#include "train/samples.h"

namespace slipway::train {

/// One point of the learning curve.
struct Progress {
  double share = 0;  // of the work done, 0 to 1
  int64_t iteration = 0;
  std::string_view metric;  // "log loss", "squared error"; "" = none yet
  double training = 0;      // of the metric
  double validation = 0;    // NaN without validation rows
};

/// Follows a training from outside. Threads: called from the thread that fits.
class Watch {
 public:
  virtual ~Watch() = default;
  /// @return false to stop now: what is fitted then is the best so far.
  virtual bool Report(const Progress& progress) = 0;
  /// Whether a checkpoint should be saved now; asked once an iteration.
  virtual bool WantsCheckpoint() = 0;
  /// @param state  opaque to all but the estimator that wrote it.
  virtual Status SaveCheckpoint(std::string state) = 0;
};

struct FitOptions {
  uint64_t seed = 0;
  Team* team = nullptr;                 // never null
  const Samples* validation = nullptr;  // rows for early stopping; null: none
  std::span<const data::Split> folds;   // of the samples, where `probability` is asked for
  Watch* watch = nullptr;               // may be null
  std::string_view checkpoint;          // a state to go on from; "" = from the beginning
};

/// A fitted estimator: a part of a graph.
class Fitted {
 public:
  virtual ~Fitted() = default;
  /// Writes what it computes of `features` [n, F] FP64, in the order of Samples::features.
  virtual StatusOr<importing::Predictions> Write(importing::Graph& graph,
                                                 const importing::Matrix& features) const = 0;
  /// "73 trees, stopped early": for reports.
  virtual std::string Summary() const = 0;
};

/// The values of parameters, checked against the kind's table; absent ones have their default.
class Parameters {
 public:
  bool Has(std::string_view name) const { return numbers_.contains(std::string(name)); }
  double Number(std::string_view name) const { return numbers_.at(std::string(name)); }
  int64_t Count(std::string_view name) const { return static_cast<int64_t>(Number(name)); }
  bool Flag(std::string_view name) const { return Number(name) != 0; }
  const std::string& Word(std::string_view name) const { return words_.at(std::string(name)); }

 private:
  friend struct EstimatorKind;
  std::map<std::string, double> numbers_;
  std::map<std::string, std::string> words_;
};

struct ParameterSpec {
  /// Of a kText, the kind says what it may be, by refusing to fit.
  enum class Type : uint8_t { kNumber, kCount, kFlag, kWord, kText };
  std::string_view name;  // "learning_rate"
  Type type = Type::kNumber;
  double otherwise = 0;                      // the default of a number, count or flag
  double min = 0, max = 0;                   // both included
  std::vector<std::string_view> words = {};  // of kWord and kText; the first is the default
  std::string_view help;                     // one sentence
};

/// What an estimator wants of its features; preprocessing sees to it.
struct FeatureNeeds {
  bool takes_missing = false;     // else values are imputed
  bool takes_categories = false;  // else they are one-hot encoded
  bool wants_scaling = false;     // standard scores
};

/// Values that a search tries, by parameter.
using SearchSpace = std::map<std::string_view, std::vector<std::string_view>>;

struct EstimatorKind {
  std::string_view name;     // "boosting"
  std::string_view summary;  // one sentence
  bool regresses = false, classifies = false;
  FeatureNeeds needs;
  bool saves_checkpoints = false;  // a fit that is cut short can go on
  std::vector<ParameterSpec> parameters;
  SearchSpace search;
  /// What only all rows together can say, before they are divided; null: nothing.
  Status (*check)(const Dataset&, const Parameters&) = nullptr;
  /// Samples fit the needs; there is at least one row and, for classification, two classes that
  /// occur. The same samples, parameters, seed and team size give the same result.
  StatusOr<std::unique_ptr<Fitted>> (*fit)(const Samples&, const Parameters&, const FitOptions&);

  /// @param given  "max_depth" → "6".
  /// @return kBadRequest naming the parameter, what it takes and the nearest name.
  StatusOr<Parameters> Read(const std::map<std::string, std::string>& given) const;
};

/// All kinds, sorted by name.
std::span<const EstimatorKind> EstimatorKinds();
/// kBadRequest naming the nearest word.
StatusOr<const EstimatorKind*> FindEstimator(std::string_view name);

}  // namespace slipway::train
