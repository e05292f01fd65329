#include "protocol/tfserving/kserve_reader.h"

#include "protocol/instances/json_table.h"
#include "protocol/instances/rows.h"
#include "text/json_reader.h"

namespace slipway::tfserving {
namespace {

/// The list of the member that counts; a view into `body`.
StatusOr<std::string_view> FindList(std::string_view body) {
  JsonReader json(body, {.allow_nan_tokens = true});
  std::string_view instances, inputs;
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    if (key == "instances")
      RETURN_IF_ERROR(json.Skip(&instances));
    else if (key == "inputs")
      RETURN_IF_ERROR(json.Skip(&inputs));
    else
      RETURN_IF_ERROR(json.SkipUnread());
  }
  RETURN_IF_ERROR(json.End());
  if (inputs.empty() && instances.empty())
    return Error(Reason::kBadRequest, "expected \"instances\" or \"inputs\", got neither");
  return inputs.empty() ? instances : inputs;
}

}  // namespace

Status ReadKserveRequest(std::string_view body, const Signature& signature, InferRequest& request) {
  ASSIGN_OR_RETURN(const std::string_view list, FindList(body));
  static const std::vector<std::string> kNoNames;
  const std::vector<std::string>& features =
      signature.inputs.size() == 1 ? signature.inputs.front().columns : kNoNames;
  const instances::TableModel model{signature, features, body.data()};
  JsonReader json(list, model.json());
  if (instances::HoldsFrames(json, signature)) return instances::ReadFrames(list, model, request);
  RETURN_IF_ERROR(instances::ReadRows(json, signature, request));
  return json.End();
}

}  // namespace slipway::tfserving
