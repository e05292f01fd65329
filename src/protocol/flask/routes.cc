#include "protocol/flask/routes.h"

#include "protocol/flask/body_format.h"

namespace slipway::flask {

void AddRoutes(http::Router& router, const dialect::Services& services) {
  const auto predict = dialect::MakeInferHandler(services, std::make_shared<const BodyFormat>());
  router.Add({http::Method::kPost, "/predict", http::Access::kInference, predict,
              "Predicts with the default model."});
  router.Add({http::Method::kPost, "/models/{model}/predict", http::Access::kInference, predict,
              "Predicts with a model."});
}

}  // namespace slipway::flask
