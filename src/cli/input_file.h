#pragma once
// Files of inputs → the request that runs them.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/instances/json_table.h"
#include "tensor/signature.h"

namespace slipway::cli {

enum class FileFormat { kJson, kJsonLines, kCsv, kNpy };

/// By the name's end: .json, .jsonl or .ndjson, .csv, .npy; "-" is JSON. kBadRequest naming these.
StatusOr<FileFormat> FormatOf(std::string_view path);

struct FileInputs {
  InferRequest request;
  std::string warning;  // "", or what is likely not as it was meant
};

/// The names of the columns of the only required input, where its server tells them.
std::span<const std::string> ColumnsOf(const Signature& signature);

/// Takes
/// - JSON: a v2 infer request, or what instances::ReadLooseJson takes
/// - JSON lines: one row or object a line
/// - CSV: as instances::ReadCsvTable has it; columns go by the names of inputs or features
/// - npy: the model's only input
/// Objects of JSON name columns or inputs; names that the model does not know are refused.
/// A list of one dimension less than the model's input is taken as one row of it.
/// @param content  borrowed for the call only
/// @return kBadRequest naming input, line or byte. Whether the request fits the model is not
/// checked.
StatusOr<FileInputs> ReadInputs(FileFormat format, std::string_view content,
                                const instances::TableModel& model);

/// True when a table of named columns can be read for the model as `slipway train` reads one: each
/// input is one FP64 or BYTES a row, or the only one FP64 [n,F] whose columns have names.
bool TakesDataFile(const Signature& signature);

/// Reads the file ("-" = standard input), at most 1 GiB. Warnings go to standard error.
/// For a model of TakesDataFile, a file of data (docs/formats/data-files.md) whose first line names
/// the columns is read as slipway train reads it: delimiter, missing words and times are told,
/// columns that the model does not take are passed over.
StatusOr<InferRequest> ReadInputFile(const std::string& path, const instances::TableModel& model);

/// Values made up from a fixed seed: uniform in [0, 1) for floats, 0 to 9 for whole numbers.
/// @param batch  taken for the first open dimension; further open ones are 1
/// @return kTooLarge for more than 1 GiB of values.
StatusOr<InferRequest> SyntheticRequest(const Signature& signature, int64_t batch);

}  // namespace slipway::cli
