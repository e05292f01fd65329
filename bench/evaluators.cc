#include "bench/evaluators.h"

#include <dlfcn.h>
#include <onnxruntime_c_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/engine.h"
#include "engine/tabular/tabular_engine.h"

namespace slipway::bench {
namespace {

std::unique_ptr<LoadedModel> LoadNative(const std::string& onnx) {
  static const auto engine = CreateTabularEngine();
  auto loaded = engine->Load({std::as_bytes(std::span(onnx)), {}}, {});
  if (!loaded.ok()) Fail(std::string(MessageOf(loaded.status())));
  return *std::move(loaded);
}

std::span<const std::byte> BytesOf(const Table& table, DType dtype, size_t first, size_t count) {
  const size_t at = first * table.columns, size = count * table.columns;
  return dtype == DType::kFp32 ? std::as_bytes(std::span(table.floats).subspan(at, size))
                               : std::as_bytes(std::span(table.doubles).subspan(at, size));
}

template <typename T>
std::vector<double> Doubles(const void* data, size_t count) {
  const auto* const values = static_cast<const T*>(data);
  return {values, values + count};
}

// ---- Slipway

class NativeSession final : public Session {
 public:
  NativeSession(const Table& table, const std::string& onnx)
      : table_(table), model_(LoadNative(onnx)) {
    for (size_t i = 0; i < model_->signature().outputs.size(); ++i) outputs_.push_back(i);
  }

  void Run(size_t first, size_t count) override {
    const DType dtype = model_->signature().inputs[0].dtype;
    const Tensor x{dtype,
                   {static_cast<int64_t>(count), static_cast<int64_t>(table_.columns)},
                   Buffer(BytesOf(table_, dtype, first, count))};
    const Tensor* const inputs[] = {&x};
    const Status status = model_->Run(inputs, outputs_, {}, results_);
    if (!status.ok()) Fail(std::string(MessageOf(status)));
  }

  std::vector<double> Answers() const override {
    const Tensor& last = results_.back();
    return last.dtype == DType::kFp32
               ? Doubles<float>(last.data.data(), last.data.size() / sizeof(float))
               : Doubles<double>(last.data.data(), last.data.size() / sizeof(double));
  }

 private:
  const Table& table_;
  std::unique_ptr<LoadedModel> model_;
  std::vector<size_t> outputs_;
  std::vector<Tensor> results_;
};

// ---- ONNX Runtime

const OrtApi& Ort() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  return *api;
}

void Check(OrtStatus* status) {
  if (status != nullptr) Fail(Ort().GetErrorMessage(status));
}

OrtEnv* Environment() {
  static OrtEnv* const environment = [] {
    OrtEnv* made = nullptr;
    Check(Ort().CreateEnv(ORT_LOGGING_LEVEL_ERROR, "bench", &made));
    return made;
  }();
  return environment;
}

class RuntimeSession final : public Session {
 public:
  RuntimeSession(const Table& table, const Signature& signature, const std::string& onnx)
      : table_(table), signature_(signature) {
    for (const TensorSpec& output : signature_.outputs) names_.push_back(output.name.c_str());
    values_.resize(names_.size());
    OrtSessionOptions* options = nullptr;
    Check(Ort().CreateSessionOptions(&options));
    Check(Ort().SetIntraOpNumThreads(options, 1));
    Check(
        Ort().CreateSessionFromArray(Environment(), onnx.data(), onnx.size(), options, &session_));
    Ort().ReleaseSessionOptions(options);
    Check(Ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_));
  }
  ~RuntimeSession() override {
    Release();
    Ort().ReleaseMemoryInfo(memory_);
    Ort().ReleaseSession(session_);
  }

  void Run(size_t first, size_t count) override {
    Release();
    const bool floats = signature_.inputs[0].dtype == DType::kFp32;
    const auto bytes = BytesOf(table_, signature_.inputs[0].dtype, first, count);
    const int64_t shape[] = {static_cast<int64_t>(count), static_cast<int64_t>(table_.columns)};
    OrtValue* x = nullptr;
    Check(Ort().CreateTensorWithDataAsOrtValue(
        memory_, const_cast<std::byte*>(bytes.data()), bytes.size(), shape, 2,
        floats ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT : ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, &x));
    const char* const input = signature_.inputs[0].name.c_str();
    Check(
        Ort().Run(session_, nullptr, &input, &x, 1, names_.data(), names_.size(), values_.data()));
    Ort().ReleaseValue(x);
  }

