#include "cli/attest.h"

#include "bundle/attestation.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

std::string GateJson(const evaluate::Report& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("data").String(report.subject.data);
  json.Key("data_digest").String(report.subject.data_digest);
  evaluate::AppendGate(json, report.gate);
  json.EndObject();
  return text;
}

}  // namespace

Status Attest(const std::string& bundle, std::string_view kind, std::string_view digest,
              std::string_view report, std::string_view page) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("model").String(digest);
  json.Key("report").Raw(report.substr(0, report.find_last_of('}') + 1)).EndObject();
  return bundle::WriteAttestation(bundle, kind, text + "\n", page);
}

Status AttestEvaluation(const std::string& bundle, const std::string& digest,
                        evaluate::Report report) {
  report.subject.digest = digest;
  RETURN_IF_ERROR(
      Attest(bundle, "evaluation", digest, evaluate::ToJson(report), evaluate::ToHtml(report)));
  return report.gate.empty() ? OkStatus() : Attest(bundle, "gate", digest, GateJson(report));
}

}  // namespace slipway::cli
