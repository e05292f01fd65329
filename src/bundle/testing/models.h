#pragma once
// Small models and bundles for tests.

#include <string>
#include <vector>

#include "bundle/manifest.h"
#include "io/digest.h"
#include "io/testing/temporary_folder.h"
#include "onnx/builder.h"

namespace slipway::bundle {

/// y = x, FP32 [-1,2].
inline std::string IdentityModel() {
  onnx::Builder builder;
  builder.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  builder.Node("Identity", {"x"}, {"y"});
  return builder.Serialize();
}

/// y = x + w, where w is 2 floats at the start of the file `location`.
inline std::string ExternalModel(std::string_view location) {
  onnx::Builder builder;
  builder.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  builder.ExternalInitializer("w", DType::kFp32, {2}, location, 0, 8);
  builder.Node("Add", {"x", "w"}, {"y"});
  return builder.Serialize();
}

inline const std::string kIdentityExample =
    R"({"origin": "numpy", "framework_version": "2.0",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.5, -2]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [[1.5, -2]],
                     "tolerance": {"absolute": 1e-6}}]})";

/// Files of a bundle, by name, with a manifest that lists them as they are now.
inline std::map<std::string, std::string> BundleFiles(std::map<std::string, std::string> files) {
  Manifest manifest;
  manifest.signature = {{{"x", DType::kFp32, {-1, 2}}}, {{"y", DType::kFp32, {-1, 2}, false, {"a", "b"}}}};
  for (const auto& [name, content] : files) {
    manifest.files.push_back({name, content.size(), io::Sha256Hex(content)});
  }
  files[std::string(kManifestName)] = RenderManifest(manifest);
  return files;
}

}  // namespace slipway::bundle
