#pragma once
// Which model a request is for, in dialects whose paths name none.

#include <string>
#include <string_view>

#include "base/status.h"
#include "lifecycle/serving_table.h"
#include "transport/http/exchange.h"

namespace slipway::dialect {

struct Target {
  std::string model;
  std::string version;  // number, alias or ""

  /// "name" or "name@version", cut at the last '@'.
  static Target Parse(std::string_view text);
};

/// The path's {model}, else ?model_name=, else `fallback`, else the only model there is. The
/// version is ?version=; that of `fallback` when it is taken and the query has none.
/// @param fallback  model "" = none is configured
/// @return kBadRequest, kLoading or kNotFound when none is named and it is not the only one;
/// kBadRequest for a query that cannot be decoded.
StatusOr<Target> TargetOf(const http::Exchange& exchange, const lifecycle::ServingTable& table,
                          const Target& fallback);

}  // namespace slipway::dialect
