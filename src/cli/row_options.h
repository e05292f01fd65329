#pragma once
#include "cli/command.h"
#include "pipeline/row_choice.h"

namespace slipway::cli {

/// How the cells of a file are told: --delimiter and --missing.
std::vector<Option> CellOptions();

/// What a table may take of this process's memory: a quarter, for learning from rows and judging by
/// them makes copies.
size_t TableMemory();

/// What CellOptions, --target, --task, --type, --clean, --weights, --group, --time, --sample,
/// --seed and --skip-bad-rows say of rows; those that a command does not have say nothing.
/// @return kBadRequest naming the option.
StatusOr<pipeline::RowChoice> ReadRowOptions(const Arguments& arguments);

}  // namespace slipway::cli
