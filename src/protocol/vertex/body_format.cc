#include "protocol/vertex/body_format.h"

#include "protocol/instances/rows.h"

namespace slipway::vertex {

Status ReadPredictRequest(std::string_view body, const Signature& signature,
                          InferRequest& request) {
  JsonReader json(body, {.allow_nan_tokens = true});
  bool has_instances = false;
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    if (key != "instances") {
      RETURN_IF_ERROR(json.SkipUnread());
    } else if (std::exchange(has_instances, true)) {
      return Error(Reason::kBadRequest, "\"instances\" is given twice");
    } else {
      RETURN_IF_ERROR(instances::ReadRows(json, signature, request));
    }
  }
  RETURN_IF_ERROR(json.End());
  if (has_instances) return OkStatus();
  return Error(Reason::kBadRequest, "\"instances\" is missing");
}

Status PredictFormat::Read(const http::Request& from, const lifecycle::ServedVersion& version,
                           InferRequest& request) const {
  return ReadPredictRequest(from.body_text(), version.signature, request);
}

Status PredictFormat::Write(const http::Request&, const InferRequest&, const InferResponse& answer,
                            const lifecycle::ServedVersion&, http::Response& to) const {
  to.body = "{\"predictions\":";
  RETURN_IF_ERROR(instances::AppendRows(answer.outputs, {}, to.body));
  to.body += '}';
  return OkStatus();
}

}  // namespace slipway::vertex
