#pragma once
#include <string_view>

#include "protocol/calls/http_call.h"
#include "protocol/tfserving/request_reader.h"
#include "protocol/tfserving/results.h"
#include "protocol/tfserving/routes.h"

namespace slipway::tfserving {

/// An inference of this API, over HTTP or gRPC.
class Call : public HttpCall {
 public:
  BodyCharge charge;  // of what is repeated

  void Reset() override {
    HttpCall::Reset();
    charge.Release();
  }

 protected:
  void WriteError(const Status& why, const lifecycle::ServedVersion* version,
                  http::Response& answer) override;
};

/// One over HTTP, whose answer has one of the forms of that API.
class InferCall final : public Call {
 public:
  enum class Form : uint8_t { kRows, kColumns, kClassify, kRegress };
  Form form = Form::kRows;

 protected:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override;
};

/// POST …:predict, …:classify, …:regress. Threads: any I/O thread.
class InferHandler {
 public:
  explicit InferHandler(const Services& services)
      : infer_(services.infer),
        memory_(services.memory),
        kserve_(services.kserve),
        calls_(services.infer, services.loops) {}

  void Predict(http::Exchange& exchange);
  void Classify(http::Exchange& exchange);
  void Regress(http::Exchange& exchange);

 private:
  /// Resolves the model before its body is read: names and data types come from its signature.
  /// @param read  Status(std::string_view body, const Signature&, InferCall&)
  template <typename Read>
  void Run(http::Exchange& exchange, const Read& read);

  Status ReadExamplesOf(std::string_view body, const Signature& signature, InferCall& call) const;

  routing::InferService& infer_;
  const BodyMemory& memory_;
  const bool kserve_;
  CallRunner<InferCall> calls_;
};

/// The version that a path names: a number or alias of "versions", an alias of "labels", or "".
/// @return kNotFound for a label of digits: those are versions.
StatusOr<std::string_view> VersionIn(const http::Exchange& exchange);

}  // namespace slipway::tfserving
