#include "protocol/torchserve/errors.h"

#include "text/json_writer.h"

namespace slipway::torchserve {

std::string_view ErrorType(Reason reason, bool model_known) {
  switch (reason) {
    case Reason::kNotFound:
      return model_known ? "ModelVersionNotFoundException" : "ModelNotFoundException";
    case Reason::kAlreadyExists:
      return "ConflictStatusException";
    case Reason::kSlowRequest:
    case Reason::kDeadlineExceeded:
      return "RequestTimeoutException";
    case Reason::kMethodNotAllowed:
      return "MethodNotAllowedException";
    case Reason::kForbidden:
      return "IllegalArgumentException";
    case Reason::kBadModel:
      return "InvalidModelException";
    default:
      break;
  }
  const int status = InfoOf(reason).http_status;
  if (status == 503) return "ServiceUnavailableException";
  return status >= 500 ? "InternalServerException" : "BadRequestException";
}

void WriteError(const Status& why, bool model_known, std::string_view request_id,
                http::Response& response) {
  constexpr std::string_view kClose = "\"}";
  http::RespondWithError(why, request_id, response);
  std::string& body = response.body;
  body.clear();
  JsonWriter(body)
      .BeginObject()
      .Key("code")
      .Int(response.status)
      .Key("type")
      .String(ErrorType(ReasonOf(why), model_known))
      .Key("message");
  body += '"';
  http::AppendCutText(MessageOf(response.failure), http::kMaxErrorBody - kClose.size(), body);
  body += kClose;
}

}  // namespace slipway::torchserve
