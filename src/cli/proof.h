#pragma once
// `convert --prove`: a model's answers beside those that its framework gave, row by row.
// docs/formats/parity-certificate.md

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/local_model.h"

namespace slipway::cli {

/// What was compared in one column of expected answers.
struct ColumnParity {
  std::string column;  // "predict", "predict_proba_1"
  size_t compared = 0;
  size_t differing = 0;         // beyond the tolerance times the scale
  double scale = 0;             // 0: equal values alone agree
  double worst_difference = 0;  // of numbers; 0 when none could be compared
  size_t worst_line = 0;        // of the file, from 1; the first that differs, if one does
  std::string expected, got;    // there
};

struct Parity {
  size_t rows = 0;
  double tolerance = 0;
  std::vector<ColumnParity> columns;

  bool holds() const;
};

/// Runs the model on the rows of a CSV file and compares with the columns that are named like its
/// outputs, as `slipway predict -o x.csv` names them: "predict", "predict_proba_0". The other
/// columns are inputs.
/// @param tolerance  probabilities (outputs with "prob" in their name) agree when |a - b| <=
///   tolerance, other floats when |a - b| <= tolerance times the largest |a| of their column; whole
///   numbers, booleans and texts when they are equal. docs/adr/0089
/// @return kBadRequest naming line and column; kBadRequest when no column is an output's.
StatusOr<Parity> Prove(const LocalModel& model, std::string_view csv, double tolerance);

/// Who was compared, for the certificate.
struct ParitySubject {
  std::string digest;       // of what was written
  std::string engine;       // "tabular 0.1.0"
  std::string data_file;    // its name
  std::string data_sha256;  // 64 hex digits
};

/// The certificate, as JSON.
std::string RenderCertificate(const Parity& parity, const ParitySubject& subject,
                              const bundle::Artifact& source);

/// "predict: 569 rows, all equal"; a line a column.
std::string ParityText(const Parity& parity);

}  // namespace slipway::cli
