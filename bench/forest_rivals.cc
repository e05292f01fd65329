// One trained forest in every evaluator: ours, ONNX Runtime's TreeEnsemble, and the libraries' own
// predictors behind their C interfaces, one thread each, rows rotating, rounds alternating.
//
//   forest_rivals FOREST KIND LIBRARY MODEL [LIBRARY2]    (bench/forest calls it)
//     FOREST    the trees as text: features, trees, 32|64, base; a tree: splits, then for each
//               "feature threshold missing_is_true less on_true on_false", then its leaves
//     KIND      xgboost (LIBRARY2: treelite) or lightgbm: whose shared library and model file
//     follow
// prints one JSON object: nanoseconds per row by evaluator and batch size (median of rounds, of
// this thread's processor time), load times and the largest difference between answers.
#include <dlfcn.h>
#include <onnxruntime_c_api.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/tabular/forest/forest.h"
#include "import/graph.h"
#include "import/trees.h"

namespace {

using namespace slipway;

constexpr size_t kRows = 4000;
constexpr int kRounds = 21;
constexpr double kRoundSeconds = 0.006;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "forest_rivals: %s\n", what.c_str());
  std::exit(1);
}

double Seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Model {
  forest::ForestSpec spec;
  std::vector<float> floats;    // [kRows, features]
  std::vector<double> doubles;  // the same
};

/// Scores rows [first, first + count) of the model's table into `out`.
using Predict = std::function<void(size_t first, size_t count, std::vector<double>& out)>;

struct Contestant {
  std::string name;
  double load_ms = 0;
  Predict batch;
  Predict single;  // the same where a library has no way of its own for one row
};

Model ReadModel(const char* path) {
  std::ifstream file(path);
  Model model;
  forest::ForestSpec& spec = model.spec;
  size_t trees = 0;
  int bits = 0;
  double base = 0;
  file >> spec.features >> trees >> bits >> base;
  spec.compare = bits == 64 ? forest::Compare::kFp64 : forest::Compare::kFp32;
  spec.sum = bits == 64 ? forest::Sum::kFp64 : forest::Sum::kFp32;
  spec.base_values = {base};
  spec.trees.resize(trees);
  for (forest::Tree& tree : spec.trees) {
    size_t splits = 0;
    file >> splits;
    tree.splits.resize(splits);
    for (forest::Split& split : tree.splits) {
      int missing = 0, less = 0;
      std::string threshold;
      file >> split.feature >> threshold >> missing >> less >> split.on_true >> split.on_false;
      split.threshold = std::strtod(threshold.c_str(), nullptr);
      split.missing_is_true = missing != 0;
      split.mode = less != 0 ? forest::SplitMode::kLess : forest::SplitMode::kLessOrEqual;
    }
    tree.leaves.resize(splits + 1);
    for (double& leaf : tree.leaves) file >> leaf;
  }
  if (!file) Fail("unreadable forest");
  // Thresholds are where the data are dense, so that uniform picks of them are rows like the data.
  std::vector<std::vector<double>> known(static_cast<size_t>(spec.features), {0.0});
  for (const forest::Tree& tree : spec.trees)
    for (const forest::Split& split : tree.splits)
      known[static_cast<size_t>(split.feature)].push_back(split.threshold);
  uint64_t state = 1;
  const auto random = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
  };
  for (size_t row = 0; row < kRows; ++row)
    for (const auto& values : known) {
      const double value = values[random() % values.size()];
      model.floats.push_back(static_cast<float>(
          value + (static_cast<double>(random() % 2001) - 1000) * 1e-4 * (1 + std::abs(value))));
    }
  model.doubles.assign(model.floats.begin(), model.floats.end());
  return model;
}

const void* RowsAt(const Model& model, size_t first) {
  const size_t at = first * static_cast<size_t>(model.spec.features);
  return model.spec.compare == forest::Compare::kFp32
             ? static_cast<const void*>(model.floats.data() + at)
             : model.doubles.data() + at;
}

