#pragma once
// The state of a training as bytes: a heading, then numbers.

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::train {

/// Writes a checkpoint.
class CheckpointWriter {
 public:
  /// @param training  names the estimator, its parameters and the shape of its samples: a state is
  ///   only taken by a training of the same name.
  explicit CheckpointWriter(std::string_view training) { AddText(training); }

  void Add(double value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void Add(std::span<const double> values) {
    Add(static_cast<double>(values.size()));
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  std::string Take() && { return std::move(bytes_); }

 private:
  void AddText(std::string_view text) {
    Add(static_cast<double>(text.size()));
    bytes_.append(text);
  }

  std::string bytes_;
};

/// Reads what CheckpointWriter wrote. What is missing or too much is an error of Finish; until then
/// numbers are 0.
class CheckpointReader {
 public:
  CheckpointReader(std::string_view bytes, std::string_view training);

  double Number();
  /// A whole number from 0 to `most`.
  int64_t Count(int64_t most);
  /// Exactly `size` numbers.
  std::vector<double> Numbers(size_t size);
  /// As many numbers as were added.
  std::vector<double> Numbers();
  /// @return kBadRequest unless all was read and nothing is left.
  Status Finish() const;
  /// What Finish says: for who finds numbers that are none of this training.
  static Status Refusal();

 private:
  const char* Take(size_t size);

  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace slipway::train
