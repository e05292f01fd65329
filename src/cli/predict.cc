#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/input_file.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/server_target.h"
#include "client/infer_client.h"

namespace slipway::cli {
namespace {

using Outputs = std::vector<NamedTensor>;

/// The request of the input file with the outputs that were asked for.
StatusOr<InferRequest> MakeRequest(const Arguments& arguments, const instances::TableModel& model) {
  ASSIGN_OR_RETURN(InferRequest request, ReadInputFile(arguments.Text("--input"), model));
  if (!arguments.Has("--output-name")) return request;
  request.outputs.clear();
  for (const std::string& name : arguments.Texts("--output-name"))
    request.outputs.push_back({name});
  return request;
}

StatusOr<Outputs> PredictAt(const std::string& url, const Arguments& arguments) {
  ASSIGN_OR_RETURN(client::Target target, ReadTarget(url, arguments));
  ASSIGN_OR_RETURN(const auto model, client::InferClient::Create(std::move(target)));
  ASSIGN_OR_RETURN(const Signature signature, model->Metadata());
  ASSIGN_OR_RETURN(const InferRequest request,
                   MakeRequest(arguments, {signature, ColumnsOf(signature)}));
  ASSIGN_OR_RETURN(client::InferAnswer answer, model->Infer(request));
  return std::move(answer.outputs);
}

StatusOr<Outputs> PredictHere(const std::string& path, const Arguments& arguments) {
  ASSIGN_OR_RETURN(const LocalModel model, OpenLocalModel(path));
  const std::vector<std::string> features = model.Features();
  ASSIGN_OR_RETURN(const InferRequest request,
                   MakeRequest(arguments, {model.signature(), features}));
  return model.Infer(request);
}

Status Predict(const Arguments& arguments) {
  const std::string model = arguments.Text("MODEL|URL"), out = arguments.Text("--output");
  FileFormat format = arguments.Flag("--json") ? FileFormat::kJson : FileFormat::kJsonLines;
  if (!out.empty()) {
    ASSIGN_OR_RETURN(format, FormatOf(out));
  }
  Progress progress("Predicting with " + model);
  ASSIGN_OR_RETURN(const Outputs outputs, client::LooksLikeUrl(model)
                                              ? PredictAt(model, arguments)
                                              : PredictHere(model, arguments));
  ASSIGN_OR_RETURN(const std::string content, WriteOutputs(format, outputs));
  return WriteResult(out, content);
}

int RunPredict(const Arguments& arguments) {
  const Status done = Predict(arguments);
  return done.ok() ? kDone : Fail("predict", done);
}

std::vector<Option> PredictOptions() {
  std::vector<Option> options = {
      {"MODEL|URL", "",
       "A model (file, bundle), or http://HOST:PORT/v2/models/NAME; https://, grpc://, grpcs:// "
       "too.",
       /*required=*/true},
      {.name = "--input",
       .value_name = "FILE",
       .help = "Inputs: .json (a v2 request, rows, or columns by input name), .jsonl, .csv "
               "(a first line that is no values holds names), .npy, or - for JSON on "
               "standard input; for models of tables also what slipway train reads: .parquet, "
               ".npz, .csv.gz and the like.",
       .required = true,
       .short_name = "-i"},
      {.name = "--output",
       .value_name = "FILE",
       .help = "Where to write the outputs: .json, .jsonl, .csv or .npy; standard output gets "
               "a JSON line a row.",
       .short_name = "-o"},
      {.name = "--output-name",
       .value_name = "NAME",
       .help = "Only this output.",
       .repeated = true},
      JsonOption()};
  for (Option& option : TargetOptions()) options.push_back(std::move(option));
  return options;
}

}  // namespace

Command PredictCommand() {
  return {"predict", "Runs a model on a file of inputs, here or at a server.",
          "slipway predict http://127.0.0.1:8080/v2/models/breast_cancer --input rows.csv",
          PredictOptions(), RunPredict};
}

}  // namespace slipway::cli
