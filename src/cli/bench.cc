#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "cli/commands.h"
#include "cli/input_file.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "client/call_load.h"
#include "client/http_load.h"
#include "client/infer_client.h"
#include "infer/validate.h"
#include "protocol/openinference/tensor_data.h"
#include "server/config_value.h"

namespace slipway::cli {
namespace {

using client::LoadReport;
using client::LoadShape;

std::atomic<bool> g_stop{false};  // a signal handler reaches nothing else

struct Options {
  LoadShape shape;
  std::string input;
  int64_t batch = 1;
  int64_t intra_op_threads = 1;
  bool json_body = false;
  bool verify = false;
};

StatusOr<double> ParseRate(const std::string& text) {
  ASSIGN_OR_RETURN(const int64_t rate, ParseCount("--rate", text, 1, 10'000'000));
  return static_cast<double>(rate);
}

StatusOr<Duration> ReadDuration(const Arguments& arguments, std::string_view option,
                                std::string_view otherwise) {
  const auto duration = server::ParseDuration(arguments.Text(option, otherwise));
  if (!duration.ok()) return Annotate(duration.status(), option);
  return *duration;
}

StatusOr<Options> ReadOptions(const Arguments& arguments) {
  Options options;
  ASSIGN_OR_RETURN(const int64_t concurrency,
                   ParseCount("--concurrency", arguments.Text("--concurrency", "1"), 1, 10'000));
  options.shape.concurrency = static_cast<int>(concurrency);
  if (arguments.Has("--rate")) {
    ASSIGN_OR_RETURN(options.shape.rate, ParseRate(arguments.Text("--rate")));
    if (!arguments.Has("--concurrency")) options.shape.concurrency = 64;
  }
  ASSIGN_OR_RETURN(options.shape.duration, ReadDuration(arguments, "--duration", "10s"));
  ASSIGN_OR_RETURN(options.shape.warm_up, ReadDuration(arguments, "--warm-up", "1s"));
  if (options.shape.duration <= Duration(0))
    return Error(Reason::kBadRequest, "--duration: expected more than 0");
  ASSIGN_OR_RETURN(options.batch,
                   ParseCount("--batch", arguments.Text("--batch", "1"), 1, 1 << 20));
  ASSIGN_OR_RETURN(
      options.intra_op_threads,
      ParseCount("--intra-op-threads", arguments.Text("--intra-op-threads", "1"), 1, 1'024));
  options.input = arguments.Text("--input");
  options.json_body = arguments.Text("--format", "binary") == "json";
  options.verify = arguments.Flag("--verify");
  options.shape.stop = &g_stop;
  return options;
}

StatusOr<InferRequest> MakeRequest(const Options& options, const Signature& signature) {
  return options.input.empty() ? SyntheticRequest(signature, options.batch)
                               : ReadInputFile(options.input, signature);
}

StatusOr<client::EncodedRequest> EncodeJson(const InferRequest& request) {
  client::EncodedRequest encoded{"Content-Type: application/json\r\n", ""};
  JsonWriter json(encoded.body);
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
  return encoded;
}

StatusOr<LoadReport> BenchServer(const std::string& url, const Options& options) {
  ASSIGN_OR_RETURN(client::InferClient model, client::InferClient::Create(url));
  ASSIGN_OR_RETURN(const Signature signature, model.Metadata());
  ASSIGN_OR_RETURN(const InferRequest request, MakeRequest(options, signature));
  client::EncodedRequest encoded = client::EncodeBinary(request);
  if (options.json_body) {
    ASSIGN_OR_RETURN(encoded, EncodeJson(request));
  }
  const std::string path = model.infer_path();
  const client::HttpRequest wire{"POST", path, encoded.headers, encoded.body};
  // Once alone: a load of requests that are refused measures nothing, and the answer is what the
  // others are compared with.
  client::HttpClient http(model.endpoint());
  ASSIGN_OR_RETURN(const client::HttpResponse first, http.Send(wire));
  if (first.status != 200) return client::ErrorOf(first);
  client::HttpLoadOptions load{model.endpoint(), options.shape, {}};
  load.requests.push_back({client::Serialise(wire, model.endpoint().host_header),
                           options.verify ? first.body : std::string()});
  return client::RunHttpLoad(load);
}

bool SameBytes(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.shape == y.shape && std::ranges::equal(x.data.bytes(), y.data.bytes());
  });
}

StatusOr<LoadReport> BenchHere(const std::string& path, const Options& options) {
  ASSIGN_OR_RETURN(const LocalModel model,
                   OpenLocalModel(path, static_cast<int>(options.intra_op_threads)));
  ASSIGN_OR_RETURN(const InferRequest request, MakeRequest(options, model.signature()));
  BoundRequest bound;
  RETURN_IF_ERROR(Bind(request, model.signature(), bound));
  std::vector<Tensor> first;
  RETURN_IF_ERROR(model.loaded->Run(bound.inputs, bound.outputs, RunOptions{}, first));
  std::vector<std::vector<Tensor>> results(static_cast<size_t>(options.shape.concurrency));
  return client::RunCallLoad(options.shape, [&](int thread, uint64_t) -> Status {
    std::vector<Tensor>& result = results[static_cast<size_t>(thread)];
    RETURN_IF_ERROR(model.loaded->Run(bound.inputs, bound.outputs, RunOptions{}, result));
    if (options.verify && !SameBytes(result, first))
      return Error(Reason::kInternal, "the outputs differ from those of the first run");
    return OkStatus();
  });
}

double Microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

constexpr std::pair<std::string_view, double> kQuantiles[] = {
    {"p50", 0.50}, {"p90", 0.90}, {"p99", 0.99}, {"p99.9", 0.999}};

std::string ToJson(const std::string& target, const Options& options, const LoadReport& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("target").String(target);
  json.Key("loop").String(options.shape.rate > 0 ? "open" : "closed");
  json.Key("concurrency").Int(options.shape.concurrency);
  if (options.shape.rate > 0) json.Key("requested_per_second").Double(options.shape.rate);
  json.Key("seconds").Double(std::chrono::duration<double>(report.elapsed).count());
  json.Key("completed").Uint(report.completed).Key("succeeded").Uint(report.succeeded);
  json.Key("wrong_answers").Uint(report.wrong_answers).Key("failures").Uint(report.failures);
  json.Key("timeouts").Uint(report.timeouts).Key("unsent").Uint(report.unsent);
  json.Key("by_status").BeginObject();
  for (const auto& [status, count] : report.by_status) json.Key(std::to_string(status)).Uint(count);
  json.EndObject().Key("per_second").Double(report.per_second());
  json.Key("bytes_received").Uint(report.bytes_received);
  json.Key("latency_us").BeginObject();
  json.Key("min").Double(Microseconds(report.latency.min()));
  json.Key("mean").Double(Microseconds(report.latency.mean()));
  for (const auto& [name, q] : kQuantiles)
    json.Key(name).Double(Microseconds(report.latency.Quantile(q)));
  json.Key("max").Double(Microseconds(report.latency.max())).EndObject();
  if (!report.first_problem.empty()) json.Key("first_problem").String(report.first_problem);
  json.EndObject();
  return text + "\n";
}

std::string ToText(const std::string& target, const Options& options, const LoadReport& report) {
  std::string text = fmt::format(
      "{}: {} loop, {} {}\n", target, options.shape.rate > 0 ? "open" : "closed",
      options.shape.concurrency, options.shape.rate > 0 ? "at most in flight" : "in flight");
  text += fmt::format("{:<12}{} in {:.1f} s, {:.1f} a second\n", "answers",
                      WithThousands(report.completed),
                      std::chrono::duration<double>(report.elapsed).count(), report.per_second());
  text += fmt::format("{:<12}min {:.1f}  mean {:.1f}", "latency µs",
                      Microseconds(report.latency.min()), Microseconds(report.latency.mean()));
  for (const auto& [name, q] : kQuantiles)
    text += fmt::format("  {} {:.1f}", name, Microseconds(report.latency.Quantile(q)));
  text += fmt::format("  max {:.1f}\n", Microseconds(report.latency.max()));
  if (report.clean()) return text + fmt::format("{:<12}none\n", "problems");
  text += fmt::format("{:<12}{} not 200, {} wrong, {} failed, {} timed out, {} never sent\n",
                      "problems", report.completed - report.succeeded - report.wrong_answers,
                      report.wrong_answers, report.failures, report.timeouts, report.unsent);
  if (!report.first_problem.empty())
    text += fmt::format("{:<12}{}\n", "the first", report.first_problem);
  return text;
}

int RunBench(const Arguments& arguments) {
  StatusOr<Options> options = ReadOptions(arguments);
  if (!options.ok()) return Fail("bench", options.status(), /*usage=*/true);
  std::signal(SIGINT, [](int) { g_stop = true; });
  const std::string target = arguments.Text("MODEL|URL");
  StatusOr<LoadReport> report = LoadReport{};
  {
    Progress progress("Loading " + target);
    options->shape.on_progress = [&progress](double share) { progress.Set(share); };
    report =
        client::LooksLikeUrl(target) ? BenchServer(target, *options) : BenchHere(target, *options);
  }
  if (!report.ok()) return Fail("bench", report.status());
  const std::string text = arguments.Flag("--json") ? ToJson(target, *options, *report)
                                                    : ToText(target, *options, *report);
  if (const Status written = WriteResult("", text); !written.ok()) return Fail("bench", written);
  return report->clean() ? kDone : kFailed;
}

}  // namespace

Command BenchCommand() {
  return {"bench",
          "Loads a server or a model and measures throughput and latency.",
          "slipway bench http://127.0.0.1:8080/v2/models/digits --concurrency 8 --duration 10s",
          {{"MODEL|URL", "", "A model (file, bundle), or http://HOST:PORT/v2/models/NAME.",
            /*required=*/true},
           {.name = "--concurrency",
            .value_name = "N",
            .help = "Requests in flight: always (closed loop, by default 1), or at most (open "
                    "loop, by default 64).",
            .short_name = "-c"},
           {.name = "--rate",
            .value_name = "N",
            .help = "Open loop: so many requests a second, whether the server keeps up or not; "
                    "latency counts from when each was due.",
            .short_name = "-r"},
           {.name = "--duration",
            .value_name = "DURATION",
            .help = "Measured time; 10s by default.",
            .short_name = "-d"},
           {"--warm-up", "DURATION", "Time before it; 1s by default."},
           {.name = "--input",
            .value_name = "FILE",
            .help = "Inputs, as for predict; without it values are made up from the signature.",
            .short_name = "-i"},
           {"--batch", "N", "Rows of made-up inputs; 1 by default."},
           {.name = "--format",
            .value_name = "WORD",
            .help = "How tensors travel to a server; binary by default.",
            .words = {"binary", "json"}},
           {"--intra-op-threads", "N", "Threads inside one run of a model here; 1 by default."},
           {"--verify", "", "Every answer must equal the first byte for byte."},
           JsonOption()},
          RunBench};
}

}  // namespace slipway::cli
