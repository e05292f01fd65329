#include "cli/interrupt.h"

#include <atomic>
#include <csignal>

namespace slipway::cli {
namespace {

constexpr int kPatience = 3;
std::atomic<int> g_interrupts = 0;

void Count(int) {
  if (++g_interrupts >= kPatience) std::signal(SIGINT, SIG_DFL);
}

}  // namespace

InterruptCount::InterruptCount() {
  g_interrupts = 0;
  struct sigaction action = {};
  action.sa_handler = Count;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
}

InterruptCount::~InterruptCount() { std::signal(SIGINT, SIG_DFL); }

int InterruptCount::count() { return g_interrupts; }

}  // namespace slipway::cli
