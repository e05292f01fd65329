#pragma once
// A listening socket. Accepts on the first loop and gives each connection to the loop with the
// fewest.

#include <memory>
#include <string>
#include <vector>

#include "transport/http/address.h"
#include "transport/http/loop.h"

namespace slipway::http {

class Acceptor final : private Poller::Watcher {
 public:
  using Loops = std::vector<std::shared_ptr<Loop>>;

  /// Binds and listens. A Unix socket that nobody answers on is replaced; its mode is 0660.
  /// @return kIo naming the address; kBadRequest when it does not parse.
  static StatusOr<std::unique_ptr<Acceptor>> Create(const Listener& listener,
                                                    const ServerOptions& options,
                                                    const Loops& loops);
  ~Acceptor();

  const Endpoint& bound() const { return bound_; }

  /// From now on clients can connect. Any thread, before the loops start.
  void Listen();

  // On the first loop's thread.
  void Start();
  /// Accepts what already waits in the queue, then closes: nobody who was let in is turned away.
  void DrainAndClose();

 private:
  Acceptor(Descriptor socket, Endpoint bound, std::shared_ptr<const ListenerPolicy> policy,
           const Loops& loops);

  enum class Accepted : uint8_t { kOne, kNone, kNoRoom };
  Accepted AcceptOne();
  void OnReady(Readiness) override { AcceptWaiting(); }
  void AcceptWaiting();
  bool full() const;

  Descriptor socket_;
  const Endpoint bound_;
  const std::shared_ptr<const ListenerPolicy> policy_;
  const Loops& loops_;
  bool paused_ = false;  // until a sweep finds room: the others wait in the kernel's queue
};

}  // namespace slipway::http
