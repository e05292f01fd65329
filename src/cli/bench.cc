#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>

#include "cli/bench_compare.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "cli/input_file.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/server_target.h"
#include "client/call_load.h"
#include "client/exchange.h"
#include "client/first_answers.h"
#include "client/infer_client.h"
#include "client/server_load.h"
#include "infer/validate.h"
#include "io/file.h"
#include "protocol/openinference/tensor_data.h"
#include "server/config_value.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

using client::LoadReport;
using client::LoadShape;

constexpr int64_t kMaxConcurrency = 10'000, kMaxRate = 10'000'000;
constexpr int kOpenLoopConcurrency = 64;  // at most in flight, unless the command line says

std::atomic<bool> g_stop{false};  // a signal handler reaches nothing else

struct Options {
  std::vector<LoadShape> shapes;  // one after the other; more than one for a sweep
  std::string input;
  std::string compare;
  int64_t batch = 1;
  int64_t intra_op_threads = 1;
  int64_t connections = 0;
  bool json_body = false;
  bool verify = false;
};

StatusOr<Duration> ReadDuration(const Arguments& arguments, std::string_view option,
                                std::string_view otherwise) {
  const auto duration = server::ParseDuration(arguments.Text(option, otherwise));
  if (!duration.ok()) return Annotate(duration.status(), option);
  return *duration;
}

/// "1,2,4"
StatusOr<std::vector<int64_t>> ReadCounts(const Arguments& arguments, std::string_view option,
                                          int64_t max) {
  constexpr size_t kMaxSteps = 100;
  std::vector<int64_t> counts;
  const std::string text = arguments.Text(option);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    ASSIGN_OR_RETURN(counts.emplace_back(),
                     ParseCount(option, std::string_view(text).substr(at, end - at), 1, max));
    at = end + 1;
  }
  if (counts.size() > kMaxSteps)
    return Error(Reason::kBadRequest, "{}: expected at most {} numbers, got {}", option, kMaxSteps,
                 counts.size());
  return counts;
}

/// What all loads of this command have in common; a closed loop.
StatusOr<LoadShape> ReadShape(const Arguments& arguments) {
  LoadShape shape;
  ASSIGN_OR_RETURN(shape.duration, ReadDuration(arguments, "--duration", "10s"));
  ASSIGN_OR_RETURN(shape.warm_up, ReadDuration(arguments, "--warm-up", "1s"));
  if (shape.duration <= Duration(0))
    return Error(Reason::kBadRequest, "--duration: expected more than 0");
  ASSIGN_OR_RETURN(
      const int64_t concurrency,
      ParseCount("--concurrency", arguments.Text("--concurrency", "1"), 1, kMaxConcurrency));
  shape.concurrency = static_cast<int>(concurrency);
  if (arguments.Text("--arrivals") == "poisson") shape.arrivals = client::ArrivalKind::kPoisson;
  shape.stop = &g_stop;
  return shape;
}

StatusOr<std::vector<LoadShape>> ReadShapes(const Arguments& arguments) {
  const bool open = arguments.Has("--rate") || arguments.Has("--sweep-rate");
  if (arguments.Has("--rate") + arguments.Has("--sweep") + arguments.Has("--sweep-rate") > 1)
    return Error(Reason::kBadRequest, "only one of --rate, --sweep and --sweep-rate");
  if (arguments.Has("--arrivals") && !open)
    return Error(Reason::kBadRequest, "--arrivals is about an open loop: it needs --rate");
  ASSIGN_OR_RETURN(LoadShape shape, ReadShape(arguments));
  std::vector<LoadShape> shapes;
  if (open) {
    if (!arguments.Has("--concurrency")) shape.concurrency = kOpenLoopConcurrency;
    ASSIGN_OR_RETURN(
        const auto rates,
        ReadCounts(arguments, arguments.Has("--rate") ? "--rate" : "--sweep-rate", kMaxRate));
    if (arguments.Has("--rate") && rates.size() > 1)
      return Error(Reason::kBadRequest, "--rate: expected one number; --sweep-rate takes several");
    for (const int64_t rate : rates) {
      shape.rate = static_cast<double>(rate);
      shapes.push_back(shape);
    }
  } else if (arguments.Has("--sweep")) {
    ASSIGN_OR_RETURN(const auto counts, ReadCounts(arguments, "--sweep", kMaxConcurrency));
    for (const int64_t count : counts) {
      shape.concurrency = static_cast<int>(count);
      shapes.push_back(shape);
    }
  } else {
    shapes.push_back(shape);
  }
  return shapes;
}

