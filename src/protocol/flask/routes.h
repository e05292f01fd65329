#pragma once
// The plain endpoint of a Flask application that serves a model. docs/protocols/flask.md

#include "protocol/dialect/infer_handler.h"
#include "transport/http/router.h"

namespace slipway::flask {

/// Adds POST /predict and POST /models/{model}/predict.
void AddRoutes(http::Router& router, const dialect::Services& services);

}  // namespace slipway::flask
