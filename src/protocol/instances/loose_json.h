#pragma once
#include <string_view>

#include "protocol/instances/json_table.h"

namespace slipway::instances {

/// Reads what one would have given `model.predict`: a list of rows, one row, a list of objects by
/// name of column, one such object, columns by name; or one of these under a key such as "data" or
/// "instances" (kWrappers), or under two of them, one within the other.
/// @return kBadRequest naming byte, or row and column.
Status ReadLooseJson(std::string_view body, const TableModel& model, InferRequest& request);

}  // namespace slipway::instances