  std::vector<double> Answers() const override {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    Check(Ort().GetTensorTypeAndShape(values_.back(), &info));
    size_t count = 0;
    Check(Ort().GetTensorShapeElementCount(info, &count));
    Ort().ReleaseTensorTypeAndShapeInfo(info);
    void* data = nullptr;
    Check(Ort().GetTensorMutableData(values_.back(), &data));
    return signature_.outputs.back().dtype == DType::kFp32 ? Doubles<float>(data, count)
                                                           : Doubles<double>(data, count);
  }

 private:
  void Release() {
    for (OrtValue*& value : values_)
      if (value != nullptr) Ort().ReleaseValue(std::exchange(value, nullptr));
  }

  const Table& table_;
  const Signature signature_;
  std::vector<const char*> names_;
  std::vector<OrtValue*> values_;
  OrtSession* session_ = nullptr;
  OrtMemoryInfo* memory_ = nullptr;
};

// ---- the libraries that train

void* Open(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) Fail(dlerror());
  return library;
}

template <typename T>
T Symbol(void* library, const char* name) {
  void* const symbol = dlsym(library, name);
  if (symbol == nullptr) Fail(std::string("no symbol ") + name);
  return reinterpret_cast<T>(symbol);
}

using Handle = void*;

class XgboostSession final : public Session {
 public:
  XgboostSession(const Table& table, void* library, const char* file)
      : table_(table),
        free_(Symbol<int (*)(Handle)>(library, "XGBoosterFree")),
        predict_(Symbol<Predict>(library, "XGBoosterPredictFromDense")) {
    const auto create =
        Symbol<int (*)(const Handle*, uint64_t, Handle*)>(library, "XGBoosterCreate");
    const auto load = Symbol<int (*)(Handle, const char*)>(library, "XGBoosterLoadModel");
    const auto set =
        Symbol<int (*)(Handle, const char*, const char*)>(library, "XGBoosterSetParam");
    if (create(nullptr, 0, &booster_) != 0 || load(booster_, file) != 0) Fail("xgboost: load");
    set(booster_, "nthread", "1");
  }
  ~XgboostSession() override { free_(booster_); }

  void Run(size_t first, size_t count) override {
    char array[160];
    std::snprintf(array, sizeof(array),
                  R"({"data":[%zu,true],"shape":[%zu,%zu],"typestr":"<f4","version":3})",
                  reinterpret_cast<size_t>(table_.floats.data() + first * table_.columns), count,
                  table_.columns);
    constexpr const char* kConfig =
        R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,)"
        R"("strict_shape":false,"missing":NaN,"cache_id":0})";
    const uint64_t* shape = nullptr;
    uint64_t dimensions = 0;
    if (predict_(booster_, array, kConfig, nullptr, &shape, &dimensions, &answers_) != 0)
      Fail("xgboost: predict");
    count_ = count;
  }
  std::vector<double> Answers() const override { return {answers_, answers_ + count_}; }

 private:
  using Predict = int (*)(Handle, const char*, const char*, Handle, const uint64_t**, uint64_t*,
                          const float**);
  const Table& table_;
  int (*const free_)(Handle);
  const Predict predict_;
  Handle booster_ = nullptr;
  const float* answers_ = nullptr;
  size_t count_ = 0;
};

class TreeliteSession final : public Session {
 public:
  TreeliteSession(const Table& table, void* library, const char* file)
      : table_(table),
        free_(Symbol<int (*)(Handle)>(library, "TreeliteFreeModel")),
        predict_(Symbol<Predict>(library, "TreeliteGTILPredict")) {
    const auto load =
        Symbol<int (*)(const char*, const char*, Handle*)>(library, "TreeliteLoadXGBoostModelJSON");
    const auto parse = Symbol<int (*)(const char*, Handle*)>(library, "TreeliteGTILParseConfig");
    if (load(file, "{}", &trees_) != 0) Fail("treelite: load");
    if (parse(R"({"predict_type":"raw","nthread":1})", &config_) != 0) Fail("treelite: config");
  }
  ~TreeliteSession() override { free_(trees_); }

