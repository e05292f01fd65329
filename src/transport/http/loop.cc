#include "transport/http/loop.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "base/log.h"

#include "transport/http/connection.h"

namespace slipway::http {
namespace {

// Timers are looked at that often: at most a fortieth late at the default limits, and one wake-up a
// quarter second for any number of connections.
Duration SweepPeriod(const Limits& limits) {
  const auto shortest =
      std::min({limits.header_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp<Duration>(shortest / 10, std::chrono::milliseconds(10),
                              std::chrono::milliseconds(250));
}

constexpr auto kTrimPeriod = std::chrono::seconds(1);

}  // namespace

Loop::Loop(std::shared_ptr<Shared> shared, int index)
    : shared_(std::move(shared)), index_(index), limits_(shared_->limits) {
  head_scratch_.reserve(1024);
}

void Loop::Start() {
  thread_ = std::jthread([this] { Run(); });
}

void Loop::Run() {
  ::pthread_setname_np(::pthread_self(), fmt::format("http-{}", index_).c_str());
  thread_id_ = std::this_thread::get_id();
  poller_.Run([this] { OnHandled(); }, [this](TimePoint now) { return OnTurn(now); });
}

void Loop::Stop() {
  poller_.Stop();
  if (thread_.joinable()) thread_.join();
  stopping_ = true;
  thread_id_ = std::this_thread::get_id();
  CutAll();
  poller_.RunPosted();
  closed_.clear();
  // What remains has an exchange that somebody else still holds.
  connections_.clear();
}

std::string_view Loop::date_line() { return date_.Get(::time(nullptr)); }

void Loop::Adopt(int fd, const sockaddr_storage& peer,
                 std::shared_ptr<const ListenerPolicy> policy) {
  assigned_.fetch_add(1, std::memory_order_relaxed);
  if (policy->tls) handshakes_.fetch_add(1, std::memory_order_relaxed);
  Post([this, fd, peer, policy = std::move(policy)]() mutable {
    if (stopping_) {
      ::close(fd);
      return;
    }
    LoopCounters::Add(counters_.accepted, 1);
    LoopCounters::Add(counters_.open, 1);
    auto connection = std::make_shared<Connection>(shared_from_this(), fd, peer, std::move(policy));
    connection->set_slot(connections_.size());
    connections_.push_back(connection);
    connection->Start();
  });
}

void Loop::CountClosed() { LoopCounters::Add(counters_.open, ~uint64_t{0}); }

void Loop::CountHandshake(tls::Outcome outcome) {
  handshakes_.fetch_sub(1, std::memory_order_relaxed);
  LoopCounters::Add(counters_.handshakes[static_cast<size_t>(outcome)], 1);
}

void Loop::Replace(LoopConnection& connection, std::shared_ptr<LoopConnection> next) {
  next->set_slot(connection.slot());
  connections_[connection.slot()].swap(next);
  closed_.push_back(std::move(next));
}

void Loop::Remove(LoopConnection& connection) {
  const size_t slot = connection.slot();
  connections_.back()->set_slot(slot);
  std::swap(connections_[slot], connections_.back());
  closed_.push_back(std::move(connections_.back()));
  connections_.pop_back();
  assigned_.fetch_sub(1, std::memory_order_release);
}

void Loop::CutAll() {
  for (size_t i = connections_.size(); i-- > 0;) {
    connections_[i]->Cut();
  }
}

void Loop::OnHandled() {
  if (!shared_->options.on_handled) return;
  between_handlers_ = true;
  try {
    shared_->options.on_handled(index_);
  } catch (const std::exception& error) {
    log::Error("requests that were to be handled together were not", {{"what", error.what()}});
  }
  between_handlers_ = false;
}

Poller::Pause Loop::OnTurn(TimePoint now) {
  if (now >= next_sweep_) {
    next_sweep_ = now + SweepPeriod(limits());
    Sweep(now);
  }
  if (!closed_.empty()) closed_.clear();
  return {.longest = next_sweep_ - now, .for_others = awaited_ > 0};
}

void Loop::Sweep(TimePoint now) {
  for (size_t i = connections_.size(); i-- > 0;) {
    connections_[i]->Sweep(now);
  }
  for (const auto& f : on_sweep_) f();
  if (now - last_trim_ > kTrimPeriod) {
    pool_.Trim();
    last_trim_ = now;
  }
}

}  // namespace slipway::http
