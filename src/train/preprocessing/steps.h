#pragma once
// What is to be done with columns before an estimator sees them.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::train {

enum class Impute : uint8_t { kNone, kMean, kMedian, kMostFrequent, kConstant };
enum class Scale : uint8_t { kNone, kStandard, kMinMax, kRobust };
enum class Encode : uint8_t { kOneHot, kOrdinal, kTarget };

/// Steps of a column; what is absent follows from the column's type and the estimator's needs.
struct ColumnSteps {
  std::optional<Impute> impute;   // of missing numbers
  double constant = 0;            // of Impute::kConstant
  std::optional<bool> indicator;  // a feature more: 1 where the number is missing
  std::optional<Scale> scale;
  std::optional<int> bins;        // equally full intervals in the place of the number
  std::optional<int> polynomial;  // products of up to so many numbers, beside them
  std::optional<Encode> encode;   // of categories and bins
  std::optional<int> terms;       // of a text: as many of the most frequent ones
  std::optional<int8_t>
      monotone;  // +1: the answer never falls as the number grows, -1: never rises
};

/// Steps as the command line has them.
class StepPlan {
 public:
  /// @param text  "COLUMN=STEP" or "COLUMN=STEP:ARGUMENT", "*" for every column that the step
  /// suits:
  ///   "age=bins:10", "*=scale:robust".
  /// @return kBadRequest naming the step, what it takes and the nearest word.
  Status Add(std::string_view text);

  /// What was said of the column, over what was said of all.
  ColumnSteps For(const std::string& column) const;
  /// What was said of the column alone; nullptr when nothing was.
  const ColumnSteps* Own(const std::string& column) const;
  /// What was added, in that order.
  const std::vector<std::string>& said() const { return said_; }
  /// kBadRequest naming a column that is none of `columns`, and the nearest.
  Status CheckColumns(std::span<const std::string_view> columns) const;

 private:
  std::vector<std::string> said_;
  ColumnSteps all_;
  std::map<std::string, ColumnSteps, std::less<>> columns_;
};

std::string_view NameOf(Impute impute);  // "most_frequent"
std::string_view NameOf(Scale scale);    // "minmax"

/// A line a step: name, what it takes, what it does. For help and docs.
struct StepHelp {
  std::string_view step, help;
};
std::span<const StepHelp> Steps();

}  // namespace slipway::train
