#pragma once
#include <string>
#include <string_view>

namespace slipway::onnx {

/// A name out of a model as a message shows it: its first 100 bytes, or "(not UTF-8)".
std::string Shown(std::string_view name);

}  // namespace slipway::onnx
