#include "server/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/check.h"
#include "base/log.h"

namespace slipway::server {
namespace {

constexpr auto kSameRequest = std::chrono::seconds(1);

sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // writing past the process's own file size limit is an error
  const sigset_t set = Handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = io::FileDescriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  woken_ = io::FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  SLIPWAY_CHECK(signals_.valid() && woken_.valid(), "a process at its start has descriptors left");
}

Signals::Event Signals::Wait(std::optional<std::chrono::milliseconds> patience) {
  const int patience_ms = patience ? static_cast<int>(patience->count()) : -1;
  for (;;) {
    pollfd waiting[] = {{signals_.get(), POLLIN, 0}, {woken_.get(), POLLIN, 0}};
    const int ready = poll(waiting, 2, patience_ms);
    if (ready < 0) continue;
    if (ready == 0) return Event::kElapsed;
    signalfd_siginfo got;
    if (read(signals_.get(), &got, sizeof(got)) == sizeof(got)) {
      switch (got.ssi_signo) {
        case SIGHUP:
          return Event::kReload;
        case SIGUSR1:
          return Event::kMoreLog;
        case SIGUSR2:
          return Event::kLessLog;
        default:
          return Event::kStop;
      }
    }
    uint64_t count;
    if (read(woken_.get(), &count, sizeof(count)) == sizeof(count)) return Event::kWoken;
  }
}

void Signals::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(woken_.get(), &one, sizeof(one));
}

void ExitAtSecondStop(Signals& signals, const Clock& clock, const std::atomic<bool>& drained,
                      const std::atomic<bool>& ended) {
  const TimePoint first = clock.Now();
  while (!ended) {
    if (signals.Wait() != Signals::Event::kStop || clock.Now() - first < kSameRequest) continue;
    if (drained) std::_Exit(0);
    log::Error("a second signal cut the drain");
    std::_Exit(1);
  }
}

}  // namespace slipway::server
