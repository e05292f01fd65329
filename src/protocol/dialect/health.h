#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "protocol/dialect/target.h"
#include "transport/http/contract.h"

namespace slipway::dialect {

/// Whether a load balancer may send requests: the first pass over the models is done, the server is
/// not draining, and the model of requests that name none, if there is one that anybody asked for,
/// can answer.
bool IsHealthy(const lifecycle::ServingTable& table, bool draining, const Target& default_model);

/// The contract of a route that TellHealth answers.
http::Contract HealthContract(std::vector<std::string_view> dialects);

/// Appends {"status":"Healthy"} or "Unhealthy".
void WriteHealth(bool healthy, std::string& out);

/// Answers 200 {"status":"Healthy"}, or 503 "Unhealthy".
void TellHealth(bool healthy, http::Exchange& exchange);

}  // namespace slipway::dialect
