#pragma once
#include <span>
#include <vector>

#include "train/networks/network.h"

namespace slipway::train {

/// What a batch is to answer. One of `classes` and `values` is not empty.
struct Wanted {
  std::span<const int32_t> classes;  // [rows]
  std::span<const float> values;     // [rows], before the network's scale and shift
  std::span<const float> weights;    // [rows]; empty = 1 each
};

/// Memory for one pass forward and back over a batch of rows at a time. Threads: one at a time.
class Backpropagation {
 public:
  /// @param rows  of a batch, at most.
  Backpropagation(const Network& network, size_t rows);

  /// Where the caller puts the batch: [rows, inputs].
  std::span<float> inputs() { return layers_.front(); }
  /// @return [rows, outputs], valid until the next call.
  std::span<const float> Forward(const Network& network, size_t rows);
  /// After Forward: adds the gradient of the summed, weighted loss to `gradient`, which lies as the
  /// network's parameters do.
  /// @return that loss: −ln p of the class, or half the squared error.
  double Back(const Network& network, size_t rows, const Wanted& wanted, std::span<float> gradient);

 private:
  std::vector<std::vector<float>> layers_;  // what each layer answers, the inputs first
  std::vector<float> above_, below_;        // the loss's slope by what layers sum up
};

/// The summed, weighted loss of answers [rows, outputs].
double LossOf(const Network& network, std::span<const float> answers, const Wanted& wanted);

}  // namespace slipway::train
