#pragma once
// Vertex AI's predictions. docs/protocols/vertex.md

#include <string_view>

#include "protocol/dialect/body_format.h"

namespace slipway::vertex {

/// Reads {"instances": […], "parameters": …}; parameters and other members are checked and ignored.
/// @param request  inputs are appended, their data lies in its arena (memory: instances/rows.h).
/// @return kBadRequest naming the byte, the instance or the input.
Status ReadPredictRequest(std::string_view body, const Signature& signature, InferRequest& request);

/// {"instances": …} → {"predictions": …}
class PredictFormat final : public dialect::BodyFormat {
 public:
  Status Read(const http::Request& from, const lifecycle::ServedVersion& version,
              InferRequest& request) const override;
  Status Write(const http::Request& from, const InferRequest& request, const InferResponse& answer,
               const lifecycle::ServedVersion& version, http::Response& to) const override;
};

}  // namespace slipway::vertex
