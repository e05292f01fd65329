#pragma once
// Class labels and categories: whole numbers, truth values, numbers or text.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "import/pickle/value.h"

namespace slipway::importing::sklearn {

struct Labels {
  DType dtype = DType::kInt64;     // kInt64, kBool, kFp64 or kBytes
  std::vector<double> numbers;     // of kBool and kFp64; NaN is a category like others
  std::vector<int64_t> integers;   // of kInt64
  std::vector<std::string> texts;  // of kBytes; "" for `missing`
  std::optional<int64_t> missing;  // the position of None or NaN

  int64_t size() const;
  bool is_text() const { return dtype == DType::kBytes; }
  /// As text, for the labels of an output.
  std::vector<std::string> Names() const;
  /// As FP64; empty for text.
  std::vector<double> AsNumbers() const;
  /// [size] of `dtype`.
  std::string Constant(Graph& graph) const;
};

/// Reads an array of rank 1. kBadModel for other ranks and for mixtures of text and numbers.
StatusOr<Labels> ReadLabels(const pickle::Array& array);

}  // namespace slipway::importing::sklearn
