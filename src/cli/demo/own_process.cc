#include "cli/demo/own_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace slipway::cli {

StatusOr<OwnProcess> OwnProcess::Start(std::vector<std::string> words, const std::string& folder,
                                       Output output) {
  words.insert(words.begin(), "slipway");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::array<int, 2> ends = {-1, -1};
  if (output == Output::kKept && pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error(Reason::kIo, "cannot make a pipe: {}", std::strerror(errno));
  io::FileDescriptor ours(ends[0]), theirs(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (theirs.valid()) {
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t pid = 0;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return Error(Reason::kIo, "cannot start slipway {}: {}", words[1], std::strerror(error));
  return OwnProcess(pid, std::move(ours));
}

OwnProcess::OwnProcess(OwnProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      output_(std::move(other.output_)),
      read_(std::move(other.read_)) {}

OwnProcess::~OwnProcess() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  Wait();
}

StatusOr<std::string> OwnProcess::ReadLine(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (const size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{output_.get(), POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0)
      return Error(Reason::kDeadlineExceeded, "it said nothing for {} ms", patience.count());
    std::array<char, 4096> chunk;
    const ssize_t count = read(output_.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Error(Reason::kIo, "it ended with code {}", Wait());
    read_.append(chunk.data(), static_cast<size_t>(count));
  }
}

int OwnProcess::Wait() {
  int status = 0;
  while (waitpid(std::exchange(pid_, 0), &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace slipway::cli