StatusOr<Options> ReadOptions(const Arguments& arguments) {
  Options options;
  ASSIGN_OR_RETURN(options.shapes, ReadShapes(arguments));
  ASSIGN_OR_RETURN(options.batch,
                   ParseCount("--batch", arguments.Text("--batch", "1"), 1, 1 << 20));
  ASSIGN_OR_RETURN(
      options.intra_op_threads,
      ParseCount("--intra-op-threads", arguments.Text("--intra-op-threads", "1"), 1, 1'024));
  if (arguments.Has("--connections")) {
    ASSIGN_OR_RETURN(
        options.connections,
        ParseCount("--connections", arguments.Text("--connections"), 1, kMaxConcurrency));
  }
  options.input = arguments.Text("--input");
  options.compare = arguments.Text("--compare");
  options.json_body = arguments.Text("--format", "binary") == "json";
  options.verify = arguments.Flag("--verify");
  return options;
}

/// The earlier report, read before anything is measured.
StatusOr<ReadReport> ReadEarlier(const std::string& path) {
  constexpr uint64_t kMaxReport = 64u << 20;
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxReport));
  auto report = ReadReport::Parse(bytes.text());
  if (!report.ok()) return Annotate(report.status(), path);
  return report;
}

StatusOr<InferRequest> MakeRequest(const Options& options, const instances::TableModel& model) {
  return options.input.empty() ? SyntheticRequest(model.signature, options.batch)
                               : ReadInputFile(options.input, model);
}

StatusOr<std::string> JsonBody(const InferRequest& request) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("inputs").BeginArray();
  for (const NamedTensor& input : request.inputs) {
    std::string data;
    const Status written = openinference::AppendJsonData(input.tensor, data);
    if (!written.ok()) return Annotate(written, fmt::format("input \"{}\"", input.name));
    json.BeginObject().Key("name").String(input.name);
    json.Key("datatype").String(NameOf(input.tensor.dtype)).Key("shape").BeginArray();
    for (const int64_t dim : input.tensor.shape) json.Int(dim);
    json.EndArray().Key("data").Raw(data).EndObject();
  }
  json.EndArray().EndObject();
  return body;
}

StatusOr<client::WireRequest> Prepare(const client::InferClient& model, const InferRequest& request,
                                      bool json_body) {
  if (!json_body) return model.Prepare(request);
  ASSIGN_OR_RETURN(const std::string body, JsonBody(request));
  return model.PrepareJson(body);
}

/// Calls `load` for each shape, with progress over all of them.
Status RunShapes(const Options& options,
                 const std::function<StatusOr<LoadReport>(const LoadShape&)>& load,
                 BenchReport& report) {
  Progress progress("Loading " + report.target);
  const auto steps = static_cast<double>(options.shapes.size());
  for (LoadShape shape : options.shapes) {
    if (g_stop) break;
    const auto done = static_cast<double>(report.runs.size());
    shape.on_progress = [&progress, done, steps](double share) {
      progress.Set((done + share) / steps);
    };
    StatusOr<LoadReport> measured = load(shape);
    if (!measured.ok()) {
      if (report.runs.empty()) return measured.status();
      report.ended_early = MessageOf(measured.status());
      break;
    }
    report.ended_early = measured->ended_early;
    report.runs.push_back({shape.concurrency, shape.rate, shape.arrivals, *std::move(measured)});
    if (!report.ended_early.empty()) break;
  }
  if (report.runs.empty())
    return Error(Reason::kCancelled, "interrupted before anything was measured");
  return OkStatus();
}

/// NAME of "/v2/models/NAME…"
std::string ModelOf(std::string_view path) {
  path.remove_prefix(std::string_view("/v2/models/").size());
  return std::string(path.substr(0, path.find('/')));
}

