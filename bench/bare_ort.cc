// ONNX Runtime with nothing around it: loads a model, runs it on one input, says what that costs.
// The baseline of served throughput, of CPU per request and of start-up.
//
//   bare_ort MODEL INPUT_FILE SECONDS [THREADS [OPTIMISED]]
//
// INPUT_FILE holds the raw bytes of the model's only input; a dynamic dimension is 1. The first
// line of output appears after the first run and holds its first output's first bytes (start-up
// ends here); the second one, after SECONDS of further runs, is a JSON object of costs. The graph
// as ONNX Runtime optimised it is written to OPTIMISED.
#include <onnxruntime_c_api.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

const OrtApi* const ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);

void Check(OrtStatus* status) {
  if (status == nullptr) return;
  std::fprintf(stderr, "bare_ort: %s\n", ort->GetErrorMessage(status));
  std::exit(1);
}

double ParseNumber(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// CPU time of all threads of this process, in seconds.
double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

OrtSession* Load(OrtEnv* env, const char* path, int threads, const char* optimised) {
  OrtSessionOptions* options = nullptr;
  Check(ort->CreateSessionOptions(&options));
  Check(ort->SetIntraOpNumThreads(options, threads));
  Check(ort->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"));
  if (optimised != nullptr) Check(ort->SetOptimizedModelFilePath(options, optimised));
  OrtSession* session = nullptr;
  Check(ort->CreateSession(env, path, options, &session));
  return session;
}

// The model's only input as a tensor over `bytes`, which must outlive it.
OrtValue* MakeInput(const OrtSession* session, std::vector<char>& bytes) {
  OrtTypeInfo* type = nullptr;
  Check(ort->SessionGetInputTypeInfo(session, 0, &type));
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  Check(ort->CastTypeInfoToTensorInfo(type, &tensor));
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  Check(ort->GetTensorElementType(tensor, &element));
  size_t rank = 0;
  Check(ort->GetDimensionsCount(tensor, &rank));
  std::vector<int64_t> shape(rank);
  Check(ort->GetDimensions(tensor, shape.data(), rank));
  for (int64_t& dimension : shape)
    if (dimension < 0) dimension = 1;
  OrtMemoryInfo* memory = nullptr;
  Check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  OrtValue* value = nullptr;
  Check(ort->CreateTensorWithDataAsOrtValue(memory, bytes.data(), bytes.size(), shape.data(), rank,
                                            element, &value));
  return value;
}

// One run; prints the first bytes of the first output when asked.
void Run(OrtSession* session, const char* input_name, const char* output_name,
         const OrtValue* input, bool print) {
  OrtValue* output = nullptr;
  Check(ort->Run(session, nullptr, &input_name, &input, 1, &output_name, 1, &output));
  if (print) {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    Check(ort->GetTensorTypeAndShape(output, &info));
    size_t elements = 0;
    Check(ort->GetTensorShapeElementCount(info, &elements));
    float* data = nullptr;
    Check(ort->GetTensorMutableData(output, reinterpret_cast<void**>(&data)));
    for (size_t i = 0; i < elements && i < 16; ++i) std::printf("%s%.9g", i ? " " : "", data[i]);
    std::printf("\n");
    std::fflush(stdout);
  }
  ort->ReleaseValue(output);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  std::ifstream file(argv[2], std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const double seconds = ParseNumber(argv[3]);
  const int threads = argc > 4 ? static_cast<int>(ParseNumber(argv[4])) : 1;

  OrtEnv* env = nullptr;
  Check(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "bare", &env));
  OrtSession* const session = Load(env, argv[1], threads, argc > 5 ? argv[5] : nullptr);
  const OrtValue* const input = MakeInput(session, bytes);
  OrtAllocator* allocator = nullptr;
  Check(ort->GetAllocatorWithDefaultOptions(&allocator));
  char* input_name = nullptr;
  char* output_name = nullptr;
  Check(ort->SessionGetInputName(session, 0, allocator, &input_name));
  Check(ort->SessionGetOutputName(session, 0, allocator, &output_name));
  Run(session, input_name, output_name, input, true);
  if (seconds == 0) std::_Exit(0);

  using Clock = std::chrono::steady_clock;
  const double cpu_begun = CpuSeconds();
  const auto begun = Clock::now();
  double elapsed = 0;
  long runs = 0;
  for (; elapsed < seconds; ++runs) {
    Run(session, input_name, output_name, input, false);
    elapsed = std::chrono::duration<double>(Clock::now() - begun).count();
  }
  std::printf("{\"runs\": %ld, \"wall_us\": %.3f, \"cpu_us\": %.3f}\n", runs, elapsed * 1e6 / runs,
              (CpuSeconds() - cpu_begun) * 1e6 / runs);
}
