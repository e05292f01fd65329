#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "io/durable_write.h"
#include "io/file.h"
#include "optimise/array_rows.h"
#include "optimise/optimise.h"
#include "pipeline/runners.h"
#include "server/resources.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxDataBytes = uint64_t{4} << 30;
constexpr size_t kMadeUpRows = 16;  // that stand for data where there is none

/// All passes that change answers by rounding only.
std::vector<optimise::Step> ExactSteps() {
  std::string names;
  for (const optimise::Pass& pass : optimise::Passes())
    if (pass.exact) names += fmt::format("{}{}", names.empty() ? "" : ",", pass.name);
  return *optimise::ReadSteps(names);
}

/// Rows of a file, and the bytes that they borrow from.
struct Data {
  io::Bytes bytes;
  optimise::Rows rows;
};

StatusOr<Data> ReadData(const Arguments& arguments, const Signature& signature) {
  Data data;
  if (!arguments.Has("--data")) {
    ASSIGN_OR_RETURN(data.rows, optimise::MadeUpRows(signature, kMadeUpRows));
    return data;
  }
  const std::string path = arguments.Text("--data");
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(data.bytes, file.ReadAll(kMaxDataBytes));
  auto rows = optimise::RowsOfArrays(data.bytes.span(), signature, arguments.Text("--target", "y"));
  if (!rows.ok()) return Annotate(rows.status(), path);
  data.rows = *std::move(rows);
  return data;
}

struct Result {
  size_t size_before = 0;
  optimise::Optimised optimised;
};

StatusOr<Result> Work(const Arguments& arguments) {
  const std::string path = arguments.Text("MODEL");
  std::vector<optimise::Step> steps = ExactSteps();
  if (arguments.Has("--passes")) {
    ASSIGN_OR_RETURN(steps, optimise::ReadSteps(arguments.Text("--passes")));
  }
  Progress progress("Optimising " + path);
  ASSIGN_OR_RETURN(const LocalModel model, OpenLocalModel(path));
  ASSIGN_OR_RETURN(const Data data, ReadData(arguments, model.signature()));
  LoadOptions load;
  load.memory.run_bytes = server::DetectResources().memory_bytes;
  const optimise::Workshop workshop{.load = pipeline::LoaderOf(*model.engine, load),
                                    .rows = arguments.Has("--data") ? &data.rows : nullptr};
  const SteadyClock clock;
  size_t done = 0;
  optimise::OptimiseOptions options;
  options.clock = &clock;
  options.done = [&](const optimise::PassReport&) {
    progress.Set(static_cast<double>(++done) / static_cast<double>(steps.size()));
  };
  ASSIGN_OR_RETURN(auto optimised, optimise::Optimise(model.artifact->bytes(), steps, workshop,
                                                      data.rows, options));
  RETURN_IF_ERROR(io::WriteDurably(arguments.Text("--output"), optimised.onnx,
                                   io::DurableFile::Existing::kRefuse));
  return Result{model.artifact->size_bytes(), std::move(optimised)};
}

double Milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

std::string ToText(const std::string& out, const Result& result) {
  std::string text;
  for (const optimise::PassReport& pass : result.optimised.passes) {
    text += fmt::format("{:<24} {}", pass.pass, pass.done.empty() ? "nothing to do" : pass.done);
    text += fmt::format(" ({:.0f} ms", Milliseconds(pass.time));
    if (!pass.done.empty())
      text += fmt::format("; answers differ by {:.2g}", pass.difference.relative);
    text += ")\n";
  }
  return text + fmt::format("{}: {} bytes, before {}\n", out,
                            WithThousands(result.optimised.onnx.size()),
                            WithThousands(result.size_before));
}

std::string ToJson(const std::string& out, const Result& result) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("output").String(out);
  json.Key("size_bytes").Uint(result.optimised.onnx.size());
  json.Key("size_bytes_before").Uint(result.size_before);
  json.Key("passes").BeginArray();
  for (const optimise::PassReport& pass : result.optimised.passes) {
    json.BeginObject().Key("pass").String(pass.pass).Key("done").String(pass.done);
    json.Key("ms").Double(Milliseconds(pass.time)).Key("nodes").Uint(pass.nodes);
    json.Key("size_bytes").Uint(pass.size_bytes);
    json.Key("relative_error").Double(pass.difference.relative);
    json.Key("largest_error").Double(pass.difference.largest);
    json.Key("correlation").Double(pass.difference.correlation);
    json.Key("differing_labels").Double(pass.difference.differing).EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

int RunOptimise(const Arguments& arguments) {
  const auto result = Work(arguments);
  if (!result.ok()) return Fail("optimise", result.status());
  const std::string out = arguments.Text("--output");
  const Status written =
      WriteResult("", arguments.Flag("--json") ? ToJson(out, *result) : ToText(out, *result));
  return written.ok() ? kDone : Fail("optimise", written);
}

std::string PassesHelp() {
  std::string help =
      "Passes to apply, in this order, as NAME or NAME:PARAMETER=VALUE:…; else all that change "
      "answers by rounding only. There are:";
  for (const optimise::Pass& pass : optimise::Passes()) help += fmt::format(" {}", pass.name);
  return help;
}

}  // namespace

Command OptimiseCommand() {
  return {"optimise",
          "Makes a model smaller or faster, pass by pass, each verified against the original.",
          "slipway optimise examples/models/digits/1 -o /tmp/digits.onnx",
          {{"MODEL", "",
            "An ONNX file, a bundle (folder or tar), or a model of scikit-learn, XGBoost, LightGBM "
            "or CatBoost.",
            /*required=*/true},
           {.name = "--output",
            .value_name = "OUT",
            .help = "What to write: NAME.onnx. It must not exist.",
            .required = true,
            .short_name = "-o"},
           {"--passes", "A,B", PassesHelp()},
           {"--data", "FILE",
            "Rows to calibrate and verify on: .npz with an array for each input (x for the only "
            "one), or .npy."},
           {"--target", "NAME", "The array that holds the right answers; y otherwise."},
           JsonOption()},
          RunOptimise};
}

}  // namespace slipway::cli
