#pragma once
#include <string>

#include "protocol/calls/http_call.h"
#include "protocol/torchserve/prediction_reader.h"
#include "protocol/torchserve/routes.h"

namespace slipway::torchserve {

class PredictionCall final : public HttpCall {
 public:
  Form form = Form::kRows;
  bool model_known = false;

 private:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override;
  void WriteError(const Status& why, const lifecycle::ServedVersion* version,
                  http::Response& answer) override;
};

/// POST /predictions/{model}[/{version}]. Threads: any I/O thread.
class PredictionHandler {
 public:
  explicit PredictionHandler(const Services& services)
      : infer_(services.infer), calls_(services.infer, services.loops) {}

  void operator()(http::Exchange& exchange);

 private:
  routing::InferService& infer_;
  CallRunner<PredictionCall> calls_;
};

/// What TorchServe calls "1.0" is version 1; other words are as they stand.
std::string_view PlainVersion(std::string_view version);

}  // namespace slipway::torchserve
