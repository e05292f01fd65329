// Writes the models that bench/run serves: make_models FOLDER
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

bool Write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file.flush().good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  const bool written = Write(folder / "tiny_gemm.onnx", slipway::bench::TinyGemm()) &&
                       Write(folder / "tiny_gemm_selu.onnx", slipway::bench::TinyGemmAndSelu()) &&
                       Write(folder / "mobilenet_v2.onnx", slipway::bench::MobileNetV2()) &&
                       Write(folder / "first_pixel.onnx", FirstPixel());
  if (!written) std::fprintf(stderr, "make_models: cannot write to %s\n", folder.c_str());
  return written ? 0 : 1;
}
