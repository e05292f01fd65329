#include "protocol/instances/csv_table.h"

#include <algorithm>

#include "data/csv.h"
#include "infer/spec_finder.h"
#include "protocol/instances/cell.h"
#include "protocol/instances/table.h"

namespace slipway::instances {
namespace {

bool LooksLikeHeader(const data::CsvRow& row, const Signature& signature,
                     std::span<const std::string> features) {
  SpecFinder inputs(signature.inputs);
  NameFinder<std::string> by_feature(features);
  const bool known = std::ranges::all_of(row.cells, [&](const std::string& cell) {
    return inputs.Find(cell) || by_feature.Find(cell);
  });
  if (known) return true;
  const bool takes_text = std::ranges::any_of(
      signature.inputs, [](const TensorSpec& input) { return input.dtype == DType::kBytes; });
  return !takes_text && !std::ranges::all_of(row.cells, IsValueCell);
}

Status AddRow(const data::CsvRow& row, Table& table) {
  for (size_t i = 0; i < row.cells.size(); ++i)
    if (const Status put = table.Put(i, row.cells[i]); !put.ok())
      return Annotate(put, fmt::format("line {}", row.line));
  return table.EndRow();
}

}  // namespace

StatusOr<CsvNames> ReadCsvTable(std::string_view text, CsvHeader header, const Signature& signature,
                                std::span<const std::string> features, InferRequest& request) {
  data::CsvReader reader(text);
  data::CsvRow row;
  ASSIGN_OR_RETURN(bool more, reader.Next(row));
  if (!more) return Error(Reason::kBadRequest, "expected at least one line of values");
  Table table(signature, features);
  CsvNames names = CsvNames::kNone;
  if (header == CsvHeader::kPresent ||
      (header == CsvHeader::kAuto && LooksLikeHeader(row, signature, features))) {
    RETURN_IF_ERROR(table.SetColumns(row.cells));
    names = table.went_by_order() ? CsvNames::kUnchecked : CsvNames::kFound;
  } else {
    RETURN_IF_ERROR(table.SetWidth(row.cells.size()));
    RETURN_IF_ERROR(AddRow(row, table));
  }
  for (;;) {
    ASSIGN_OR_RETURN(more, reader.Next(row));
    if (!more) break;
    RETURN_IF_ERROR(AddRow(row, table));
  }
  RETURN_IF_ERROR(table.Finish(request));
  return names;
}

}  // namespace slipway::instances
