#pragma once
// An exchange of a connection on a loop: its handler runs there, its answer may come from
// elsewhere.

#include <atomic>
#include <memory>

#include "transport/http/exchange.h"
#include "transport/http/head_facts.h"
#include "transport/http/loop.h"

namespace slipway::http {

/// Threads: everything on the loop's thread, except Send, Defer and cancelled as Exchange says.
class LoopExchange : public Exchange {
 public:
  void Send() final;
  std::shared_ptr<Exchange> Defer() final;
  std::shared_ptr<const std::atomic<bool>> cancelled() const final { return cancelled_; }

 protected:
  explicit LoopExchange(Loop& io) : io_(io) { loop_ = io.index(); }

  enum class Outcome : uint8_t {
    kAnswered,  // response() is to be sent
    kDeferred,  // OnAnswer follows, perhaps at once
    kFailed,    // response() is to be sent and says that the server failed
  };
  /// Has the request handled. Third-party code may throw; here is where that ends.
  Outcome CallHandler(const ListenerPolicy& policy);

  /// Tells whoever computes the answer that nobody waits for it.
  void Cancel();
  /// The answer is out: one that comes late is not the next exchange's.
  void EndAnswer();

  /// Compresses response() if its client wants that. Threads: that of Send.
  virtual void Compress();

  virtual std::shared_ptr<LoopExchange> Self() = 0;
  /// What the exchange refers to: whoever computes the answer keeps it alive together with Self.
  virtual std::shared_ptr<const void> Owner() = 0;
  /// The handler was called and has not answered.
  virtual bool AwaitsAnswer() const = 0;
  /// response() is to be sent, after CallHandler said kDeferred.
  virtual void OnAnswer() = 0;

  Loop& io_;
  HeadFacts facts_;

 private:
  struct Deferral;
  void SetAwaited(bool awaited);
  void OnSendPosted(uint64_t generation);
  void OnAbandoned(uint64_t generation);

  bool in_handler_ = false;
  bool sent_in_handler_ = false;
  bool deferred_ = false;
  bool awaited_ = false;  // the loop counts this exchange
  // Another thread may call Send once it was given the deferred exchange; the generation tells a
  // late one from the next exchange's.
  uint64_t generation_ = 1;
  std::atomic<uint64_t> sent_generation_{0};
  std::weak_ptr<Deferral> deferral_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
};

}  // namespace slipway::http