  void Run(size_t first, size_t count) override {
    answers_.resize(count);
    if (predict_(trees_, table_.floats.data() + first * table_.columns, "float32", count,
                 answers_.data(), config_) != 0)
      Fail("treelite: predict");
  }
  std::vector<double> Answers() const override { return {answers_.begin(), answers_.end()}; }

 private:
  using Predict = int (*)(Handle, const void*, const char*, uint64_t, void*, Handle);
  const Table& table_;
  int (*const free_)(Handle);
  const Predict predict_;
  Handle trees_ = nullptr, config_ = nullptr;
  std::vector<float> answers_;
};

class LightgbmSession final : public Session {
 public:
  LightgbmSession(const Table& table, void* library, const char* file)
      : table_(table),
        free_(Symbol<int (*)(Handle)>(library, "LGBM_BoosterFree")),
        free_fast_(Symbol<int (*)(Handle)>(library, "LGBM_FastConfigFree")),
        predict_(Symbol<Predict>(library, "LGBM_BoosterPredictForMat")),
        predict_one_(Symbol<PredictOne>(library, "LGBM_BoosterPredictForMatSingleRowFast")) {
    const auto load =
        Symbol<int (*)(const char*, int*, Handle*)>(library, "LGBM_BoosterCreateFromModelfile");
    const auto prepare = Symbol<int (*)(Handle, int, int, int, int, int32_t, const char*, Handle*)>(
        library, "LGBM_BoosterPredictForMatSingleRowFastInit");
    int iterations = 0;
    if (load(file, &iterations, &booster_) != 0) Fail("lightgbm: load");
    if (prepare(booster_, kRaw, 0, -1, kFloat64, Columns(), "num_threads=1", &fast_) != 0)
      Fail("lightgbm: single row");
  }
  ~LightgbmSession() override {
    free_fast_(fast_);
    free_(booster_);
  }

  void Run(size_t first, size_t count) override {
    answers_.resize(count);
    const double* const rows = table_.doubles.data() + first * table_.columns;
    int64_t written = 0;
    const int result =
        count == 1 ? predict_one_(fast_, rows, &written, answers_.data())
                   : predict_(booster_, rows, kFloat64, static_cast<int32_t>(count), Columns(), 1,
                              kRaw, 0, -1, "num_threads=1", &written, answers_.data());
    if (result != 0) Fail("lightgbm: predict");
  }
  std::vector<double> Answers() const override { return answers_; }

 private:
  static constexpr int kFloat64 = 1, kRaw = 1;
  using Predict = int (*)(Handle, const void*, int, int32_t, int32_t, int, int, int, int,
                          const char*, int64_t*, double*);
  using PredictOne = int (*)(Handle, const void*, int64_t*, double*);

  int32_t Columns() const { return static_cast<int32_t>(table_.columns); }

  const Table& table_;
  int (*const free_)(Handle);
  int (*const free_fast_)(Handle);
  const Predict predict_;
  const PredictOne predict_one_;
  Handle booster_ = nullptr, fast_ = nullptr;
  std::vector<double> answers_;
};

}  // namespace

Evaluator Slipway(const Table& table, const std::string& onnx) {
  return {"slipway", [&] { return std::make_unique<NativeSession>(table, onnx); }};
}

Evaluator OnnxRuntime(const Table& table, const std::string& onnx) {
  return {"onnxruntime", [&, signature = LoadNative(onnx)->signature()] {
            return std::make_unique<RuntimeSession>(table, signature, onnx);
          }};
}

Evaluator Rival(const Table& table, const std::string& kind, const std::string& library,
                const std::string& file) {
  return {kind, [&table, kind, library, file]() -> std::unique_ptr<Session> {
            void* const opened = Open(library);
            if (kind == "xgboost")
              return std::make_unique<XgboostSession>(table, opened, file.c_str());
            if (kind == "treelite")
              return std::make_unique<TreeliteSession>(table, opened, file.c_str());
            return std::make_unique<LightgbmSession>(table, opened, file.c_str());
          }};
}

void Fail(const std::string& what) {
  std::fprintf(stderr, "tabular: %s\n", what.c_str());
  std::exit(1);
}

}  // namespace slipway::bench
