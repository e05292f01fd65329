#pragma once
// A model beside the one it is compared with, on the same rows: which is better, and what a gate
// says.

#include <functional>
#include <optional>
#include <string>

#include "base/status.h"
#include "evaluate/evaluation.h"
#include "evaluate/gate.h"
#include "evaluate/predictions.h"
#include "evaluate/runner.h"

namespace slipway::evaluate {

/// What is known of a model. Borrows from its owner.
struct Contestant {
  std::string name;
  const Runner* runner = nullptr;
  const data::Table* inputs = nullptr;  // the rows, with the columns that it takes
  Predictions predictions = {};
  std::optional<uint64_t> size_bytes = {};  // absent at a server
};

/// Rows with their right answers; borrows them.
struct KnownRows {
  const data::Target& target;
  const data::Table& columns;  // of the file, for slices
  int32_t positive = 1;
};

/// The model that a word stands for; "" where nobody can tell.
using FindAlias = std::function<StatusOr<std::string>(const std::string& word)>;

/// @param given  by the command line, or "".
/// @param gate   whose file is `path`; may name a baseline too.
/// @param find   asked for "alias:WORD"; may be null.
/// @return "" where none is wanted; kBadRequest for an alias that nobody can tell, and when a rule
///   wants one that nobody names.
StatusOr<std::string> NameOfBaseline(const std::string& given, const Gate& gate,
                                     std::string_view path, const FindAlias& find);

/// The contestant's predictions.
/// @return what Predict says, with the contestant's name.
Status LetPredict(const data::Target& target, Contestant& contestant);

/// Adds the comparison, where there is a baseline, and the gate's lines. Latency is measured where
/// the gate asks for it.
/// @param baseline  may be null.
/// @param options   of the report: the comparison has its metrics.
/// @return kBadRequest as JudgeGate has it.
Status Judge(const KnownRows& rows, const Contestant& candidate, const Contestant* baseline,
             const Gate& gate, const EvaluateOptions& options, Report& report);

}  // namespace slipway::evaluate
