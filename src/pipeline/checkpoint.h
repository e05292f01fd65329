#pragma once
// The file that a training goes on from: what its search has tried, and how far its fit is.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "train/selection/trial.h"

namespace slipway::pipeline {

class Checkpoint {
 public:
  /// Nothing is kept.
  Checkpoint() = default;
  /// @param training  what must be the same for the file to be of use: no line breaks.
  /// @param every     how much time lies between two writes.
  /// @return kBadRequest when the file is of another training or no checkpoint.
  static StatusOr<Checkpoint> Open(std::string path, std::string training, Duration every);

  bool is_kept() const { return !path_.empty(); }
  /// Whether there was something to go on from.
  bool is_resumed() const { return resumed_; }
  bool IsDue() const { return is_kept() && SteadyClock().Now() - saved_ >= every_; }

  /// A trial that was done before the training was cut short.
  std::optional<train::Trial> Recall(const train::Recipe& recipe, size_t max_rows) const;
  /// Keeps a trial that has scores, and writes the file when that is due.
  Status Remember(const train::Trial& trial, size_t max_rows);

  /// The state of the recipe's fit; "" when there is none.
  std::string_view StateOf(const train::Recipe& recipe) const;
  /// Writes the file, whole or not at all.
  Status SaveState(const train::Recipe& recipe, std::string state);

 private:
  Status Read(std::string_view text);
  Status ReadTrial(std::string_view line);
  Status Write();

  std::string path_, training_;
  Duration every_{};
  TimePoint saved_{};
  bool resumed_ = false;
  std::map<std::string, std::string> trials_;  // recipe and rows → a line of JSON
  std::string fitted_, state_;                 // a recipe's name, and its estimator's state
};

}  // namespace slipway::pipeline
