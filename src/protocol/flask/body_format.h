#pragma once
// The bodies of the plain endpoint that a Flask application around `model.predict` has.
// docs/protocols/flask.md

#include <span>
#include <string>
#include <string_view>

#include "protocol/dialect/body_format.h"
#include "tensor/signature.h"

namespace slipway::flask {

/// Asks for the model's first output, the prediction; and with `probability` for the first one
/// after it that has a row of floats for each row.
/// @return kBadRequest when there is no such output.
Status AskForOutputs(const Signature& signature, bool probability, InferRequest& request);

/// Appends {"prediction": […]}, and "probability" when it was asked for. A column [n,1] is n
/// values, as scikit-learn has them; NaN and the infinities are written as Python does.
/// @return kBadRequest for BYTES that are not UTF-8; `out` is then unspecified.
Status WriteAnswer(std::span<const NamedTensor> outputs, std::string& out);

class BodyFormat final : public dialect::BodyFormat {
 public:
  Status Read(const http::Request& from, const lifecycle::ServedVersion& version,
              InferRequest& request) const override;
  Status Write(const http::Request& from, const InferRequest& request, const InferResponse& answer,
               const lifecycle::ServedVersion& version, http::Response& to) const override;
};

}  // namespace slipway::flask
