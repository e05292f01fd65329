// What reading a ModelInferRequest and writing a ModelInferResponse costs, beside the classes that
// protoc generates.

#include <benchmark/benchmark.h>
#include <inference/grpc_service.pb.h>

#include "protocol/openinference/grpc_request_reader.h"
#include "protocol/openinference/grpc_response_writer.h"

namespace slipway::openinference {
namespace {

/// One input of `floats` floats, as the stock clients send it.
std::string Request(int64_t floats, bool typed) {
  ::inference::ModelInferRequest request;
  request.set_model_name("digits");
  auto* input = request.add_inputs();
  input->set_name("pixels");
  input->set_datatype("FP32");
  input->add_shape(1);
  input->add_shape(floats);
  request.add_outputs()->set_name("probabilities");
  const std::vector<float> values(static_cast<size_t>(floats), 0.5f);
  if (typed)
    input->mutable_contents()->mutable_fp32_contents()->Add(values.begin(), values.end());
  else
    request.add_raw_input_contents(values.data(), values.size() * sizeof(float));
  return request.SerializeAsString();
}

void BM_Read(benchmark::State& state, bool typed) {
  const std::string message = Request(state.range(0), typed);
  InferRequest request;
  for (auto _ : state) {
    request.Clear();
    benchmark::DoNotOptimize(ReadInferMessage(std::as_bytes(std::span(message)), request).ok());
  }
}
BENCHMARK_CAPTURE(BM_Read, raw, false)->Arg(16)->Arg(150'528);
BENCHMARK_CAPTURE(BM_Read, typed, true)->Arg(16)->Arg(150'528);

void BM_ReadGenerated(benchmark::State& state) {
  const std::string message = Request(state.range(0), false);
  ::inference::ModelInferRequest request;
  for (auto _ : state) benchmark::DoNotOptimize(request.ParseFromString(message));
}
BENCHMARK(BM_ReadGenerated)->Arg(16)->Arg(150'528);

void BM_Write(benchmark::State& state) {
  InferRequest request;
  request.binary_outputs = true;
  InferResponse answer;
  answer.model = "digits";
  answer.version = "1";
  answer.outputs = {
      {"probabilities",
       {DType::kFp32,
        {1, state.range(0)},
        Buffer::Own(std::string(static_cast<size_t>(state.range(0)) * sizeof(float), '\0'))}}};
  http::Response response;
  for (auto _ : state) {
    response.Clear();
    benchmark::DoNotOptimize(WriteInferMessage(request, answer, response).ok());
  }
}
BENCHMARK(BM_Write)->Arg(16)->Arg(150'528);

}  // namespace
}  // namespace slipway::openinference

BENCHMARK_MAIN();
