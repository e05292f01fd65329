#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "engine/choice/engines.h"
#include "server/application.h"
#include "server/config_diff.h"
#include "server/server.h"
#include "server/signals.h"

namespace slipway::server {
namespace {

constexpr std::chrono::milliseconds kCertificatePoll(1000);

void ConfigureLog(const LogConfig& config) {
  const bool json = config.format == LogFormat::kJson ||
                    (config.format == LogFormat::kAuto && isatty(STDERR_FILENO) == 0);
  log::Configure(json ? log::Format::kJson : log::Format::kHuman, config.level);
}

void Reload(Application& application, Config& running, const ConfigReader& reread) {
  const auto fresh = reread();
  if (!fresh.ok()) {
    log::Error("configuration not reloaded", {{"error", MessageOf(fresh.status())}});
    return;
  }
  const ConfigDiff diff = Diff(running, *fresh);
  for (const Field* field : diff.needs_restart)
    log::Warn("a changed setting needs a restart", {{"setting", field->path}});
  for (const Field* field : diff.live) log::Info("setting changed", {{"setting", field->path}});
  running = WithLiveFields(running, *fresh);
  application.Apply(running);
  log::Info("configuration reloaded", {{"changed", diff.live.size()}});
}

void ShiftLogLevel(int by) {
  const int level =
      std::clamp(static_cast<int>(log::GetLevel()) + by, static_cast<int>(log::Level::kDebug),
                 static_cast<int>(log::Level::kError));
  log::SetLevel(static_cast<log::Level>(level));
  constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
  log::Write(log::GetLevel(), "log level changed", {{"level", kNames[level]}});
}

/// While models are loaded, large blocks are taken from heaps on huge pages (base/huge_heap.h).
void KeepLargeBlocks() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

/// glibc raises the size from which memory is mapped apart with every large block that is freed, up
/// to 32 MiB, and then keeps blocks below it: two threads that each saw a 64 MiB body would hold on
/// to tens of MiB. Fixed thresholds give large bodies back at once.
void ReturnLargeBlocks() { mallopt(M_MMAP_THRESHOLD, 4 << 20); }

/// What a person who started it by hand wants to see; standard output, apart from the log.
void Announce(const Application& application) {
  std::string line = "Slipway serves on " + application.Address();
  for (const std::string& further : application.FurtherAddresses()) line += ", and on " + further;
  std::printf("%s\n", line.c_str());
  if (const std::string sample = application.SampleCommand(); !sample.empty())
    std::printf("Try it:\n  %s\n", sample.c_str());
  std::fflush(stdout);
}

}  // namespace

int Serve(const Config& config, const ConfigReader& reread) {
  KeepLargeBlocks();
  ConfigureLog(config.log);
  Signals signals;
  const auto fail = [](const Status& why) {
    log::Error("cannot serve", {{"error", MessageOf(why)}});
    return 1;
  };
  auto application = Application::Create(config, CreateEngine());
  if (!application.ok()) return fail(application.status());
  (*application)->Start([&signals] { signals.Wake(); });

  Config running = config;
  const auto patience = config.tls.certificate.empty()
                            ? std::nullopt
                            : std::optional<std::chrono::milliseconds>(kCertificatePoll);
  for (;;) {
    switch (signals.Wait(patience)) {
      case Signals::Event::kReload:
        Reload(**application, running, reread);
        (*application)->ReloadCertificates();
        continue;
      case Signals::Event::kElapsed:
        (*application)->RefreshCertificates();
        continue;
      case Signals::Event::kMoreLog:
        ShiftLogLevel(-1);
        continue;
      case Signals::Event::kLessLog:
        ShiftLogLevel(+1);
        continue;
      case Signals::Event::kWoken:
        ReturnLargeBlocks();
        if (const Status serving = (*application)->CheckServing(); !serving.ok())
          return fail(serving);
        Announce(**application);
        continue;
      case Signals::Event::kStop:
        break;
    }
    break;
  }
  log::Info("draining");
  std::atomic<bool> drained{false}, ended{false};
  const std::jthread impatience([&] { ExitAtSecondStop(signals, SteadyClock(), drained, ended); });
  if (!(*application)->Drain()) {
    log::Error("the drain limit cut requests that were in flight");
    std::_Exit(1);  // a run that does not end would hold the process
  }
  drained = true;
  if (!(*application)->LoadsHaveEnded()) {
    log::Info("stopped; a load in progress was left behind");
    std::_Exit(0);
  }
  application->reset();
  log::Info("stopped");
  ended = true;
  signals.Wake();
  return 0;
}

}  // namespace slipway::server
