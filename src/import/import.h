#pragma once
// Models of other frameworks become ONNX: their bytes are read, never executed.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/formats.h"

namespace slipway::importing {

/// A model of another framework, written as ONNX.
struct Imported {
  std::string model;              // an ONNX ModelProto; the same source gives the same bytes
  std::string format;             // "scikit-learn pickle", "XGBoost JSON", "LightGBM text"
  std::string framework;          // "scikit-learn"; "" when the file does not say
  std::string framework_version;  // "1.7.2"; "" when the file does not say
  std::map<std::string, std::vector<std::string>> labels;  // by output: names of the classes
  std::vector<std::string> features;  // names of the columns of the only [n,F] input; often empty
  std::vector<std::string> warnings;  // sentences
  bool scores_are_labels = false;     // Booster.predict gives numbers of classes
};

struct Limits {
  size_t max_file_bytes = size_t{2} << 30;
  size_t max_unpacked_bytes = size_t{4} << 30;  // of compressed files
  size_t max_objects = 50'000'000;              // values that a file may hold
  size_t max_model_bytes = INT32_MAX;           // of the ONNX model: protobuf writes no more

  /// A file may name one array or estimator many times over, and each use is read and written
  /// again. What is read in all, and the ONNX model, may take so much, and so much more for each
  /// byte of the unpacked file: more than models need that share nothing.
  size_t free_bytes = size_t{256} << 20;
  size_t bytes_per_byte = 32;
  size_t AllowanceFor(size_t unpacked_bytes) const;
};

/// Imports what `bytes` hold.
/// @param format  as FormatOf (import/formats.h) tells it; not kNone.
/// @param booster  `predict` is what Booster.predict gives (import/booster_answer.h), and all trees
///   count, also those after the best round.
/// @return kUnsupported naming the estimator, operator or class that has no counterpart;
///   kBadModel naming place, expected, got; kTooLarge over a limit.
/// Threads: any. Runs nothing, opens nothing. Memory and time: see Limits.
StatusOr<Imported> Import(Format format, std::span<const std::byte> bytes,
                          const Limits& limits = {}, bool booster = false);

}  // namespace slipway::importing
