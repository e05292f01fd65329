#pragma once
#include <string_view>

#include "transport/http/contract.h"

namespace slipway::torchserve {

inline constexpr std::string_view kDialect = "TorchServe";

/// A route that gives JSON of that schema and refuses as WriteError does.
inline http::Contract Gives(std::string_view schema, std::vector<int> refuses = {}) {
  return {.dialects = {kDialect},
          .gives = {{200, {{http::kJsonType, schema}}}},
          .refuses = std::move(refuses),
          .error = "TorchserveError"};
}

/// A route that is known and not offered.
inline http::Contract RefusesAll() {
  return {.dialects = {kDialect}, .refuses = {501}, .error = "TorchserveError"};
}

}  // namespace slipway::torchserve