Status BenchServer(const client::Target& target, const Options& options, BenchReport& report) {
  constexpr Duration kTimeout = std::chrono::seconds(30);
  ASSIGN_OR_RETURN(const auto model, client::InferClient::Create(target));
  ASSIGN_OR_RETURN(const Signature signature, model->Metadata());
  ASSIGN_OR_RETURN(const InferRequest request,
                   MakeRequest(options, {signature, ColumnsOf(signature)}));
  client::ServerLoadOptions load{.target = target, .shape = {}, .requests = {}};
  load.connections = static_cast<int>(options.connections);
  ASSIGN_OR_RETURN(const client::WireRequest wire, Prepare(*model, request, options.json_body));
  // Once alone: a load of requests that are refused measures nothing, and the answer is what the
  // others are compared with.
  ASSIGN_OR_RETURN(client::InferAnswer answer, model->Infer(request));
  ASSIGN_OR_RETURN(std::string first,
                   client::ExchangeOnce(target, wire, SteadyClock().Now() + kTimeout));
  report.model = ModelOf(target.endpoint.path);
  report.protocol = target.endpoint.protocol == client::Protocol::kGrpc ? "grpc" : "http";
  report.tls = target.endpoint.tls;
  report.body = options.json_body ? "json" : "binary";
  report.version = std::move(answer.version);
  report.request_bytes = wire.bytes.size();
  client::FirstAnswers answers([&model](std::string_view body) { return model->VersionIn(body); });
  answers.Agrees(first);
  client::LoadRequest& repeated = load.requests.emplace_back(client::LoadRequest{wire});
  if (options.verify) {
    repeated.expected = std::move(first);
    repeated.is_right = [&answers](std::string_view body) { return answers.Agrees(body); };
  }
  return RunShapes(
      options,
      [&load](const LoadShape& shape) {
        load.shape = shape;
        return client::RunServerLoad(load);
      },
      report);
}

bool SameBytes(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.shape == y.shape && std::ranges::equal(x.data.bytes(), y.data.bytes());
  });
}

Status BenchHere(const std::string& path, const Options& options, BenchReport& report) {
  ASSIGN_OR_RETURN(const LocalModel model,
                   OpenLocalModel(path, static_cast<int>(options.intra_op_threads)));
  const std::vector<std::string> features = model.Features();
  ASSIGN_OR_RETURN(const InferRequest request, MakeRequest(options, {model.signature(), features}));
  BoundRequest bound;
  RETURN_IF_ERROR(Bind(request, model.signature(), bound));
  std::vector<Tensor> first;
  RETURN_IF_ERROR(model.loaded->Run(bound.inputs, bound.outputs, RunOptions{}, first));
  report.model = path;
  report.protocol = report.body = "none";
  report.digest = model.artifact->digest();
  const auto load = [&](const LoadShape& shape) -> StatusOr<LoadReport> {
    std::vector<std::vector<Tensor>> results(static_cast<size_t>(shape.concurrency));
    return client::RunCallLoad(shape, [&](int thread, uint64_t) -> Status {
      std::vector<Tensor>& result = results[static_cast<size_t>(thread)];
      RETURN_IF_ERROR(model.loaded->Run(bound.inputs, bound.outputs, RunOptions{}, result));
      if (options.verify && !SameBytes(result, first))
        return Error(Reason::kInternal, "the outputs differ from those of the first run");
      return OkStatus();
    });
  };
  return RunShapes(options, load, report);
}

/// The first that /proc/cpuinfo names.
std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.find(": ") + 2, line.size()));
  return "";
}

BenchReport NewReport(const std::string& target, const Options& options) {
  BenchReport report;
  report.target = target;
  report.inputs =
      options.input.empty() ? fmt::format("made up, {} rows", options.batch) : options.input;
  report.processors = server::DetectResources().processors;
  report.processor_name = ProcessorName();
  return report;
}

