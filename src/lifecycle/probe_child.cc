#include <unistd.h>

#include <charconv>

#include "bundle/artifact.h"
#include "lifecycle/probe.h"

namespace slipway::lifecycle {
namespace {

StatusOr<int64_t> ParseNumber(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    return Error(Reason::kBadRequest, "expected a whole number, got \"{}\"", text);
  return value;
}

/// The digest of what was loaded, warmed up and replayed.
StatusOr<std::string> Examine(
    const std::vector<std::string>& arguments,
    const std::function<StatusOr<std::unique_ptr<Engine>>()>& make_engine) {
  if (arguments.size() != 5)
    return Error(Reason::kBadRequest, "expected path, root, memory, CPU limit and examples");
  SandboxLimits limits;
  ASSIGN_OR_RETURN(const int64_t memory, ParseNumber(arguments[2]));
  ASSIGN_OR_RETURN(const int64_t seconds, ParseNumber(arguments[3]));
  WarmUpOptions options;
  ASSIGN_OR_RETURN(options.max_examples, ParseNumber(arguments[4]));
  if (memory == 0 || seconds == 0)
    return Error(Reason::kBadRequest, "expected a memory and a CPU limit above 0");
  limits.memory_bytes = static_cast<size_t>(memory);
  limits.cpu_time = std::chrono::seconds(seconds);
  RETURN_IF_ERROR(EnterSandbox(limits));
  ASSIGN_OR_RETURN(const auto engine, make_engine());
  ASSIGN_OR_RETURN(const auto artifact, bundle::Open(arguments[0], arguments[1]));
  ASSIGN_OR_RETURN(const auto examples, artifact->Examples(options.max_examples));
  RETURN_IF_ERROR(SealSandbox());
  ASSIGN_OR_RETURN(const auto model, engine->Load(artifact->bytes(), LoadOptions{}));
  RETURN_IF_ERROR(WarmUp(*model, examples, options, SteadyClock(), nullptr).status());
  return artifact->digest();
}

}  // namespace

int RunProbeChild(const std::vector<std::string>& arguments,
                  const std::function<StatusOr<std::unique_ptr<Engine>>()>& make_engine) {
  const auto digest = Examine(arguments, make_engine);
  const std::string verdict = digest.ok()
                                  ? fmt::format("ok {}\n", *digest)
                                  : fmt::format("{} {}\n", InfoOf(ReasonOf(digest.status())).label,
                                                MessageOf(digest.status()));
  const bool written =
      write(STDOUT_FILENO, verdict.data(), verdict.size()) == static_cast<ssize_t>(verdict.size());
  // No destructors: the sandbox may refuse what they do, and the verdict is out.
  _exit(written ? 0 : 1);
}

}  // namespace slipway::lifecycle
