#include "protocol/flask/body_format.h"

#include <algorithm>

#include "protocol/instances/csv_table.h"
#include "protocol/instances/loose_json.h"
#include "protocol/instances/prediction.h"
#include "transport/http/media_type.h"
#include "transport/http/query.h"

namespace slipway::flask {
namespace {

bool IsFloat(DType dtype) {
  return dtype == DType::kFp16 || dtype == DType::kBf16 || dtype == DType::kFp32 ||
         dtype == DType::kFp64;
}

const TensorSpec* ProbabilityOf(const Signature& signature) {
  for (size_t i = 1; i < signature.outputs.size(); ++i) {
    const TensorSpec& output = signature.outputs[i];
    if (IsFloat(output.dtype) && (output.any_rank || output.shape.size() == 2)) return &output;
  }
  return nullptr;
}

StatusOr<bool> WantsProbability(std::string_view query) {
  ASSIGN_OR_RETURN(const auto value, http::QueryValue(query, "proba"));
  if (!value || *value == "0" || *value == "false") return false;
  if (value->empty() || *value == "1" || *value == "true") return true;
  return Error(Reason::kBadRequest, "query parameter \"proba\": expected 1 or 0");
}

}  // namespace

Status AskForOutputs(const Signature& signature, bool probability, InferRequest& request) {
  if (signature.outputs.empty()) return Error(Reason::kBadRequest, "the model has no output");
  request.outputs.push_back({signature.outputs.front().name});
  if (!probability) return OkStatus();
  const TensorSpec* const output = ProbabilityOf(signature);
  if (output == nullptr)
    return Error(Reason::kBadRequest,
                 "query parameter \"proba\": the model has no output of probabilities, a row of "
                 "floats for each row, besides \"{}\"",
                 signature.outputs.front().name);
  request.outputs.push_back({output->name});
  return OkStatus();
}

Status WriteAnswer(std::span<const NamedTensor> outputs, std::string& out) {
  out += "{\"prediction\":";
  RETURN_IF_ERROR(instances::AppendPrediction(outputs[0], out));
  if (outputs.size() > 1) {
    out += ",\"probability\":";
    RETURN_IF_ERROR(instances::AppendPrediction(outputs[1], out));
  }
  out += '}';
  return OkStatus();
}

Status BodyFormat::Read(const http::Request& from, const lifecycle::ServedVersion& version,
                        InferRequest& request) const {
  ASSIGN_OR_RETURN(const bool probability, WantsProbability(from.query));
  RETURN_IF_ERROR(AskForOutputs(version.signature, probability, request));
  const auto type = http::MediaType::Parse(from.header("content-type").value_or(""));
  if (type.type == "text/csv")
    return instances::ReadCsvTable(from.body_text(), instances::CsvHeader::kAuto, version.signature,
                                   version.features, request)
        .status();
  return instances::ReadLooseJson(from.body_text(), {version.signature, version.features}, request);
}

Status BodyFormat::Write(const http::Request&, const InferRequest&, const InferResponse& answer,
                         const lifecycle::ServedVersion&, http::Response& to) const {
  return WriteAnswer(answer.outputs, to.body);
}

}  // namespace slipway::flask
