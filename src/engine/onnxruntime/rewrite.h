#pragma once
// The two changes that a model may need before ONNX Runtime gets it.

#include <span>
#include <string>

#include "base/status.h"
#include "onnx/onnx.pb.h"

namespace slipway::onnxruntime {

/// True when a ZipMap makes a graph output (onnx/zip_map.h), or a StringNormalizer asks for the
/// default locale: ONNX Runtime takes that for en_US.UTF-8, which few servers have installed.
bool NeedsRewrite(const ::onnx::GraphProto& graph);

/// A copy of the model without those ZipMaps and with locale C.UTF-8, which every glibc has and which
/// maps letters to lower and upper case as en_US.UTF-8 does.
/// @return kBadModel when it does not parse, or a ZipMap has no labels.
StatusOr<std::string> Rewrite(std::span<const std::byte> model);

}  // namespace slipway::onnxruntime
