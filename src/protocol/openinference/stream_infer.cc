#include "protocol/openinference/stream_infer.h"

#include <utility>

#include "base/log.h"
#include "protocol/calls/http_call.h"
#include "protocol/openinference/grpc_request_reader.h"
#include "protocol/openinference/grpc_response_writer.h"
#include "protocol/openinference/ordered_answers.h"
#include "protocol/openinference/shared_tensors.h"
#include "protocol/openinference/stream_message.h"
#include "telemetry/trace.h"
#include "transport/grpc/streaming.h"

namespace slipway::openinference {
namespace {

// Enough to keep every thread of the pool busy; beyond it the client waits instead of the queue.
constexpr size_t kMaxInFlight = 32;

/// What a stream and its requests share, for as long as the last of them.
struct StreamState {
  StreamState(const http::Exchange& exchange, std::shared_ptr<http::StreamWriter> writer)
      : answers(std::move(writer), kMaxInFlight), request_id(exchange.request_id()) {
    const http::Request& head = exchange.request();
    deadline = head.deadline;
    if (const auto header = head.header("traceparent")) trace = TraceContext::Parse(*header);
    ends_on_error = head.header("triton_grpc_error") == "true";
  }

  OrderedAnswers answers;
  const std::string request_id;
  std::optional<TraceContext> trace;
  std::optional<TimePoint> deadline;  // of the stream, and so of each request
  bool ends_on_error = false;         // with a status, instead of a message that says it
  std::atomic<bool> cancelled{false};
};

/// One request of a stream.
class StreamCall final : public routing::InferCall {
 public:
  ~StreamCall() override {
    if (stream_)
      Fail(MakeError(Reason::kInternal, "the request was dropped without an answer"), nullptr);
  }

  void Begin(std::shared_ptr<StreamState> stream, std::shared_ptr<const std::string> message) {
    stream_ = std::move(stream);
    message_ = std::move(message);
    place_ = stream_->answers.Reserve();
    request.context.received = std::chrono::steady_clock::now();
    request.context.deadline = stream_->deadline;
    if (stream_->trace) request.context.trace = stream_->trace->Child();
  }

  /// @param memory  null where shared memory is not offered.
  Status Read(SharedMemory* memory) {
    RETURN_IF_ERROR(ReadInferMessage(std::as_bytes(std::span(*message_)), request,
                                     memory != nullptr ? &shared_ : nullptr));
    return shared_.empty() ? OkStatus() : shared_.Fetch(*memory, request);
  }

  void Reset() override {
    routing::InferCall::Reset();
    shared_.Clear();
  }

  std::shared_ptr<const std::atomic<bool>> Detach() override {
    return {stream_, &stream_->cancelled};
  }

  Status Done(const Status& status, const lifecycle::ServedVersion* version) override {
    http::Response answer;
    const Status told = status.ok() ? Write(answer) : status;
    if (told.ok())
      stream_->answers.Answer(place_, StreamAnswer(std::move(answer)));
    else
      Fail(told, version);
    message_.reset();
    stream_.reset();
    return told;
  }

 private:
  Status Write(http::Response& answer) const {
    RETURN_IF_ERROR(WriteInferMessage(request, response, answer));
    return shared_.Store(response);
  }

  void Fail(const Status& why, const lifecycle::ServedVersion* version) {
    log::Debug("request refused",
               {{"model", version != nullptr ? version->name.str() : request.model},
                {"version", version != nullptr ? version->version : request.version},
                {"reason", InfoOf(ReasonOf(why)).label},
                {"error", MessageOf(why)},
                {"request_id", stream_->request_id}});
    if (stream_->ends_on_error)
      stream_->answers.Fail(place_, why);
    else
      stream_->answers.Answer(place_,
                              StreamError(request, http::ToldToClient(why, stream_->request_id)));
  }

  std::shared_ptr<StreamState> stream_;
  std::shared_ptr<const std::string> message_;  // the request borrows from it
  uint64_t place_ = 0;
  SharedTensors shared_;
};

class Runner {
 public:
  explicit Runner(const Services& services)
      : draining_(services.draining),
        shared_memory_(services.shared_memory),
        calls_(services.infer, services.loops) {}

  void Run(const http::Exchange& exchange, const std::shared_ptr<StreamState>& stream,
           std::shared_ptr<const std::string> message) {
    calls_.Run(exchange.loop(), [&](StreamCall& call) {
      call.Begin(stream, std::move(message));
      call.more_follow = exchange.MoreFollow();
      RETURN_IF_ERROR(call.Read(shared_memory_));
      if (draining_.load(std::memory_order_relaxed))
        return MakeError(Reason::kDraining, "the server ends and takes no more requests");
      return OkStatus();
    });
  }

 private:
  const std::atomic<bool>& draining_;
  SharedMemory* const shared_memory_;
  CallRunner<StreamCall> calls_;
};

class Reader final : public http::StreamReader {
 public:
  Reader(std::shared_ptr<Runner> runner, const http::Exchange& exchange,
         std::shared_ptr<StreamState> stream)
      : runner_(std::move(runner)), exchange_(exchange), stream_(std::move(stream)) {}

  bool OnMessage(std::shared_ptr<const std::string> message) override {
    runner_->Run(exchange_, stream_, std::move(message));
    return stream_->answers.HasRoom();
  }
  void OnHalfClose() override { stream_->answers.Close(); }
  void OnEnd() override { stream_->cancelled = true; }
  bool Idle() const override { return stream_->answers.empty(); }

 private:
  const std::shared_ptr<Runner> runner_;
  const http::Exchange& exchange_;  // valid until OnEnd
  const std::shared_ptr<StreamState> stream_;
};

}  // namespace

void AddStreamInfer(http::Router& router, const Services& services) {
  const auto runner = std::make_shared<Runner>(services);
  grpc::AddStreaming(
      router, "/inference.GRPCInferenceService/ModelStreamInfer", http::Access::kInference,
      [runner](http::Exchange& exchange, std::shared_ptr<http::StreamWriter> writer) {
        const auto stream = std::make_shared<StreamState>(exchange, writer);
        return std::make_unique<Reader>(runner, exchange, stream);
      },
      "Runs models, with many requests on one stream.");
}

}  // namespace slipway::openinference
