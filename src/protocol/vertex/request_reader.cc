#include "protocol/vertex/request_reader.h"

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
      RETURN_IF_ERROR(json.Skip());
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

}  // namespace slipway::vertex
