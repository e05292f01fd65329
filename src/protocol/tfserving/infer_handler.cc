#include "protocol/tfserving/infer_handler.h"

#include "protocol/instances/rows.h"
#include "protocol/tfserving/example_reader.h"
#include "protocol/tfserving/kserve_reader.h"
#include "routing/resolver.h"

namespace slipway::tfserving {
namespace {

/// Why no version answered `request`, in the words of TensorFlow Serving where it is one not found.
Status NotServed(const Status& why, const InferRequest& request) {
  if (ReasonOf(why) != Reason::kNotFound) return why;
  const std::string wanted = request.version.empty()
                                 ? fmt::format("Latest({})", request.model)
                                 : fmt::format("Specific({}, {})", request.model, request.version);
  return Annotate(why, "Servable not found for request: " + wanted);
}

}  // namespace

void Call::WriteError(const Status& why, const lifecycle::ServedVersion* version,
                      http::Response& answer) {
  HttpCall::WriteError(version == nullptr ? NotServed(why, request) : why, version, answer);
}

Status InferCall::Write(const lifecycle::ServedVersion& version, http::Response& answer) {
  std::string& body = answer.body;
  const auto& outputs = response.outputs;
  switch (form) {
    case Form::kRows:
      body += "{\"predictions\":";
      RETURN_IF_ERROR(instances::AppendRows(outputs, {}, body));
      break;
    case Form::kColumns:
      body += "{\"outputs\":";
      RETURN_IF_ERROR(instances::AppendColumns(outputs, {}, body));
      break;
    case Form::kClassify: {
      const auto scores = IndexOf(version.signature.outputs, outputs[0].name);
      return WriteClassifications(outputs[0].tensor,
                                  outputs.size() > 1 ? &outputs[1].tensor : nullptr,
                                  version.signature.outputs[*scores].labels, body);
    }
    case Form::kRegress:
      return WriteRegressions(outputs[0].tensor, body);
  }
  body += '}';
  return OkStatus();
}

template <typename Read>
void InferHandler::Run(http::Exchange& exchange, const Read& read) {
  calls_.Run(exchange, [&](InferCall& call) -> Status {
    call.request.model = exchange.params()["model"];
    ASSIGN_OR_RETURN(call.request.version, VersionIn(exchange));
    ASSIGN_OR_RETURN(
        const auto* version,
        routing::Resolve(infer_.Table(exchange.loop()), call.request.model, call.request.version));
    return read(exchange.request().body_text(), (*version)->signature, call);
  });
}

void InferHandler::Predict(http::Exchange& exchange) {
  Run(exchange,
      [this](std::string_view body, const Signature& signature, InferCall& call) -> Status {
        call.form = InferCall::Form::kRows;
        if (kserve_) return ReadKserveRequest(body, signature, call.request);
        ASSIGN_OR_RETURN(const Format format, ReadPredictRequest(body, signature, call.request));
        if (format == Format::kColumns) call.form = InferCall::Form::kColumns;
        return OkStatus();
      });
}

Status InferHandler::ReadExamplesOf(std::string_view body, const Signature& signature,
                                    InferCall& call) const {
  RepeatedBytes repeated(memory_, call.charge);
  return ReadExamples(body, signature, call.request, repeated);
}

void InferHandler::Classify(http::Exchange& exchange) {
  Run(exchange,
      [this](std::string_view body, const Signature& signature, InferCall& call) -> Status {
        call.form = InferCall::Form::kClassify;
        ASSIGN_OR_RETURN(ClassifyOutputs outputs, FindClassifyOutputs(signature));
        call.request.outputs.push_back({std::move(outputs.scores)});
        if (!outputs.classes.empty()) call.request.outputs.push_back({std::move(outputs.classes)});
        return ReadExamplesOf(body, signature, call);
      });
}

void InferHandler::Regress(http::Exchange& exchange) {
  Run(exchange,
      [this](std::string_view body, const Signature& signature, InferCall& call) -> Status {
        call.form = InferCall::Form::kRegress;
        ASSIGN_OR_RETURN(std::string output, FindRegressOutput(signature));
        call.request.outputs.push_back({std::move(output)});
        return ReadExamplesOf(body, signature, call);
      });
}

StatusOr<std::string_view> VersionIn(const http::Exchange& exchange) {
  const std::string_view label = exchange.params()["label"];
  if (label.empty()) return exchange.params()["version"];
  if (!VersionNumber::Parse(label)) return label;
  return Error(Reason::kNotFound, "model \"{}\" has no label \"{}\"", exchange.params()["model"],
               label);
}

}  // namespace slipway::tfserving
