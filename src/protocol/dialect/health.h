#pragma once
#include "protocol/dialect/target.h"

namespace slipway::dialect {

/// Whether a load balancer may send requests: the first pass over the models is done, the server is
/// not draining, and the model of requests that name none, if there is one, can answer.
bool IsHealthy(const lifecycle::ServingTable& table, bool draining, const Target& default_model);

/// Answers 200 {"status":"Healthy"}, or 503 "Unhealthy".
void TellHealth(bool healthy, http::Exchange& exchange);

}  // namespace slipway::dialect
