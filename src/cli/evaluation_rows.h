#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/command.h"
#include "data/table.h"
#include "data/table_file.h"
#include "pipeline/row_parts.h"
#include "tensor/signature.h"

namespace slipway::cli {

/// Rows to judge a model by.
struct EvaluationRows {
  data::TableFacts facts;
  data::Table all;              // every column, for slices
  data::Table features;         // without the target, the weights and what is dropped
  data::Target target;          // its labels hold the model's too
  std::vector<double> weights;  // [rows]; empty: 1 each
  /// Where the table is not held: what `all`, then without rows, and `features` come from.
  std::unique_ptr<pipeline::RowParts> parts;
};

/// Options that say what is read: DATA, --target, --held-out, --task, --weights, --drop, --clean,
/// --test-share, --seed, --type, --sample, --skip-bad-rows, --delimiter, --missing.
std::vector<Option> EvaluationRowOptions();

/// @param signature  of the model: its outputs tell the task and the classes.
/// @param lineage    of the model, for --held-out; may be empty.
/// @param whole      whether every row is needed at once; else they come in parts where they can.
StatusOr<EvaluationRows> ReadEvaluationRows(const Arguments& arguments, const Signature& signature,
                                            const std::map<std::string, std::string>& lineage,
                                            bool whole);

/// "a,b", given once or more often.
std::vector<std::string> ReadList(const Arguments& arguments, std::string_view option);

/// A number between 0 and 1.
StatusOr<double> ReadShare(const Arguments& arguments, std::string_view option, double otherwise);

/// --seed
StatusOr<uint64_t> ReadSeed(const Arguments& arguments);

}  // namespace slipway::cli
