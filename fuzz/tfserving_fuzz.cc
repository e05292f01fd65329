// The bodies of TensorFlow Serving's predict, classify and regress, and of Vertex AI's predictions.
// What they accept must hold together.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/tfserving/example_reader.h"
#include "protocol/tfserving/request_reader.h"
#include "protocol/tfserving/testing/plenty.h"
#include "protocol/vertex/body_format.h"

namespace slipway {
namespace {

const Signature kModel{.inputs = {{"x", DType::kFp32, {-1, 2}},
                                  {"n", DType::kInt64, {-1}, /*optional=*/true},
                                  {"s", DType::kBytes, {-1, 1}, /*optional=*/true},
                                  {"img", DType::kUint8, {-1, 2, -1}, /*optional=*/true}},
                       .outputs = {}};

Status Read(int reader, std::string_view body, InferRequest& request) {
  switch (reader) {
    case 0:
      return tfserving::ReadPredictRequest(body, kModel, request).status();
    case 1: {
      tfserving::Plenty plenty;
      return tfserving::ReadExamples(body, kModel, request, plenty.repeated);
    }
    default:
      return vertex::ReadPredictRequest(body, kModel, request);
  }
}

}  // namespace
}  // namespace slipway

/// The first byte says which reader.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  slipway::InferRequest request;
  if (!slipway::Read(data[0] % 3, body, request).ok()) return 0;
  for (const auto& input : request.inputs)
    SLIPWAY_CHECK(slipway::CheckData(input.tensor).ok(), "a tensor is as long as its shape says");
  return 0;
}
