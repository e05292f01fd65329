#pragma once
// Comma-separated values → a model's inputs.

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::instances {

/// Whether the first line names the columns.
enum class CsvHeader : uint8_t {
  kAuto,     // when it looks like it
  kPresent,  // always
  kAbsent,   // never
};

/// What the names in the first line were good for.
enum class CsvNames : uint8_t {
  kNone,      // there were none
  kFound,     // each column went to the input or feature of its name
  kUnchecked  // the model has no names for its features: the order decided
};

/// Reads the lines as the rows of a table.
/// Under kAuto the first line is a header when every cell is the name of an input or feature; or,
/// for a model without BYTES inputs, when a cell of it is no value.
/// @return kBadRequest naming line and column.
StatusOr<CsvNames> ReadCsvTable(std::string_view text, CsvHeader header, const Signature& signature,
                                std::span<const std::string> features, InferRequest& request);

}  // namespace slipway::instances
