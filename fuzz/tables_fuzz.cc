// Bodies that hold tables: MLflow's, a Flask application's, CSV, KServe's data frames. The first
// byte chooses reader and model. What is accepted must hold together and fit the memory that its
// text can pay for.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/instances/csv_table.h"
#include "protocol/instances/loose_json.h"
#include "protocol/invocations/body_format.h"
#include "protocol/mlflow/request_reader.h"
#include "protocol/tfserving/kserve_reader.h"

namespace slipway {
namespace {

const Signature kModels[] = {
    {{{"x", DType::kFp32, {-1, 3}}}, {}},
    {{{"x", DType::kInt8, {-1, -1}}}, {}},
    {{{"a", DType::kFp64, {-1, 1}}, {"b", DType::kBytes, {-1}}, {"c", DType::kBool, {-1}, true}},
     {}},
    {{{"a", DType::kUint16, {-1, 2, 2}}, {"b", DType::kFp16, {}}}, {}},
    {{{"x", DType::kBytes, {-1, 2}}}, {}},
};
const std::vector<std::string> kFeatures = {"a", "b", "c"};

Status Read(unsigned choice, std::string_view body, InferRequest& request) {
  const Signature& signature = kModels[choice % std::size(kModels)];
  switch (choice / std::size(kModels) % 5) {
    case 0:
      return instances::ReadLooseJson(body, {signature, kFeatures}, request);
    case 1:
      return mlflow::ReadRequest(body, {signature, kFeatures}, request);
    case 2:
      return instances::ReadCsvTable(body, instances::CsvHeader::kAuto, signature, kFeatures,
                                     request)
          .status();
    case 3:
      return instances::ReadCsvTable(body, instances::CsvHeader::kPresent, signature, kFeatures,
                                     request)
          .status();
    default:
      return tfserving::ReadKserveRequest(body, signature, request);
  }
}

}  // namespace

void FuzzTables(unsigned choice, std::string_view body) {
  invocations::IsOpenInference(body);
  InferRequest request;
  if (!Read(choice, body, request).ok()) return;
  for (const NamedTensor& input : request.inputs) {
    SLIPWAY_CHECK(CheckData(input.tensor).ok(), "an accepted tensor is as long as its shape says");
    SLIPWAY_CHECK(input.tensor.data.size() <= 16 * body.size() + 16,
                  "memory follows the text and not what it claims");
  }
}

}  // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  slipway::FuzzTables(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
