#include "protocol/tfserving/request_reader.h"

#include <optional>

#include "protocol/instances/rows.h"

namespace slipway::tfserving {

Status ReadSignatureName(JsonReader& json) {
  std::string_view name;
  if (const Status read = json.ReadString(&name); !read.ok())
    return Annotate(read, "\"signature_name\"");
  if (name.empty() || name == kSignatureName) return OkStatus();
  return Error(
      Reason::kBadRequest,
      "Serving signature name: \"{}\" not found in signature def: the model has \"{}\" alone",
      name.substr(0, 60), kSignatureName);
}

StatusOr<Format> ReadPredictRequest(std::string_view body, const Signature& signature,
                                    InferRequest& request) {
  JsonReader json(body, {.allow_nan_tokens = true});
  std::optional<Format> format;
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    if (key == "instances" || key == "inputs") {
      if (format)
        return Error(Reason::kBadRequest, "expected one of \"instances\" and \"inputs\", got two");
      format = key == "instances" ? Format::kRows : Format::kColumns;
      RETURN_IF_ERROR(*format == Format::kRows ? instances::ReadRows(json, signature, request)
                                               : instances::ReadColumns(json, signature, request));
    } else if (key == "signature_name") {
      RETURN_IF_ERROR(ReadSignatureName(json));
    } else {
      RETURN_IF_ERROR(json.SkipUnread());
    }
  }
  RETURN_IF_ERROR(json.End());
  if (!format) return Error(Reason::kBadRequest, "Missing 'inputs' or 'instances' key");
  return *format;
}

}  // namespace slipway::tfserving
