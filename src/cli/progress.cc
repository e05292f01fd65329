#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"

namespace slipway::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(2);
constexpr std::string_view kClearLine = "\r\x1b[K";

int TerminalWidth() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Whole characters of UTF-8: a line that wraps could not be cleared.
std::string FirstColumns(std::string line, int width) {
  size_t end = 0;
  for (int column = 0; end < line.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(line[end]) & 0xC0) != 0x80;
    if (begins && column++ == width) break;
  }
  line.resize(end);
  return line;
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

std::string ProgressLine(const std::string& what, double share, int seconds, int width) {
  if (share < 0) return FirstColumns(fmt::format("{} … {} s", what, seconds), width);
  const int cells = std::clamp(width - static_cast<int>(what.size()) - 24, 10, 40);
  const int full = std::clamp(static_cast<int>(share * cells), 0, cells);
  return FirstColumns(fmt::format("[{:#<{}}{:-<{}}] {:3.0f} %  {} s  {}", "", full, "",
                                  cells - full, share * 100, seconds, what),
                      width);
}

Progress::Progress(std::string what)
    : what_(std::move(what)), thread_([this](std::stop_token stop) { Loop(stop); }) {}

Progress::~Progress() = default;

void Progress::Loop(std::stop_token stop) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const TimePoint start = SteadyClock().Now();
  const Duration step = terminal ? Duration(milliseconds(200)) : Duration(seconds(10));
  TimePoint next = start + (terminal ? kPatience : step);
  bool shown = false;
  std::unique_lock<std::mutex> lock(mutex_.native());
  while (!stopped_.wait_until(lock, stop, next, [&] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) break;
    const auto elapsed = std::chrono::duration_cast<seconds>(SteadyClock().Now() - start).count();
    const std::string line =
        ProgressLine(what_, share_.load(std::memory_order_relaxed), static_cast<int>(elapsed),
                     terminal ? TerminalWidth() : 80);
    Print(terminal ? std::string(kClearLine) + line : line + "\n");
    shown = terminal;
    next += step;
  }
  if (shown) Print(kClearLine);
}

}  // namespace slipway::cli
