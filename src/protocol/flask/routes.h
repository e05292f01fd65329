#pragma once
// The plain endpoint of a Flask application that serves a model. docs/protocols/flask.md

#include <string_view>

#include "protocol/dialect/infer_handler.h"
#include "transport/http/router.h"

namespace slipway::flask {

/// Adds POST /predict and POST /models/{model}/predict.
void AddRoutes(http::Router& router, const dialect::Services& services);

/// What a route takes and gives whose bodies are BodyFormat's.
http::Contract PredictContract();

/// The schemas that the routes' contracts name (components.json).
std::string_view Components();

}  // namespace slipway::flask
