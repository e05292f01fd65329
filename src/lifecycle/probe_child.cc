#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "bundle/artifact.h"
#include "lifecycle/probe.h"
#include "lifecycle/thread_choice.h"

namespace slipway::lifecycle {
namespace {

StatusOr<int64_t> ParseNumber(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    return Error(Reason::kBadRequest, "expected a whole number, got \"{}\"", text);
  return value;
}

struct Request {
  std::string path, root, answer;
  SandboxLimits limits;
  WarmUpOptions warm_up;
  ThreadMeasurement threads;
};

StatusOr<Request> ParseRequest(const std::vector<std::string>& arguments) {
  if (arguments.size() != 7)
    return Error(Reason::kBadRequest,
                 "expected path, root, answer, memory, CPU limit, examples and processors");
  Request request{.path = arguments[0], .root = arguments[1], .answer = arguments[2]};
  ASSIGN_OR_RETURN(const int64_t memory, ParseNumber(arguments[3]));
  ASSIGN_OR_RETURN(const int64_t seconds, ParseNumber(arguments[4]));
  ASSIGN_OR_RETURN(request.warm_up.max_examples, ParseNumber(arguments[5]));
  ASSIGN_OR_RETURN(const int64_t processors, ParseNumber(arguments[6]));
  if (memory == 0 || seconds == 0)
    return Error(Reason::kBadRequest, "expected a memory and a CPU limit above 0");
  request.threads.processors = static_cast<int>(std::min<int64_t>(processors, 1'024));
  request.limits.memory_bytes = static_cast<size_t>(memory);
  request.limits.cpu_time = std::chrono::seconds(seconds);
  return request;
}

/// What was loaded, warmed up and replayed.
struct Subject {
  ThreadMeasurement measurement;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<bundle::Artifact> artifact;
  std::vector<bundle::Example> examples;
  std::unique_ptr<LoadedModel> model;
  WarmUpReport warm;
};

StatusOr<Subject> Examine(const std::vector<std::string>& arguments,
                          const std::function<StatusOr<std::unique_ptr<Engine>>()>& make_engine) {
  ASSIGN_OR_RETURN(const Request request, ParseRequest(arguments));
  RETURN_IF_ERROR(EnterSandbox(request.limits));
  Subject subject{.measurement = request.threads};
  ASSIGN_OR_RETURN(subject.engine, make_engine());
  ASSIGN_OR_RETURN(subject.artifact, bundle::Open(request.path, request.root, {}, request.answer));
  ASSIGN_OR_RETURN(subject.examples, subject.artifact->Examples(request.warm_up.max_examples));
  RETURN_IF_ERROR(SealSandbox());
  ASSIGN_OR_RETURN(subject.model, subject.engine->Load(subject.artifact->bytes(), LoadOptions{}));
  ASSIGN_OR_RETURN(subject.warm, WarmUp(*subject.model, subject.examples, request.warm_up,
                                        SteadyClock(), nullptr));
  return subject;
}

std::optional<int> Measure(Subject& subject) {
  if (subject.warm.fastest_run < kWorthThreads) return 1;
  const auto load = [&](int threads) {
    return subject.engine->Load(subject.artifact->bytes(), {.intra_op_threads = threads});
  };
  return MeasureThreads(std::move(subject.model), load, subject.examples, subject.measurement,
                        SteadyClock());
}

bool Say(const std::string& line) {
  return write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

int RunProbeChild(const std::vector<std::string>& arguments,
                  const std::function<StatusOr<std::unique_ptr<Engine>>()>& make_engine) {
  auto subject = Examine(arguments, make_engine);
  bool said = Say(subject.ok() ? fmt::format("ok {}\n", subject->artifact->digest())
                               : fmt::format("{} {}\n", InfoOf(ReasonOf(subject.status())).label,
                                             MessageOf(subject.status())));
  if (said && subject.ok()) {
    const auto threads = Measure(*subject);
    said = Say(fmt::format("threads {}\n", threads ? std::to_string(*threads) : "unknown"));
  }
  // No destructors: the sandbox may refuse what they do, and the verdict is out.
  _exit(said ? 0 : 1);
}

}  // namespace slipway::lifecycle
