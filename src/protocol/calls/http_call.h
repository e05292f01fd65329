#pragma once
// One inference that came by an HTTP exchange and is answered on it, whatever the API.

#include <memory>
#include <vector>

#include "routing/infer_service.h"
#include "transport/http/exchange.h"

namespace slipway {

/// What an API adds is how the request is read and the answer written.
class HttpCall : public routing::InferCall {
 public:
  /// Takes over when the request came, until when it is waited for, and the trace that it belongs
  /// to.
  void Begin(http::Exchange& exchange);

  http::Exchange& exchange() { return *exchange_; }

  std::shared_ptr<const std::atomic<bool>> Detach() final;
  Status Done(const Status& status, const lifecycle::ServedVersion* version) final;

 protected:
  /// Fills `answer` from the request and the response.
  /// @return why that is not possible; `answer` is then unspecified.
  virtual Status Write(const lifecycle::ServedVersion& version, http::Response& answer) = 0;

  /// Fills `answer` from a failure; by default as http::RespondWithError does.
  /// @param version  null when none was resolved.
  virtual void WriteError(const Status& why, const lifecycle::ServedVersion* version,
                          http::Response& answer);

 private:
  void LogFailure(const Status& why, const lifecycle::ServedVersion* version) const;

  http::Exchange* exchange_ = nullptr;
  std::shared_ptr<http::Exchange> held_;  // once the call has left its I/O thread
};

/// Runs calls of one kind, each I/O thread with an object that it uses again.
/// Threads: Run from any I/O thread.
template <typename Call>
class CallRunner final : public routing::CallHome {
 public:
  CallRunner(routing::InferService& infer, int loops)
      : infer_(infer), loops_(static_cast<size_t>(loops)) {}

  /// Of an HttpCall. @param read  Status(Call&): fills call.request from call.exchange(); at least
  ///   the model's name and version before it fails.
  template <typename Read>
  void Run(http::Exchange& exchange, const Read& read) {
    Run(exchange.loop(), [&](Call& call) {
      call.Begin(exchange);
      return read(call);
    });
  }

  /// @param read  Status(Call&): begins the call and fills its request, on I/O thread `loop`.
  template <typename Read>
  void Run(int loop, const Read& read) {
    auto call = Take(loop);
    if (const Status why = read(static_cast<Call&>(*call)); !why.ok())
      infer_.Refuse(loop, *call, why);
    else
      call = infer_.Infer(loop, std::move(call));
    if (call) Return(loop, std::move(call));
  }

  void Return(int loop, std::unique_ptr<routing::InferCall> call) override {
    auto& spare = loops_[static_cast<size_t>(loop)].spare;
    if (spare.size() == kKept) return;
    call->Reset();  // now: the next request may be long in coming
    spare.push_back(std::move(call));
  }

 private:
  static constexpr size_t kKept = 128;  // by a thread: as many may wait for one turn of its loop
  struct alignas(64) Loop {
    std::vector<std::unique_ptr<routing::InferCall>> spare;
  };

  std::unique_ptr<routing::InferCall> Take(int loop) {
    auto& spare = loops_[static_cast<size_t>(loop)].spare;
    if (spare.empty()) {
      auto made = std::make_unique<Call>();
      made->home = this;
      return made;
    }
    auto call = std::move(spare.back());
    spare.pop_back();
    return call;
  }

  routing::InferService& infer_;
  std::vector<Loop> loops_;
};

}  // namespace slipway
