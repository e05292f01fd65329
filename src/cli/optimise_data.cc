#include "cli/optimise_data.h"

#include <algorithm>

#include "data/table_file.h"
#include "evaluate/evaluation.h"
#include "optimise/array_rows.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxArrayBytes = uint64_t{4} << 30;

StatusOr<optimise::LabelledRows> ReadTableRows(const std::string& path, const Signature& signature,
                                               const std::string& target) {
  ASSIGN_OR_RETURN(data::TableFile file, data::ReadTable(path));
  optimise::LabelledRows labelled;
  if (!target.empty()) {
    ASSIGN_OR_RETURN(const data::Column* const column, file.table.Get(target));
    const std::optional<data::Task> task = evaluate::TaskOf(signature);
    ASSIGN_OR_RETURN(labelled.target, data::TargetOf(*column, task ? &*task : nullptr));
    labelled.table = file.table.Without({{target}});
  } else {
    labelled.table = std::move(file.table);
  }
  if (labelled.table.rows == 0) return Error(Reason::kBadRequest, "the file has no rows");
  ASSIGN_OR_RETURN(labelled.rows, optimise::RowsOfTable(labelled.table, signature));
  return labelled;
}

}  // namespace

StatusOr<RowsOfFile> ReadRows(const std::string& path, const Signature& signature,
                              const std::string& target) {
  RowsOfFile read;
  StatusOr<optimise::LabelledRows> labelled;
  if (path.ends_with(".npz") || path.ends_with(".npy")) {
    ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
    ASSIGN_OR_RETURN(read.bytes, file.ReadAll(kMaxArrayBytes));
    labelled = optimise::RowsOfArrays(read.bytes.span(), signature, target);
  } else {
    labelled = ReadTableRows(path, signature, target);
  }
  if (!labelled.ok()) return Annotate(labelled.status(), path);
  read.labelled = *std::move(labelled);
  return read;
}

}  // namespace slipway::cli
