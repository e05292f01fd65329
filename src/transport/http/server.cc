#include "transport/http/server.h"

#include <condition_variable>
#include <thread>

#include "base/log.h"
#include "transport/http/acceptor.h"
#include "transport/http/loop.h"

namespace slipway::http {
namespace {

// While draining, an idle connection stays open that long: a request already on its way is
// answered.
Duration IdleGrace(std::chrono::milliseconds limit) {
  return std::min<Duration>(std::chrono::milliseconds(500), limit / 4);
}

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
    for (int i = 0; i < shared_->options.threads; ++i)
      loops_.push_back(std::make_shared<Loop>(shared_, i));
  }

  ~ServerImpl() override {
    for (const auto& loop : loops_) loop->Stop();
    acceptors_.clear();
  }

  Status Bind() {
    for (const auto& loop : loops_) RETURN_IF_ERROR(loop->Open());
    for (const Listener& listener : shared_->options.listeners) {
      auto acceptor = Acceptor::Create(listener, shared_->options, loops_);
      if (acceptor.ok())
        acceptors_.push_back(*std::move(acceptor));
      else if (listener.optional)
        log::Warn("one address less", {{"error", MessageOf(acceptor.status())}});
      else
        return acceptor.status();
    }
    return OkStatus();
  }

  void Start() override {
    started_ = true;
    for (const auto& acceptor : acceptors_) acceptor->Listen();
    for (const auto& loop : loops_) loop->Start();
    loops_.front()->Post([this] {
      for (const auto& acceptor : acceptors_) acceptor->Start();
    });
  }

  std::vector<std::string> addresses() const override {
    std::vector<std::string> out;
    for (const auto& acceptor : acceptors_) out.push_back(acceptor->bound().ToString());
    return out;
  }

  bool Drain(std::chrono::milliseconds limit) override {
    if (!started_) return true;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    shared_->idle_grace_ns = IdleGrace(limit).count();
    shared_->draining = true;
    StopAccepting();
    while (open_connections() > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const bool all_done = open_connections() == 0;
    if (!all_done)
      for (const auto& loop : loops_) loop->Post([loop = loop.get()] { loop->CutAll(); });
    return all_done;
  }

  void PostToLoops(std::function<void(int)> f) override {
    for (const auto& loop : loops_) loop->Post([f, index = loop->index()] { f(index); });
  }

  void SetLimits(const Limits& limits) override {
    shared_->limits.Replace(std::make_shared<const Limits>(limits));
  }

  ServerStats stats() const override {
    ServerStats total;
    for (const auto& loop : loops_) {
      const LoopCounters& counters = loop->counters();
      total.connections_accepted += counters.accepted.load(std::memory_order_relaxed);
      total.connections_open += counters.open.load(std::memory_order_relaxed);
      total.requests += counters.requests.load(std::memory_order_relaxed);
      total.refused_before_routing += counters.refused.load(std::memory_order_relaxed);
      total.bytes_received += counters.bytes_received.load(std::memory_order_relaxed);
      total.streams_refused += counters.streams_refused.load(std::memory_order_relaxed);
      for (size_t i = 0; i < tls::kOutcomes; ++i)
        total.handshakes[i] += counters.handshakes[i].load(std::memory_order_relaxed);
    }
    return total;
  }

 private:
  size_t open_connections() const {
    size_t open = 0;
    for (const auto& loop : loops_) open += loop->connections();
    return open;
  }

  void StopAccepting() {
    std::mutex mutex;
    std::condition_variable done_changed;
    bool done = false;
    loops_.front()->Post([&] {
      for (const auto& acceptor : acceptors_) acceptor->DrainAndClose();
      const std::lock_guard lock(mutex);
      done = true;
      done_changed.notify_one();
    });
    std::unique_lock lock(mutex);
    done_changed.wait(lock, [&] { return done; });
  }

  const std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  bool started_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Create(ServerOptions options,
                                                 std::shared_ptr<const Router> router) {
  if (options.threads < 1)
    return Error(Reason::kBadRequest, "threads: expected at least 1, got {}", options.threads);
  ASSIGN_OR_RETURN(NetworkSet trusted, NetworkSet::Parse(options.trusted_peers));
  for (Listener& listener : options.listeners)
    if (!listener.router) listener.router = router;
  auto server = std::make_unique<ServerImpl>(
      std::make_shared<Shared>(std::move(options), std::move(trusted)));
  RETURN_IF_ERROR(server->Bind());
  return server;
}

}  // namespace slipway::http
