#include "transport/http/loop_exchange.h"

#include <exception>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/recycled.h"
#include "transport/http/coding.h"

namespace slipway::http {

// Lives as long as somebody can still answer; the last one to leave without doing so is reported.
struct LoopExchange::Deferral {
  std::shared_ptr<const void> owner;  // let go after the exchange
  std::shared_ptr<LoopExchange> exchange;
  uint64_t generation;

  ~Deferral() {
    if (exchange->sent_generation_.load(std::memory_order_acquire) >= generation) return;
    exchange->io_.Post([weak = std::weak_ptr<LoopExchange>(exchange), g = generation] {
      if (const auto self = weak.lock()) self->OnAbandoned(g);
    });
  }
};

std::shared_ptr<Exchange> LoopExchange::Defer() {
  std::shared_ptr<Deferral> deferral = deferral_.lock();
  if (!deferral) {
    deferral = std::allocate_shared<Deferral>(RecyclingAllocator<Deferral>(), Owner(), Self(),
                                              generation_);
    deferral_ = deferral;
  }
  if (!cancelled_)
    cancelled_ =
        std::allocate_shared<std::atomic<bool>>(RecyclingAllocator<std::atomic<bool>>(), false);
  deferred_ = true;
  return {deferral, this};
}

void LoopExchange::Send() {
  const uint64_t generation = generation_;
  SLIPWAY_CHECK(sent_generation_.exchange(generation, std::memory_order_acq_rel) < generation,
                "an exchange is answered once");
  // Here rather than on the loop: an answer from another thread is compressed by that thread.
  Compress();
  if (io_.is_current() && in_handler_) {
    sent_in_handler_ = true;
    return;
  }
  if (io_.is_between_handlers()) return OnSendPosted(generation);
  io_.Post([weak = std::weak_ptr<LoopExchange>(Self()), generation] {
    if (const auto self = weak.lock()) self->OnSendPosted(generation);
  });
}

void LoopExchange::Compress() {
  if (!facts_.accept_encoding.empty()) CompressResponse(facts_.accept_encoding, response_);
}

void LoopExchange::OnSendPosted(uint64_t generation) {
  if (generation != generation_ || !AwaitsAnswer()) return;
  SetAwaited(false);
  OnAnswer();
}

void LoopExchange::OnAbandoned(uint64_t generation) {
  if (generation != generation_ || !AwaitsAnswer()) return;
  if (sent_generation_.load(std::memory_order_acquire) >= generation) return;
  RespondWithError(MakeError(Reason::kInternal, "the exchange was dropped without an answer"),
                   request_id_, response_);
  sent_generation_.store(generation, std::memory_order_relaxed);
  OnAnswer();
}

LoopExchange::Outcome LoopExchange::CallHandler(const ListenerPolicy& policy) {
  in_handler_ = true;
  Status failure;
  try {
    policy.router->Dispatch(*this, policy.access);
  } catch (const std::exception& error) {
    failure = Error(Reason::kInternal, "{}: the handler threw: {}", route_, error.what());
  } catch (...) {
    failure = Error(Reason::kInternal, "{}: the handler threw", route_);
  }
  in_handler_ = false;
  if (!failure.ok() && (sent_in_handler_ || deferred_))
    log::Error("a handler threw after it had answered or deferred",
               {{"request_id", request_id_}, {"detail", MessageOf(failure)}});
  if (sent_in_handler_) return Outcome::kAnswered;
  if (deferred_) {
    SetAwaited(true);
    return Outcome::kDeferred;
  }
  if (failure.ok())
    failure = Error(Reason::kInternal, "{}: the handler neither answered nor deferred", route_);
  sent_generation_.store(generation_, std::memory_order_relaxed);
  RespondWithError(failure, request_id_, response_);
  return Outcome::kFailed;
}

void LoopExchange::SetAwaited(bool awaited) {
  if (std::exchange(awaited_, awaited) != awaited) io_.CountAwaited(awaited ? 1 : -1);
}

void LoopExchange::Cancel() {
  SetAwaited(false);
  if (cancelled_) cancelled_->store(true, std::memory_order_relaxed);
}

void LoopExchange::EndAnswer() {
  SetAwaited(false);
  ++generation_;
  deferral_.reset();
  cancelled_.reset();
  deferred_ = sent_in_handler_ = false;
}

}  // namespace slipway::http
