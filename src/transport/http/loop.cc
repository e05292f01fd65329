#include "transport/http/loop.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>

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

// UNSAFE_IO: descriptors are touched by the loop's own thread only, so the reactor takes no locks
// for them; posting from other threads stays safe.
Loop::Loop(std::shared_ptr<Shared> shared, int index)
    : shared_(std::move(shared)),
      index_(index),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(io_.get_executor()),
      sweep_timer_(io_),
      limits_(shared_->limits) {
  head_scratch_.reserve(1024);
}

void Loop::Start() {
  thread_ = std::jthread([this] { Run(); });
}

void Loop::Run() {
  ::pthread_setname_np(::pthread_self(), fmt::format("http-{}", index_).c_str());
  thread_id_ = std::this_thread::get_id();
  ScheduleSweep();
  io_.run();
}

void Loop::Stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
  stopping_ = true;
  thread_id_ = std::this_thread::get_id();
  sweep_timer_.cancel();
  CutAll();
  // The cut ended waits whose handlers own their connections: let those run out. What then remains
  // has an exchange that somebody else still holds.
  io_.restart();
  io_.poll();
  connections_.clear();
}

std::string_view Loop::date_line() { return date_.Get(::time(nullptr)); }

void Loop::Adopt(int fd, const sockaddr_storage& peer,
                 std::shared_ptr<const ListenerPolicy> policy) {
  assigned_.fetch_add(1, std::memory_order_relaxed);
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

void Loop::Remove(Connection& connection) {
  const size_t slot = connection.slot();
  connections_.back()->set_slot(slot);
  std::swap(connections_[slot], connections_.back());
  connections_.pop_back();
  assigned_.fetch_sub(1, std::memory_order_release);
}

void Loop::CutAll() {
  for (size_t i = connections_.size(); i-- > 0;) {
    const std::shared_ptr<Connection> connection = connections_[i];
    connection->Cut();
  }
}

void Loop::ScheduleSweep() {
  sweep_timer_.expires_after(SweepPeriod(limits()));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    Sweep();
    ScheduleSweep();
  });
}

void Loop::Sweep() {
  const TimePoint now = std::chrono::steady_clock::now();
  for (size_t i = connections_.size(); i-- > 0;) {
    const std::shared_ptr<Connection> connection = connections_[i];
    connection->Sweep(now);
  }
  for (const auto& f : on_sweep_) f();
  if (now - last_trim_ > kTrimPeriod) {
    pool_.Trim();
    last_trim_ = now;
  }
}

}  // namespace slipway::http
