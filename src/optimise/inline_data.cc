#include "optimise/inline_data.h"

#include <algorithm>
#include <charconv>
#include <climits>

#include "onnx/external_data.h"
#include "onnx/skeleton.h"

namespace slipway::optimise {
namespace {

/// A whole number of external_data; `otherwise` when it is absent. CheckExternalData has seen them.
size_t NumberOf(const ::onnx::TensorProto& tensor, std::string_view key, size_t otherwise) {
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() != key) continue;
    size_t number = otherwise;
    std::from_chars(entry.value().data(), entry.value().data() + entry.value().size(), number);
    return number;
  }
  return otherwise;
}

void TakeIn(std::span<const std::byte> file, ::onnx::TensorProto& tensor) {
  const size_t offset = std::min(NumberOf(tensor, "offset", 0), file.size());
  const auto bytes = file.subspan(offset);
  const size_t length = std::min(NumberOf(tensor, "length", bytes.size()), bytes.size());
  tensor.set_raw_data(bytes.data(), length);
  tensor.clear_external_data();
  tensor.clear_data_location();
}

}  // namespace

StatusOr<::onnx::ModelProto> ParseWhole(const ModelBytes& model) {
  ASSIGN_OR_RETURN(::onnx::ModelProto parsed, onnx::ParseModel(model.model));
  RETURN_IF_ERROR(onnx::CheckExternalData(parsed.graph(), model.external_data));
  size_t total = model.model.size();
  for (const auto& file : model.external_data) total += file.bytes.size();
  if (total > INT_MAX)
    return Error(Reason::kTooLarge, "the model has {} bytes; up to {} can be optimised", total,
                 INT_MAX);
  for (auto& tensor : *parsed.mutable_graph()->mutable_initializer()) {
    ASSIGN_OR_RETURN(const std::string location, onnx::LocationOf(tensor));
    for (const auto& file : model.external_data)
      if (!location.empty() && file.name == location) TakeIn(file.bytes, tensor);
  }
  return parsed;
}

}  // namespace slipway::optimise
