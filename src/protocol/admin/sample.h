#pragma once
// A curl line that works as printed, for a model that nobody has described any further.

#include <span>
#include <string>
#include <string_view>

#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::admin {

struct SampleTarget {
  std::string_view address;  // "http://127.0.0.1:8080" or "unix:/run/slipway.sock"
  std::string_view model;
  std::string_view version = {};  // "" = the model's default
};

/// One line for the shell that sends a whole infer request: the example's values when they fit into
/// a few kilobytes, else values that are plausible for the data types (made by the shell itself
/// when they are many). Optional inputs are left out unless the example has them.
/// @param signature  -1 becomes 1 in the first dimension, 32 in an image's sides, 8 elsewhere.
/// @param example    inputs of a golden example; may be empty.
/// @param batched    the first dimension counts rows: one row of the example will do.
/// @return "" when a request is larger than a line can say (over 4 million values in a tensor, or
/// so
///   many inputs that they fill 64 KiB).
/// The line is safe to paste, whatever the names hold.
std::string SampleCommand(const SampleTarget& target, const Signature& signature,
                          std::span<const NamedTensor> example, bool batched);

}  // namespace slipway::admin
