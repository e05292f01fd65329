#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace slipway {

/// A model as bytes: engines never open a path (docs/adr/0006). Everything is borrowed.
struct ModelBytes {
  std::span<const std::byte> model;  // an ONNX ModelProto
  struct External {
    std::string name;  // the `location` that the model's tensors name
    std::span<const std::byte> bytes;
  };
  std::vector<External> external_data;
};

}  // namespace slipway
