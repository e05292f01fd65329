#include "protocol/flask/routes.h"

#include "protocol/flask/body_format.h"

namespace slipway::flask {

http::Contract PredictContract() {
  return {.dialects = {"Flask"},
          .parameters = {"model_name", "version_name", "proba"},
          .takes = {{http::kJsonType, "FlaskRows"}, {"text/csv"}},
          .gives = {{200, {{http::kJsonType, "FlaskAnswer"}}}},
          .refuses = {404, 504}};
}

void AddRoutes(http::Router& router, const dialect::Services& services) {
  const auto predict = dialect::MakeInferHandler(services, std::make_shared<const BodyFormat>());
  router.Add({http::Method::kPost, "/predict", http::Access::kInference, predict,
              "Predicts with the default model.", PredictContract()});
  router.Add({http::Method::kPost, "/models/{model}/predict", http::Access::kInference, predict,
              "Predicts with a model.", PredictContract()});
}

}  // namespace slipway::flask
