#include "cli/any_model.h"

#include <fmt/format.h>

#include "cli/server_target.h"
#include "client/infer_client.h"
#include "pipeline/runners.h"

namespace slipway::cli {
namespace {

/// The model's signature with the names of its columns.
Signature SignatureOf(const LocalModel& model) {
  Signature signature = model.signature();
  if (signature.inputs.size() == 1 && signature.inputs.front().columns.empty())
    signature.inputs.front().columns = model.Features();
  return signature;
}

}  // namespace

StatusOr<AnyModel> OpenAnyModel(const std::string& model, const Arguments& arguments,
                                int intra_op_threads) {
  AnyModel any;
  any.name = model;
  if (client::LooksLikeUrl(model)) {
    ASSIGN_OR_RETURN(client::Target target, ReadTarget(model, arguments));
    ASSIGN_OR_RETURN(any.runner, pipeline::ConnectRunner(std::move(target)));
    return any;
  }
  ASSIGN_OR_RETURN(any.local, OpenLocalModel(model, intra_op_threads));
  any.runner = pipeline::RunnerOf(*any.local->loaded, SignatureOf(*any.local));
  return any;
}

Status CheckTargetUse(const Arguments& arguments, std::span<const AnyModel* const> models) {
  std::string_view file;
  for (const AnyModel* const model : models) {
    if (model == nullptr) continue;
    if (!model->local) return OkStatus();
    if (file.empty()) file = model->name;
  }
  for (const Option& option : TargetOptions())
    if (arguments.Has(option.name))
      return Error(Reason::kBadRequest, "{} is of models at a server: {}", option.name,
                   file.empty() ? "none was named" : fmt::format("{} is a file", file));
  return OkStatus();
}

}  // namespace slipway::cli
