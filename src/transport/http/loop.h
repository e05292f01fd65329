#pragma once
// One I/O thread: its event loop, its connections, and what they share without locks.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/snapshot.h"
#include "transport/http/address.h"
#include "transport/http/block.h"
#include "transport/http/budget.h"
#include "transport/http/host_check.h"
#include "transport/http/poller.h"
#include "transport/http/request_id.h"
#include "transport/http/response_head.h"
#include "transport/http/server.h"

namespace slipway::http {

/// An accepted socket and whoever speaks on it. Threads: the loop's own.
class LoopConnection {
 public:
  virtual ~LoopConnection() = default;
  /// Looks at the time limits. Called a few times a second.
  virtual void Sweep(TimePoint now) = 0;
  /// Closes at once.
  virtual void Cut() = 0;

  /// Its place in the loop's list.
  size_t slot() const { return slot_; }
  void set_slot(size_t slot) { slot_ = slot; }

 private:
  size_t slot_ = 0;
};

/// One listener's rules. Immutable.
struct ListenerPolicy {
  uint8_t access = kAllAccess;
  bool is_unix = false;
  std::shared_ptr<const Snapshot<tls::Context>> tls;  // null: plain
  HostCheck host_check;
  std::shared_ptr<const Router> router;
};

/// What all loops of a server share. Threads: any.
struct Shared {
  explicit Shared(ServerOptions o, NetworkSet t)
      : options(std::move(o)),
        trusted(std::move(t)),
        limits(std::make_shared<const Limits>(options.limits)) {}

  const ServerOptions options;
  const NetworkSet trusted;
  Snapshot<Limits> limits;
  std::atomic<bool> draining{false};
  std::atomic<int64_t> idle_grace_ns{0};  // while draining: how long an idle connection is kept
};

/// Written by the loop's thread, read by any.
struct LoopCounters {
  std::atomic<uint64_t> accepted{0}, open{0}, requests{0}, refused{0}, bytes_received{0},
      streams_refused{0};
  std::array<std::atomic<uint64_t>, tls::kOutcomes> handshakes{};  // by tls::Outcome

  static void Add(std::atomic<uint64_t>& counter,
                  uint64_t n) {  // one writer: no locked instruction
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
};

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(std::shared_ptr<Shared> shared, int index);

  /// Once, first. @return kIo when the process has no descriptors left.
  Status Open() { return poller_.Open(); }
  void Start();
  /// Ends the thread and closes what is open. Not from the loop's own thread.
  void Stop();

  /// Runs `f` on the loop, soon. Threads: any.
  void Post(std::function<void()> f) { poller_.Post(std::move(f)); }
  /// Takes over an accepted, non-blocking socket. Threads: any.
  void Adopt(int fd, const sockaddr_storage& peer, std::shared_ptr<const ListenerPolicy> policy);

  /// On this thread, and none of its connections is being called: any of them can be.
  bool is_between_handlers() const { return is_current() && between_handlers_; }
  bool is_current() const { return std::this_thread::get_id() == thread_id_; }
  size_t connections() const { return assigned_.load(std::memory_order_acquire); }
  /// Of them, those whose TLS handshake is not done.
  size_t handshakes() const { return handshakes_.load(std::memory_order_relaxed); }
  const LoopCounters& counters() const { return counters_; }

  // The rest is for the loop's own thread.
  Poller& poller() { return poller_; }
  int index() const { return index_; }
  Shared& shared() { return *shared_; }
  const Limits& limits() { return limits_.Get(); }
  BlockPool& pool() { return pool_; }
  const std::shared_ptr<Budget>& budget() const { return shared_->options.budget; }
  LoopCounters& mutable_counters() { return counters_; }
  RequestIdSource& request_ids() { return request_ids_; }
  std::string_view date_line();
  /// An empty string with room, for one response head at a time.
  std::string& head_scratch() {
    head_scratch_.clear();
    return head_scratch_;
  }
  /// For what is consumed before the next call: 64 KiB.
  std::span<char> read_scratch() {
    if (!read_scratch_) read_scratch_ = std::make_unique<char[]>(kReadScratch);
    return {read_scratch_.get(), kReadScratch};
  }
  void CountClosed();
  void CountHandshake(tls::Outcome outcome);
  /// Of this many exchanges the answers come from elsewhere, unless their clients go first.
  void CountAwaited(int change) { awaited_ += change; }
  void Remove(LoopConnection& connection);
  /// `next` takes over the socket and the place of `connection`.
  void Replace(LoopConnection& connection, std::shared_ptr<LoopConnection> next);
  /// Closes all connections; those with an open exchange wait for it.
  void CutAll();
  /// Called at every sweep, a few times a second.
  void OnSweep(std::function<void()> f) { on_sweep_.push_back(std::move(f)); }

 private:
  void Run();
  void OnHandled();
  Poller::Pause OnTurn(TimePoint now);
  void Sweep(TimePoint now);

  const std::shared_ptr<Shared> shared_;
  const int index_;
  Poller poller_;
  Snapshot<Limits>::Reader limits_;
  BlockPool pool_;
  RequestIdSource request_ids_;
  DateLine date_;
  static constexpr size_t kReadScratch = 64u << 10;
  std::string head_scratch_;
  std::unique_ptr<char[]> read_scratch_;
  LoopCounters counters_;
  std::atomic<size_t> assigned_{0};  // connections given to this loop and not yet closed
  std::atomic<size_t> handshakes_{0};
  std::vector<std::shared_ptr<LoopConnection>> connections_;
  std::vector<std::shared_ptr<LoopConnection>> closed_;  // kept until their own call returned
  std::vector<std::function<void()>> on_sweep_;
  TimePoint next_sweep_{};
  TimePoint last_trim_{};
  int awaited_ = 0;
  bool stopping_ = false;
  bool between_handlers_ = false;
  std::thread::id thread_id_;
  std::jthread thread_;
};

}  // namespace slipway::http