template <typename T>
T Symbol(void* library, const char* name) {
  void* const symbol = dlsym(library, name);
  if (symbol == nullptr) Fail(std::string("no symbol ") + name);
  return reinterpret_cast<T>(symbol);
}

void* Open(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) Fail(dlerror());
  return library;
}

Contestant Ours(const Model& model) {
  const double begun = Seconds();
  auto made = forest::Forest::Compile(model.spec);
  if (!made.ok()) Fail("compile");
  std::shared_ptr<const forest::Forest> ours = *std::move(made);
  Contestant one{"slipway", (Seconds() - begun) * 1e3};
  const bool doubles = model.spec.sum == forest::Sum::kFp64;
  const auto features = static_cast<size_t>(model.spec.features);
  one.batch = [&model, ours, doubles, features, sums = std::vector<float>(kRows)](
                  size_t first, size_t count, std::vector<double>& out) mutable {
    const forest::Rows rows{RowsAt(model, first), count, features};
    if (!ours->Score(rows, doubles ? static_cast<void*>(out.data()) : sums.data()).ok())
      Fail("score");
    if (!doubles) std::copy_n(sums.begin(), count, out.begin());
  };
  std::fprintf(stderr, "slipway: %zu kB:", ours->bytes() / 1000);
  for (const forest::Kernel kernel : ours->choice())
    std::fprintf(stderr, " %s", std::string(forest::NameOf(kernel)).c_str());
  std::fprintf(stderr, "\n");
  return one;
}

std::string OnnxOf(const Model& model) {
  const forest::ForestSpec& spec = model.spec;
  importing::TreeEnsemble trees;
  trees.name = "forest";
  trees.dtype = spec.sum == forest::Sum::kFp64 ? DType::kFp64 : DType::kFp32;
  for (const forest::Tree& tree : spec.trees) {
    importing::Tree copy;
    for (const forest::Split& split : tree.splits)
      copy.splits.push_back({.feature = split.feature,
                             .mode = static_cast<importing::SplitMode>(split.mode),
                             .threshold = split.threshold,
                             .missing_is_true = split.missing_is_true,
                             .on_true = split.on_true,
                             .on_false = split.on_false});
    copy.leaves = tree.leaves;
    trees.trees.push_back(std::move(copy));
  }
  importing::Graph graph;
  const auto x = graph.Input("x", trees.dtype, spec.features);
  const auto sums = importing::AddTrees(graph, trees, x);
  if (!sums.ok()) Fail(std::string(MessageOf(sums.status())));
  graph.Output("y", sums->value, trees.dtype, {-1, 1});
  return graph.Serialize();
}

const OrtApi* const ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
void Check(OrtStatus* status) {
  if (status != nullptr) Fail(ort->GetErrorMessage(status));
}

Contestant OnnxRuntime(const Model& model) {
  const std::string bytes = OnnxOf(model);
  OrtEnv* env = nullptr;
  Check(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "rivals", &env));
  OrtSessionOptions* options = nullptr;
  Check(ort->CreateSessionOptions(&options));
  Check(ort->SetIntraOpNumThreads(options, 1));
  const double begun = Seconds();
  OrtSession* session = nullptr;
  Check(ort->CreateSessionFromArray(env, bytes.data(), bytes.size(), options, &session));
  Contestant one{"onnxruntime", (Seconds() - begun) * 1e3};
  OrtMemoryInfo* memory = nullptr;
  Check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  const bool doubles = model.spec.sum == forest::Sum::kFp64;
  one.batch = [&model, session, memory, doubles](size_t first, size_t count,
                                                 std::vector<double>& out) {
    const size_t element = doubles ? 8 : 4;
    const auto type =
        doubles ? ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    const int64_t shape[] = {static_cast<int64_t>(count), model.spec.features};
    OrtValue* x = nullptr;
    Check(ort->CreateTensorWithDataAsOrtValue(
        memory, const_cast<void*>(RowsAt(model, first)),
        count * static_cast<size_t>(model.spec.features) * element, shape, 2, type, &x));
    OrtValue* y = nullptr;
    const char* const input = "x";
    const char* const output = "y";
    Check(ort->Run(session, nullptr, &input, &x, 1, &output, 1, &y));
    void* data = nullptr;
    Check(ort->GetTensorMutableData(y, &data));
    for (size_t i = 0; i < count; ++i)
      out[i] = model.spec.base_values[0] +
               (doubles ? static_cast<const double*>(data)[i] : static_cast<const float*>(data)[i]);
    ort->ReleaseValue(y);
    ort->ReleaseValue(x);
  };
  return one;
}

