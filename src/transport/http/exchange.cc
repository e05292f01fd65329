#include "transport/http/exchange.h"

namespace slipway::http {

std::string_view RouteParams::operator[](std::string_view name) const {
  for (const Param& param : values_)
    if (param.name == name) return param.value;
  return {};
}

void Refuse(Exchange& exchange, const Status& why) {
  RespondWithError(why, exchange.request_id(), exchange.response());
  exchange.Send();
}

}  // namespace slipway::http
