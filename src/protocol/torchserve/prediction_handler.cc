#include "protocol/torchserve/prediction_handler.h"

#include "protocol/torchserve/errors.h"
#include "protocol/torchserve/prediction_writer.h"
#include "routing/resolver.h"

namespace slipway::torchserve {

Status PredictionCall::Write(const lifecycle::ServedVersion& version, http::Response& answer) {
  return WritePredictions(response.outputs, version.signature, form, answer.body);
}

void PredictionCall::WriteError(const Status& why, const lifecycle::ServedVersion*,
                                http::Response& answer) {
  torchserve::WriteError(why, model_known, exchange().request_id(), answer);
}

void PredictionHandler::operator()(http::Exchange& exchange) {
  calls_.Run(exchange, [this](PredictionCall& call) -> Status {
    const http::Exchange& from = call.exchange();
    const lifecycle::ServingTable& table = infer_.Table(from.loop());
    call.request.model = from.params()["model"];
    call.request.version = PlainVersion(from.params()["version"]);
    call.model_known = table.models.contains(call.request.model);
    ASSIGN_OR_RETURN(const auto* version,
                     routing::Resolve(table, call.request.model, call.request.version));
    ASSIGN_OR_RETURN(call.form, ReadPrediction(from.request(), **version, call.request));
    return OkStatus();
  });
}

std::string_view PlainVersion(std::string_view version) {
  constexpr std::string_view kMinor = ".0";
  if (!version.ends_with(kMinor)) return version;
  const std::string_view major = version.substr(0, version.size() - kMinor.size());
  return VersionNumber::Parse(major) ? major : version;
}

}  // namespace slipway::torchserve
