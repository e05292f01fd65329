#pragma once
#include "protocol/calls/http_call.h"
#include "protocol/openinference/routes.h"
#include "protocol/openinference/shared_tensors.h"

namespace slipway::openinference {

/// How an infer request and its answer are written.
struct InferFormat {
  /// Fills `request`, which was cleared and has context.received; it may borrow from the exchange.
  /// @param shared  as for ReadRequest.
  Status (*read)(const http::Exchange& exchange, const lifecycle::ServingTable& table,
                 InferRequest& request, SharedTensors* shared);
  Status (*write)(const InferRequest& request, const InferResponse& answer,
                  http::Response& response);
};
extern const InferFormat kHttpInfer;  // POST …/infer
extern const InferFormat kGrpcInfer;  // ModelInfer

/// Gives `answer` the form of MLServer's codec for arrays of numpy.
/// Source: SeldonIO/MLServer, mlserver/codecs/numpy.py
void AnswerAsMlserver(InferResponse& answer);

/// Gives the outputs of `answer` the names that KServe's own servers give theirs: "output-0",
/// "output-1", … of those that are given unasked. Others keep theirs.
/// @param signature  of the model that answered
/// Source: kserve/kserve, python/kserve/kserve/utils/utils.py
void AnswerAsKserve(const Signature& signature, InferResponse& answer);

/// Outputs that are asked for by those names, or by the model's own, become the model's.
/// @return kBadRequest listing both for another name.
Status AskAsKserve(const Signature& signature, InferRequest& request);

class InferCall final : public HttpCall {
 public:
  const InferFormat* format = nullptr;
  Habit habit = Habit::kTriton;
  SharedTensors shared;

  void Reset() override {
    HttpCall::Reset();
    shared.Clear();
  }

 protected:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
    if (habit == Habit::kMlserver) AnswerAsMlserver(response);
    if (habit == Habit::kKserve) AnswerAsKserve(version.signature, response);
    RETURN_IF_ERROR(format->write(request, response, answer));
    return shared.Store(response);
  }
};

/// Runs models. Threads: any I/O thread.
class InferHandler {
 public:
  InferHandler(const Services& services, const InferFormat& format)
      : infer_(services.infer),
        shared_memory_(services.shared_memory),
        format_(format),
        habit_(services.habit),
        calls_(services.infer, services.loops) {}
  void operator()(http::Exchange& exchange);

 private:
  routing::InferService& infer_;
  SharedMemory* const shared_memory_;
  const InferFormat& format_;
  const Habit habit_;
  CallRunner<InferCall> calls_;
};

}  // namespace slipway::openinference