Contestant XgBoost(const Model& model, const char* library_path, const char* path) {
  void* const library = Open(library_path);
  using Handle = void*;
  const auto create = Symbol<int (*)(const Handle*, uint64_t, Handle*)>(library, "XGBoosterCreate");
  const auto load = Symbol<int (*)(Handle, const char*)>(library, "XGBoosterLoadModel");
  const auto set = Symbol<int (*)(Handle, const char*, const char*)>(library, "XGBoosterSetParam");
  const auto predict =
      Symbol<int (*)(Handle, const char*, const char*, Handle, const uint64_t**, uint64_t*,
                     const float**)>(library, "XGBoosterPredictFromDense");
  Handle booster = nullptr;
  const double begun = Seconds();
  if (create(nullptr, 0, &booster) != 0 || load(booster, path) != 0) Fail("xgboost: load");
  Contestant one{"xgboost", (Seconds() - begun) * 1e3};
  set(booster, "nthread", "1");
  one.batch = [&model, booster, predict](size_t first, size_t count, std::vector<double>& out) {
    char array[160];
    std::snprintf(array, sizeof(array),
                  R"({"data":[%zu,true],"shape":[%zu,%d],"typestr":"<f4","version":3})",
                  reinterpret_cast<size_t>(RowsAt(model, first)), count, model.spec.features);
    const uint64_t* shape = nullptr;
    uint64_t dimensions = 0;
    const float* result = nullptr;
    constexpr const char* kConfig =
        R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,)"
        R"("strict_shape":false,"missing":NaN,"cache_id":0})";
    if (predict(booster, array, kConfig, nullptr, &shape, &dimensions, &result) != 0)
      Fail("xgboost: predict");
    std::copy_n(result, count, out.begin());
  };
  return one;
}

Contestant Treelite(const Model& model, const char* library_path, const char* path) {
  void* const library = Open(library_path);
  using Handle = void*;
  const auto load =
      Symbol<int (*)(const char*, const char*, Handle*)>(library, "TreeliteLoadXGBoostModelJSON");
  const auto parse = Symbol<int (*)(const char*, Handle*)>(library, "TreeliteGTILParseConfig");
  const auto predict = Symbol<int (*)(Handle, const void*, const char*, uint64_t, void*, Handle)>(
      library, "TreeliteGTILPredict");
  Handle trees = nullptr, config = nullptr;
  const double begun = Seconds();
  if (load(path, "{}", &trees) != 0) Fail("treelite: load");
  Contestant one{"treelite", (Seconds() - begun) * 1e3};
  if (parse(R"({"predict_type":"raw","nthread":1})", &config) != 0) Fail("treelite: config");
  one.batch = [&model, trees, config, predict, sums = std::vector<float>(kRows)](
                  size_t first, size_t count, std::vector<double>& out) mutable {
    if (predict(trees, RowsAt(model, first), "float32", count, sums.data(), config) != 0)
      Fail("treelite: predict");
    std::copy_n(sums.begin(), count, out.begin());
  };
  return one;
}

