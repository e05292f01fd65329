#include "cli/optimise_data.h"

#include <span>
#include <utility>
#include <vector>

#include "cli/row_options.h"
#include "data/table_file.h"
#include "evaluate/evaluation.h"
#include "io/digest.h"
#include "optimise/array_rows.h"
#include "pipeline/row_choice.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxArrayBytes = uint64_t{4} << 30;

using Lineage = std::map<std::string, std::string>;

/// How the model's training chose its rows; nullopt where the lineage does not tell.
StatusOr<std::optional<pipeline::RowChoice>> ChoiceOf(const Lineage& lineage) {
  const auto found = lineage.find("rows");
  if (found == lineage.end()) return std::nullopt;
  auto choice = pipeline::ReadRowChoice(found->second);
  if (!choice.ok()) return Annotate(choice.status(), "lineage \"rows\"");
  choice->max_memory_bytes = TableMemory();
  return *std::move(choice);
}

StatusOr<std::string> Sha256Of(const std::string& path) {
  constexpr size_t kPiece = size_t{1} << 16;
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  io::Sha256 digest;
  std::vector<std::byte> piece(kPiece);
  for (uint64_t offset = 0;;) {
    ASSIGN_OR_RETURN(const size_t read, file.ReadAt(offset, piece));
    if (read == 0) return digest.HexDigest();
    digest.Update(std::span(piece).first(read));
    offset += read;
  }
}

/// What tied or weighed rows in the training does so here: ties must be there, weights may.
Status KeepRoles(const data::Table& table, const pipeline::RowChoice& choice,
                 optimise::LabelledRows& labelled) {
  if (table.Find(choice.weights) != nullptr) {
    ASSIGN_OR_RETURN(labelled.weights, pipeline::WeightsOf(table, choice.weights));
  }
  const std::pair<const std::string*, std::optional<data::Column>*> ties[] = {
      {&choice.group, &labelled.group}, {&choice.time, &labelled.time}};
  for (const auto& [name, column] : ties) {
    if (name->empty()) continue;
    const data::Column* const found = table.Find(*name);
    if (found == nullptr)
      return Error(Reason::kBadRequest,
                   "there is no column \"{}\", by which the model's training divided its rows: "
                   "without, rows that belong together would be learned from and judge",
                   *name);
    *column = *found;
  }
  return OkStatus();
}

/// The file that the model learned from, as its training read it.
StatusOr<RowsOfFile> ReadTrainingRows(const std::string& path, const Signature& signature,
                                      const std::string& target,
                                      const pipeline::RowChoice& choice) {
  if (!target.empty() && target != choice.target)
    return Error(Reason::kBadRequest,
                 "the model learned from this file to predict \"{}\": expected no other --target, "
                 "got \"{}\"",
                 choice.target, target);
  ASSIGN_OR_RETURN(data::TableFile file, pipeline::ReadFile(path, choice));
  ASSIGN_OR_RETURN(pipeline::DividedRows divided,
                   pipeline::DivideRows(std::move(file), choice, pipeline::Purpose::kLearn));
  RowsOfFile read{.bytes = {}, .labelled = {}, .sha256 = divided.facts.sha256};
  read.training = std::move(divided.split);
  optimise::LabelledRows& labelled = read.labelled;
  labelled.target = std::move(divided.all.target);
  labelled.weights = std::move(divided.all.weights);
  labelled.group = std::move(divided.all.group);
  labelled.time = std::move(divided.all.time);
  labelled.table = divided.all.table.Without({{choice.target}});
  std::vector<std::string> unseen = choice.drop;
  for (const std::string* role : {&choice.weights, &choice.group, &choice.time})
    if (!role->empty()) unseen.push_back(*role);
  ASSIGN_OR_RETURN(labelled.rows, optimise::RowsOfTable(labelled.table.Without(unseen), signature));
  return read;
}

StatusOr<RowsOfFile> ReadTableRows(const std::string& path, const Signature& signature,
                                   const std::string& target,
                                   const std::optional<pipeline::RowChoice>& choice) {
  data::TableOptions options = {.max_memory_bytes = TableMemory()};
  if (choice && !choice->missing.empty()) options.missing = choice->missing;
  ASSIGN_OR_RETURN(data::TableFile file, data::ReadTable(path, options));
  RowsOfFile read{.bytes = {}, .labelled = {}, .sha256 = file.facts.sha256};
  optimise::LabelledRows& labelled = read.labelled;
  if (!target.empty()) {
    ASSIGN_OR_RETURN(const data::Column* const column, file.table.Get(target));
    const std::optional<data::Task> task = evaluate::TaskOf(signature);
    ASSIGN_OR_RETURN(labelled.target, data::TargetOf(*column, task ? &*task : nullptr));
    if (choice) RETURN_IF_ERROR(KeepRoles(file.table, *choice, labelled));
    labelled.table = file.table.Without({{target}});
  } else {
    labelled.table = std::move(file.table);
  }
  if (labelled.table.rows == 0) return Error(Reason::kBadRequest, "the file has no rows");
  ASSIGN_OR_RETURN(labelled.rows, optimise::RowsOfTable(labelled.table, signature));
  return read;
}

StatusOr<RowsOfFile> ReadArrays(const std::string& path, const Signature& signature,
                                const std::string& target) {
  RowsOfFile read;
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(read.bytes, file.ReadAll(kMaxArrayBytes));
  read.sha256 = io::Sha256Hex(read.bytes.span());
  ASSIGN_OR_RETURN(read.labelled, optimise::RowsOfArrays(read.bytes.span(), signature, target));
  return read;
}

}  // namespace

StatusOr<RowsOfFile> ReadRows(const std::string& path, const Signature& signature,
                              const std::string& target, const Lineage& lineage) {
  ASSIGN_OR_RETURN(const auto choice, ChoiceOf(lineage));
  const auto learned_from = lineage.find("data_sha256");
  bool is_training_file = false;
  if (choice && learned_from != lineage.end()) {
    ASSIGN_OR_RETURN(const std::string sha256, Sha256Of(path));
    is_training_file = sha256 == learned_from->second;
  }
  const bool has_arrays = path.ends_with(".npz") || path.ends_with(".npy");
  auto read = is_training_file ? ReadTrainingRows(path, signature, target, *choice)
              : has_arrays     ? ReadArrays(path, signature, target)
                               : ReadTableRows(path, signature, target, choice);
  if (!read.ok()) return Annotate(read.status(), path);
  if (is_training_file && read->sha256 != learned_from->second)
    return Error(Reason::kIo, "{}: the file changed while it was read", path);
  return read;
}

}  // namespace slipway::cli
