#pragma once
// What a model answers, found among its outputs and read in the words of the target.

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/predictions.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::evaluate {

/// Reads part by part. Threads: one at a time.
class AnswerReader {
 public:
  /// @param target  read now; need not outlive it.
  /// @return kBadRequest naming the output that is missing.
  static StatusOr<AnswerReader> Create(const Signature& signature, const data::Target& target);

  /// Names of the outputs to ask for.
  const std::vector<std::string>& outputs() const { return outputs_; }

  /// Takes the answers of the next `rows` rows; those behind them are passed over.
  /// @param answers  as `outputs` asks.
  /// @return kBadRequest when shapes are not what the signature says.
  Status Read(const std::vector<NamedTensor>& answers, size_t rows);

  /// Of all rows read. Scores that are no probabilities tell classes apart and are dropped then.
  Predictions Finish();

 private:
  Status FindClassOutputs(const Signature& signature);
  Status ReadClasses(const NamedTensor& answer, size_t rows);
  Status ReadProbabilities(const NamedTensor& answer, size_t rows);
  void ReadRow(std::span<const double> row);
  void FinishOneScore();
  int32_t ClassOf(std::string_view word) const;
  int32_t ClassOfNumber(double number) const;

  data::Task task_;
  std::vector<std::string> target_labels_;
  bool integer_labels_ = false;
  std::vector<std::string> outputs_;
  bool has_classes_ = false;        // outputs_ begins with the one that says classes
  bool has_probabilities_ = false;  // outputs_ ends with the one that says probabilities
  std::vector<int32_t> places_;     // of the model's classes in the target's labels; -1: not there
  Predictions predictions_;         // while reading, `probabilities` may be scores
  bool one_score_ = false;          // a row has one, of the second class
  bool are_probabilities_ = true;   // all that was read so far
};

/// The numbers of an answer, widened: at least `rows` rows of them.
/// @return kBadRequest naming the output when there are fewer.
StatusOr<std::vector<double>> ReadNumbers(const NamedTensor& answer, size_t rows);

}  // namespace slipway::evaluate
