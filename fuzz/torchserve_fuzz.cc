// The body of a TorchServe prediction: JSON, files and forms, or gRPC's message. The first byte
// chooses which, and the model. What is accepted must hold together, and fit the memory that its
// bytes can pay for.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/torchserve/prediction_message.h"
#include "protocol/torchserve/prediction_reader.h"

namespace slipway::torchserve {
namespace {

const std::vector<TensorSpec> kModels[] = {
    {{"x", DType::kFp32, {-1, 3}}},
    {{"text", DType::kBytes, {-1, 1}}},
    {{"image", DType::kUint8, {-1, 2, 2}}},
    {{"image", DType::kUint8, {-1, -1}}},
    {{"a", DType::kInt16, {-1}}, {"b", DType::kBytes, {}}, {"c", DType::kUint8, {-1}, true}},
};
constexpr std::string_view kTypes[] = {"multipart/form-data; boundary=B", "",
                                       "application/x-www-form-urlencoded", "application/json"};

Status ReadMessage(std::string_view body, const lifecycle::ServedVersion& version,
                   InferRequest& request) {
  ASSIGN_OR_RETURN(const PredictionMessage message, ReadPredictionMessage(body));
  SLIPWAY_CHECK(!message.model.empty() && !message.input.empty(), "a prediction names both");
  return ReadParts(message.input, version, request).status();
}

Status ReadBody(std::string_view type, std::string_view body,
                const lifecycle::ServedVersion& version, InferRequest& request) {
  http::Request from;
  from.headers.push_back({"Content-Type", type});
  from.body = std::as_bytes(std::span(body));
  return ReadPrediction(from, version, request).status();
}

}  // namespace

void FuzzPrediction(unsigned choice, std::string_view body) {
  lifecycle::ServedVersion version{.name = *ModelName::Parse("m")};
  version.signature.inputs = kModels[choice % std::size(kModels)];
  version.features = {"a", "b", "c"};
  InferRequest request;
  const size_t form = choice / std::size(kModels) % (std::size(kTypes) + 1);
  const Status read = form == std::size(kTypes) ? ReadMessage(body, version, request)
                                                : ReadBody(kTypes[form], body, version, request);
  if (!read.ok()) return;
  size_t bytes = 0;
  for (const NamedTensor& input : request.inputs) {
    SLIPWAY_CHECK(CheckData(input.tensor).ok(), "an accepted tensor is as long as its shape says");
    bytes += input.tensor.data.size();
  }
  SLIPWAY_CHECK(bytes <= 16 * body.size() + 16, "memory follows the body");
}

}  // namespace slipway::torchserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  slipway::torchserve::FuzzPrediction(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
