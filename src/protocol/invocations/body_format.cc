#include "protocol/invocations/body_format.h"

#include "protocol/instances/json_table.h"
#include "protocol/mlflow/request_reader.h"
#include "protocol/mlflow/response_writer.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/response_writer.h"
#include "protocol/sagemaker/content_type.h"
#include "text/json_reader.h"
#include "transport/http/ascii.h"

namespace slipway::invocations {
namespace {

using instances::CsvHeader;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kCsv = "text/csv";

http::MediaType TypeOf(const http::Request& request) {
  return http::MediaType::Parse(request.header("content-type").value_or(kJson));
}

Status Unsupported(std::string_view what, std::string_view got) {
  return Error(Reason::kUnsupportedCoding, "Content-Type: expected {}, got \"{}\"", what,
               got.substr(0, 60));
}

StatusOr<CsvHeader> HeaderOf(std::string_view word) {
  if (word == "present") return CsvHeader::kPresent;
  if (word == "absent") return CsvHeader::kAbsent;
  return Unsupported("header=present or header=absent", word);
}

/// The parameters that text/csv and application/json may have. SageMaker's own algorithms take
/// label_size=0: no column is the label.
StatusOr<CsvHeader> CheckParameters(const http::MediaType& type, CsvHeader header) {
  for (const auto& [name, value] : type.parameters) {
    if (name == "charset" && http::EqualsIgnoreCase(value, "utf-8")) continue;
    if (name == "charset") return Unsupported("charset=utf-8", value);
    if (name == "header" && type.type == kCsv) {
      ASSIGN_OR_RETURN(header, HeaderOf(value));
    } else if (name != "label_size" || value != "0" || type.type != kCsv) {
      return Unsupported("no parameter but charset, and header for CSV", name);
    }
  }
  return header;
}

Status ReadJson(const http::Request& from, const lifecycle::ServedVersion& version,
                InferRequest& request) {
  if (IsOpenInference(from.body_text()))
    return openinference::ReadRequest(from.body, from.body.size(), request);
  const instances::TableModel model{version.signature, version.features};
  RETURN_IF_ERROR(mlflow::ReadRequest(from.body_text(), model, request));
  mlflow::AskForPrediction(version.signature, request);
  return OkStatus();
}

Status ReadBinary(const http::Request& from, size_t json_size,
                  const lifecycle::ServedVersion& version, InferRequest& request) {
  if (json_size > 0) return openinference::ReadRequest(from.body, json_size, request);
  return openinference::ReadRawRequest(from.body, version.signature, version.batched, request);
}

}  // namespace

bool IsOpenInference(std::string_view json) {
  JsonReader reader(json);
  if (!reader.BeginObject().ok()) return false;
  for (std::string_view key;;) {
    const auto more = reader.NextKey(&key);
    if (!more.ok() || !*more) return false;
    if (key == "inputs") break;
    if (!reader.Skip().ok()) return false;
  }
  if (!reader.BeginArray().ok()) return false;
  if (const auto first = reader.NextElement(); !first.ok() || !*first) return false;
  if (!reader.BeginObject().ok()) return false;
  for (std::string_view key;;) {
    const auto more = reader.NextKey(&key);
    if (!more.ok() || !*more) return false;
    if (key == "datatype") return true;
    if (!reader.Skip().ok()) return false;
  }
}

Status BodyFormat::Read(const http::Request& from, const lifecycle::ServedVersion& version,
                        InferRequest& request) const {
  const http::MediaType type = TypeOf(from);
  ASSIGN_OR_RETURN(const auto json_size, sagemaker::JsonSizeOf(type, from.body.size()));
  if (json_size) return ReadBinary(from, *json_size, version, request);
  if (type.type != kJson && type.type != kCsv)
    return Unsupported(fmt::format("{}, {} or {}", kJson, kCsv, sagemaker::kBinaryType), type.type);
  ASSIGN_OR_RETURN(const CsvHeader header, CheckParameters(type, header_));
  if (type.type == kJson) return ReadJson(from, version, request);
  mlflow::AskForPrediction(version.signature, request);
  return instances::ReadCsvTable(from.body_text(), header, version.signature, version.features,
                                 request)
      .status();
}

Status BodyFormat::Write(const http::Request& from, const InferRequest& request,
                         const InferResponse& answer, const lifecycle::ServedVersion&,
                         http::Response& to) const {
  const http::MediaType type = TypeOf(from);
  if (type.type == kCsv || (type.type == kJson && !IsOpenInference(from.body_text())))
    return mlflow::WriteAnswer(answer.outputs, to.body);
  size_t json_size = 0;
  RETURN_IF_ERROR(openinference::WriteResponse(request, answer, to, &json_size));
  if (json_size == 0) return OkStatus();
  to.content_type = {};
  to.AddHeader("Content-Type", sagemaker::BinaryContentType(json_size));
  return OkStatus();
}

}  // namespace slipway::invocations
