#include "transport/http/exchange.h"

namespace slipway::http {

std::string_view RouteParams::operator[](std::string_view name) const {
  for (const Param& param : values_)
    if (param.name == name) return param.value;
  return {};
}

}  // namespace slipway::http