/// @return the exit code.
StatusOr<int> Tell(const BenchReport& report, const std::optional<ReadReport>& earlier,
                   bool as_json) {
  std::string json = BenchJson(report), text = BenchText(report);
  bool good = report.clean();
  if (earlier) {
    ASSIGN_OR_RETURN(const ReadReport now, ReadReport::Parse(json));
    const Comparison comparison = Compare(*earlier, now);
    good = good && !comparison.any_worse();
    text += ComparisonText(comparison);
    json.insert(json.size() - 1, ",\"comparison\":" + ComparisonJson(comparison));
  }
  RETURN_IF_ERROR(WriteResult("", as_json ? json + "\n" : text));
  return good ? kDone : kFailed;
}

int RunBench(const Arguments& arguments) {
  const StatusOr<Options> options = ReadOptions(arguments);
  if (!options.ok()) return Fail("bench", options.status(), /*usage=*/true);
  std::optional<ReadReport> earlier;
  if (!options->compare.empty()) {
    StatusOr<ReadReport> read = ReadEarlier(options->compare);
    if (!read.ok()) return Fail("bench", Annotate(read.status(), "--compare"), /*usage=*/true);
    earlier = *std::move(read);
  }
  const std::string target = arguments.Text("MODEL|URL");
  BenchReport report = NewReport(target, *options);
  std::signal(SIGINT, [](int) { g_stop = true; });
  Status measured;
  if (client::LooksLikeUrl(target)) {
    const StatusOr<client::Target> server = ReadTarget(target, arguments);
    if (!server.ok()) return Fail("bench", server.status(), /*usage=*/true);
    measured = BenchServer(*server, *options, report);
  } else {
    measured = BenchHere(target, *options, report);
  }
  if (!measured.ok()) return Fail("bench", measured);
  const StatusOr<int> told = Tell(report, earlier, arguments.Flag("--json"));
  return told.ok() ? *told : Fail("bench", told.status());
}

std::vector<Option> BenchOptions() {
  std::vector<Option> options = {
      {"MODEL|URL", "",
       "A model (file, bundle), or http://HOST:PORT/v2/models/NAME; https://, grpc://, grpcs:// "
       "too.",
       /*required=*/true},
      {.name = "--concurrency",
       .value_name = "N",
       .help = "Requests in flight: always (closed loop, by default 1), or at most (open loop, by "
               "default 64).",
       .short_name = "-c"},
      {.name = "--rate",
       .value_name = "N",
       .help = "Open loop: so many requests a second, whether the server keeps up or not; latency "
               "counts from when each was due.",
       .short_name = "-r"},
      {.name = "--arrivals",
       .value_name = "WORD",
       .help = "Of an open loop: at even distances (the default), or independently of each other.",
       .words = {"constant", "poisson"}},
      {"--sweep", "N,N,…", "A closed loop of each concurrency, one after the other, in one table."},
      {"--sweep-rate", "N,N,…", "An open loop of each rate."},
      {.name = "--duration",
       .value_name = "DURATION",
       .help = "Measured time of each loop; 10s by default.",
       .short_name = "-d"},
      {"--warm-up", "DURATION", "Time before it; 1s by default."},
      {.name = "--input",
       .value_name = "FILE",
       .help = "Inputs, as for predict; without it values are made up from the signature.",
       .short_name = "-i"},
      {"--batch", "N", "Rows of made-up inputs; 1 by default."},
      {.name = "--format",
       .value_name = "WORD",
       .help = "How tensors travel over HTTP; binary by default.",
       .words = {"binary", "json"}},
      {"--connections", "N", "That gRPC's calls share; one for each 100 in flight by default."},
      {"--intra-op-threads", "N", "Threads inside one run of a model here; 1 by default."},
      {"--verify", "", "Every answer must equal the first of its version byte for byte."},
      {"--compare", "FILE",
       "An earlier report of --json: prints ratios, and exits with 1 when something is worse by "
       "more than the noise of both."},
      JsonOption()};
  for (Option& option : TargetOptions()) options.push_back(std::move(option));
  return options;
}

}  // namespace

Command BenchCommand() {
  return {"bench", "Loads a server or a model and measures throughput and latency.",
          "slipway bench http://127.0.0.1:8080/v2/models/digits --concurrency 8 --duration 10s",
          BenchOptions(), RunBench};
}

}  // namespace slipway::cli
