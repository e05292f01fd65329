#include "lifecycle/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "io/file.h"

extern char** environ;

namespace slipway::lifecycle {
namespace {

constexpr size_t kMaxVerdictBytes = 4096;

/// What of the server's environment the child needs to start: where its libraries are, and how a
/// sanitizer is to behave. Tokens and passwords that are passed in variables are not its business.
std::vector<char*> ChildEnvironment() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name == "LD_LIBRARY_PATH" || name.ends_with("SAN_OPTIONS")) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

StatusOr<pid_t> Spawn(const std::string& program, std::vector<std::string> arguments, int output) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // The server's threads block signals; a child that inherited that could not be told to end.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(),
                                ChildEnvironment().data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    return Error(Reason::kInternal, "cannot start the probe: {}", std::strerror(error));
  return pid;
}

/// When to stop waiting for the child.
struct Patience {
  std::chrono::steady_clock::time_point deadline;
  const std::atomic<bool>* given_up;

  /// False once it is over before `fd` has something to say.
  bool WaitFor(int fd) const {
    constexpr std::chrono::milliseconds kLook(50);  // at given_up
    while (given_up == nullptr || !*given_up) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      pollfd waiting{fd, POLLIN, 0};
      const int ready = poll(&waiting, 1, static_cast<int>(std::min(left, kLook).count()));
      if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    }
    return false;
  }
};

/// Everything the child says until it closes its end; false when patience is over first.
bool ReadAll(int fd, const Patience& patience, std::string& text) {
  std::array<char, 1024> chunk;
  while (patience.WaitFor(fd)) {
    const ssize_t n = read(fd, chunk.data(), chunk.size());
    if (n <= 0) return true;
    if (text.size() < kMaxVerdictBytes) text.append(chunk.data(), static_cast<size_t>(n));
  }
  return false;
}

/// A child that has closed its end may still hang: it is waited for with the same patience.
bool Ends(pid_t pid, const Patience& patience) {
  const io::FileDescriptor child(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return child.valid() && patience.WaitFor(child.get());
}

Status Died(int wait_status) {
  if (!WIFSIGNALED(wait_status))
    return Error(Reason::kBadModel, "the probe of this model ended with code {} and no verdict",
                 WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  if (signal == SIGXCPU || signal == SIGKILL)
    return Error(Reason::kBadModel, "the probe of this model ran over its CPU or memory limit");
  return Error(Reason::kBadModel, "the runtime died of signal {} ({}) on this model", signal,
               strsignal(signal));
}

constexpr std::string_view kPassed = "ok ";

/// "threads 2\n" or "threads unknown\n". A child that ended without saying is not asked again: what
/// ended it would end it again.
std::optional<int> ReadThreads(std::string_view line, int processors, bool ended) {
  constexpr std::string_view kWord = "threads ";
  if (processors < 2 || !ended || line == "threads unknown\n") return std::nullopt;
  if (!line.starts_with(kWord)) return 1;
  int threads = 1;
  std::from_chars(line.data() + kWord.size(), line.data() + line.size(), threads);
  return std::clamp(threads, 1, processors);
}

/// "ok <digest>\n", and then what ReadThreads reads.
StatusOr<ProbeReport> ReadPassed(std::string_view text, const std::string& digest, int processors,
                                 bool ended) {
  text.remove_prefix(kPassed.size());
  const size_t end = text.find('\n');
  if (text.substr(0, end) != digest)
    return Error(Reason::kBadModel, "the model changed while it was being loaded");
  return ProbeReport{ReadThreads(text.substr(end + 1), processors, ended)};
}

/// "<reason> <message>\n".
Status ReadRefused(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const size_t space = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, space);
  for (int i = 0; i < kReasonCount; ++i)
    if (InfoOf(static_cast<Reason>(i)).label == word)
      return MakeError(static_cast<Reason>(i), text.substr(std::min(space + 1, text.size())));
  return Error(Reason::kBadModel, "the probe of this model gave no verdict");
}

}  // namespace

StatusOr<ProbeReport> Probe(const ProbeOptions& options, const repository::FoundVersion& version,
                            const std::string& digest, const std::atomic<bool>* given_up) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Error(Reason::kInternal, "cannot start the probe: {}", std::strerror(errno));
  const io::FileDescriptor output(ends[0]);
  io::FileDescriptor child_end(ends[1]);
  ASSIGN_OR_RETURN(const pid_t pid,
                   Spawn(options.program,
                         {"slipway", std::string(kProbeCommand), version.path, version.root,
                          version.answer, std::to_string(options.limits.memory_bytes),
                          std::to_string(options.limits.cpu_time.count()),
                          std::to_string(options.max_examples), std::to_string(options.processors)},
                         child_end.get()));
  child_end = {};
  const Patience patience{std::chrono::steady_clock::now() + options.timeout, given_up};
  std::string said;
  const bool ended = ReadAll(output.get(), patience, said) && Ends(pid, patience);
  if (!ended) kill(pid, SIGKILL);
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (given_up != nullptr && *given_up) return Error(Reason::kCancelled, "the server is stopping");
  if (said.starts_with(kPassed) && said.find('\n') != std::string::npos)
    return ReadPassed(said, digest, options.processors, ended);
  if (!ended)
    return Error(Reason::kBadModel, "the probe of this model took more than {} s",
                 std::chrono::duration_cast<std::chrono::seconds>(options.timeout).count());
  if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0) return Died(wait_status);
  return ReadRefused(said);
}

}  // namespace slipway::lifecycle