Contestant LightGbm(const Model& model, const char* library_path, const char* path) {
  void* const library = Open(library_path);
  using Handle = void*;
  const auto load =
      Symbol<int (*)(const char*, int*, Handle*)>(library, "LGBM_BoosterCreateFromModelfile");
  const auto predict =
      Symbol<int (*)(Handle, const void*, int, int32_t, int32_t, int, int, int, int, const char*,
                     int64_t*, double*)>(library, "LGBM_BoosterPredictForMat");
  const auto prepare = Symbol<int (*)(Handle, int, int, int, int, int32_t, const char*, Handle*)>(
      library, "LGBM_BoosterPredictForMatSingleRowFastInit");
  const auto predict_one = Symbol<int (*)(Handle, const void*, int64_t*, double*)>(
      library, "LGBM_BoosterPredictForMatSingleRowFast");
  Handle booster = nullptr, fast = nullptr;
  int iterations = 0;
  const double begun = Seconds();
  if (load(path, &iterations, &booster) != 0) Fail("lightgbm: load");
  Contestant one{"lightgbm", (Seconds() - begun) * 1e3};
  constexpr int kFloat64 = 1, kRaw = 1;
  if (prepare(booster, kRaw, 0, -1, kFloat64, model.spec.features, "num_threads=1", &fast) != 0)
    Fail("lightgbm: single row");
  one.batch = [&model, booster, predict](size_t first, size_t count, std::vector<double>& out) {
    int64_t written = 0;
    if (predict(booster, RowsAt(model, first), kFloat64, static_cast<int32_t>(count),
                model.spec.features, 1, kRaw, 0, -1, "num_threads=1", &written, out.data()) != 0)
      Fail("lightgbm: predict");
  };
  one.single = [&model, fast, predict_one](size_t first, size_t, std::vector<double>& out) {
    int64_t written = 0;
    if (predict_one(fast, RowsAt(model, first), &written, out.data()) != 0)
      Fail("lightgbm: predict");
  };
  return one;
}

double TimeRound(const Predict& predict, size_t batch, std::vector<double>& out) {
  size_t done = 0, first = 0;
  const double begun = Seconds();
  double seconds = 0;
  do {
    for (size_t until = done + 64; done < until; done += batch) {
      predict(first, batch, out);
      first = first + 2 * batch <= kRows ? first + batch : 0;
    }
    seconds = Seconds() - begun;
  } while (seconds < kRoundSeconds);
  return seconds * 1e9 / static_cast<double>(done);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) Fail("see the head of the file");
  const Model model = ReadModel(argv[1]);
  std::vector<Contestant> contestants;
  contestants.push_back(Ours(model));
  contestants.push_back(OnnxRuntime(model));
  if (std::string(argv[2]) == "xgboost") {
    contestants.push_back(XgBoost(model, argv[3], argv[4]));
    if (argc > 5) contestants.push_back(Treelite(model, argv[5], argv[4]));
  } else {
    contestants.push_back(LightGbm(model, argv[3], argv[4]));
  }

  std::vector<double> expected(kRows), got(kRows);
  contestants[0].batch(0, kRows, expected);
  std::printf("{");
  for (size_t i = 0; i < contestants.size(); ++i) {
    contestants[i].batch(0, kRows, got);
    double worst = 0;
    for (size_t row = 0; row < kRows; ++row)
      worst = std::max(worst, std::abs(got[row] - expected[row]));
    std::printf("%s\"%s\": {\"load_ms\": %.2f, \"differs\": %.2g", i == 0 ? "" : ", ",
                contestants[i].name.c_str(), contestants[i].load_ms, worst);
    std::printf("}");
  }
  for (const size_t batch : {1, 10, 100, 1000}) {
    std::vector<std::vector<double>> times(contestants.size());
    for (int round = 0; round < kRounds; ++round)
      for (size_t i = 0; i < contestants.size(); ++i) {
        const Contestant& one = contestants[i];
        times[i].push_back(
            TimeRound(batch == 1 && one.single ? one.single : one.batch, batch, got));
      }
    std::printf(",\n \"%zu\": {", batch);
    for (size_t i = 0; i < contestants.size(); ++i)
      std::printf("%s\"%s\": %.1f", i == 0 ? "" : ", ", contestants[i].name.c_str(),
                  Median(times[i]));
    std::printf("}");
  }
  std::printf("}\n");
}
