#pragma once
// This program as a process of its own.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file.h"

namespace slipway::cli {

/// Threads: one at a time.
class OwnProcess {
 public:
  enum class Output : uint8_t { kShared, kKept };  // with this process, or for ReadLine

  /// @param words   of the command line, without the program's name.
  /// @param folder  where it runs.
  static StatusOr<OwnProcess> Start(std::vector<std::string> words, const std::string& folder,
                                    Output output);
  OwnProcess(OwnProcess&& other) noexcept;
  OwnProcess& operator=(OwnProcess&&) = delete;
  /// Ends it (SIGTERM) and waits.
  ~OwnProcess();

  /// The next line of its standard output.
  /// @return kIo when it closed its output first; kDeadlineExceeded.
  StatusOr<std::string> ReadLine(std::chrono::milliseconds patience);

  /// Its exit code; 128 and the signal's number when it was killed.
  int Wait();

 private:
  OwnProcess(pid_t pid, io::FileDescriptor output) : pid_(pid), output_(std::move(output)) {}

  pid_t pid_ = 0;  // 0: waited for
  io::FileDescriptor output_;
  std::string read_;  // beyond the lines that were asked for
};

}  // namespace slipway::cli
