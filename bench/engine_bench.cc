// What the engine adds to a bare ONNX Runtime call, and what loading costs in time and memory.
//   bench_engine run               bare C API loop against LoadedModel::Run, tiny Gemm and MobileNetV2
//   bench_engine load tiny|mobilenet [engine|arena|no-arena|pattern]
//                                  one load and first run in a fresh process, and RSS
// Each prints one line a measurement; rounds alternate and the median counts.
#include <onnxruntime_c_api.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bench/models.h"
#include "engine/onnxruntime/onnxruntime_engine.h"

namespace slipway::bench {
namespace {

using std::chrono::steady_clock;

const OrtApi& Ort() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  return *api;
}

void Must(OrtStatus* error) {
  if (error == nullptr) return;
  std::fprintf(stderr, "%s\n", Ort().GetErrorMessage(error));
  std::exit(1);
}

double MicrosSince(steady_clock::time_point start) {
  return std::chrono::duration<double, std::micro>(steady_clock::now() - start).count();
}

double RssMb() {
  long pages = 0, resident = 0;
  std::FILE* f = std::fopen("/proc/self/statm", "r");
  if (f == nullptr || std::fscanf(f, "%ld %ld", &pages, &resident) != 2) return 0;
  std::fclose(f);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Workload {
  std::string model;
  const char* input;
  const char* output;
  Shape shape;
};

Workload Tiny() { return {TinyGemm(), "x", "y", {1, 16}}; }
Workload MobileNet() { return {MobileNetV2(), "input", "output", {1, 3, 224, 224}}; }

/// The loop that the engine is measured against: session options of the engine, inputs bound to one
/// buffer, output read where ONNX Runtime put it.
class Bare {
 public:
  Bare(const Workload& work, bool arena, bool pattern) : work_(work) {
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    Must(Ort().CreateEnv(ORT_LOGGING_LEVEL_ERROR, "bench", &env_));
    OrtSessionOptions* options;
    Must(Ort().CreateSessionOptions(&options));
    Must(Ort().SetIntraOpNumThreads(options, 1));
    Must(Ort().AddSessionConfigEntry(options, "session.use_device_allocator_for_initializers", "1"));
    if (!arena) Must(Ort().DisableCpuMemArena(options));
    if (!pattern) Must(Ort().DisableMemPattern(options));
    Must(Ort().CreateSessionFromArray(env_, work.model.data(), work.model.size(), options, &session_));
    Must(Ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_));
    data_.assign(static_cast<size_t>(*ElementCount(work.shape)), 0.5f);
  }

  float Run() {
    OrtValue* in = nullptr;
    OrtValue* out = nullptr;
    Must(Ort().CreateTensorWithDataAsOrtValue(memory_, data_.data(), data_.size() * sizeof(float),
                                              work_.shape.data(), work_.shape.size(),
                                              ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &in));
    Must(Ort().Run(session_, nullptr, &work_.input, &in, 1, &work_.output, 1, &out));
    void* data;
    Must(Ort().GetTensorMutableData(out, &data));
    const float first = *static_cast<float*>(data);
    Ort().ReleaseValue(out);
    Ort().ReleaseValue(in);
    return first;
  }

 private:
  const Workload& work_;
  OrtEnv* env_;
  OrtSession* session_;
  OrtMemoryInfo* memory_;
  std::vector<float> data_;
};

class Ours {
 public:
  explicit Ours(const Workload& work) : work_(work), engine_(*CreateOnnxRuntimeEngine()) {
    model_ = *engine_->Load({std::as_bytes(std::span(work.model)), {}}, {});
    data_.assign(static_cast<size_t>(*ElementCount(work.shape)), 0.5f);
  }
  float Run(std::optional<TimePoint> deadline = {}) {
    const Tensor x{DType::kFp32, work_.shape, Buffer(std::as_bytes(std::span(data_)))};
    const Tensor* inputs[] = {&x};
    const size_t outputs[] = {0};
    if (!model_->Run(inputs, outputs, {.deadline = deadline}, results_).ok()) std::exit(1);
    return results_[0].as<float>()[0];
  }

 private:
  const Workload& work_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LoadedModel> model_;
  std::vector<float> data_;
  std::vector<Tensor> results_;
};

template <typename F>
double MicrosEach(int runs, F run) {
  const auto start = steady_clock::now();
  for (int i = 0; i < runs; ++i) run();
  return MicrosSince(start) / runs;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void CompareRuns(const char* name, const Workload& work, int runs) {
  Bare arena(work, true, false), no_arena(work, false, false), pattern(work, true, true);
  Ours ours(work);
  if (arena.Run() != ours.Run()) std::exit(1);
  std::vector<double> us[5];
  for (int round = 0; round < 9; ++round) {
    us[0].push_back(MicrosEach(runs, [&] { arena.Run(); }));
    us[1].push_back(MicrosEach(runs, [&] { no_arena.Run(); }));
    us[2].push_back(MicrosEach(runs, [&] { pattern.Run(); }));
    us[3].push_back(MicrosEach(runs, [&] { ours.Run(); }));
    us[4].push_back(MicrosEach(runs, [&] {
      ours.Run(SteadyClock().Now() + std::chrono::seconds(10));
    }));
  }
  std::printf("%-10s bare: arena %.3f us, no arena %.3f, arena+pattern %.3f; engine %.3f, with deadline %.3f\n",
              name, Median(us[0]), Median(us[1]), Median(us[2]), Median(us[3]), Median(us[4]));
}

void MeasureLoad(const std::string& name, const std::string& how) {
  const Workload work = name == "tiny" ? Tiny() : MobileNet();
  const double before = RssMb();
  const auto start = steady_clock::now();
  if (how == "engine") {
    Ours ours(work);
    const double loaded = MicrosSince(start);
    ours.Run();
    std::printf("%s %s: load %.1f ms, load + first run %.1f ms, RSS %.1f MB (before %.1f)\n",
                name.c_str(), how.c_str(), loaded / 1e3, MicrosSince(start) / 1e3, RssMb(), before);
    return;
  }
  Bare bare(work, how != "no-arena", how == "pattern");
  const double loaded = MicrosSince(start);
  bare.Run();
  std::printf("%s %s: load %.1f ms, load + first run %.1f ms, RSS %.1f MB (before %.1f)\n",
              name.c_str(), how.c_str(), loaded / 1e3, MicrosSince(start) / 1e3, RssMb(), before);
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  using namespace slipway::bench;
  if (argc >= 2 && std::strcmp(argv[1], "run") == 0) {
    CompareRuns("tiny", Tiny(), 20'000);
    CompareRuns("mobilenet", MobileNet(), 10);
    return 0;
  }
  if (argc == 4 && std::strcmp(argv[1], "load") == 0) {
    MeasureLoad(argv[2], argv[3]);
    return 0;
  }
  std::fprintf(stderr, "usage: bench_engine run | load tiny|mobilenet engine|arena|no-arena|pattern\n");
  return 2;
}
