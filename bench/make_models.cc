// Writes models that bench/run serves: make_models FOLDER NAME…
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "bench/models.h"
#include "onnx/builder.h"

namespace {

// [1,3,224,224] → [1,1,1,1]: a large input and next to no work, so that reading the input is what
// costs.
std::string FirstPixel() {
  using slipway::DType;
  slipway::onnx::Builder b;
  const int64_t starts[] = {0, 0, 0};
  const int64_t ends[] = {1, 1, 1};
  const int64_t axes[] = {1, 2, 3};
  b.Input("image", DType::kFp32, {1, 3, 224, 224}).Output("pixel", DType::kFp32, {1, 1, 1, 1});
  b.Constant<int64_t>("starts", {3}, starts);
  b.Constant<int64_t>("ends", {3}, ends);
  b.Constant<int64_t>("axes", {3}, axes);
  b.Node("Slice", {"image", "starts", "ends", "axes"}, {"pixel"});
  return b.Serialize();
}

constexpr struct {
  std::string_view name;
  std::string (*bytes)();
} kModels[] = {
    {"tiny_gemm", [] { return slipway::bench::TinyGemm(); }},
    {"tiny_gemm_selu", slipway::bench::TinyGemmAndSelu},
    {"first_pixel", FirstPixel},
    {"mobilenet_v2", [] { return slipway::bench::MobileNetV2(); }},
    {"minilm", [] { return slipway::bench::MiniLm(); }},
    {"resnet50", [] { return slipway::bench::ResNet50(); }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::filesystem::path folder = argv[1];
  for (const std::string name : std::span(argv + 2, argv + argc)) {
    const auto* const model =
        std::ranges::find_if(kModels, [&](const auto& each) { return each.name == name; });
    if (model == std::end(kModels)) {
      std::fprintf(stderr, "make_models: there is no model %s\n", name.c_str());
      return 2;
    }
    std::ofstream file(folder / (name + ".onnx"), std::ios::binary);
    file << model->bytes();
    if (!file.flush()) {
      std::fprintf(stderr, "make_models: cannot write to %s\n", folder.c_str());
      return 1;
    }
  }
}
