#pragma once
// ModelSpec, which says what model is meant. Source: tensorflow_serving/apis/model.proto

#include <string>
#include <string_view>

#include "base/status.h"
#include "lifecycle/served_version.h"

namespace slipway::tfserving {

struct ModelSpec {
  std::string name;
  std::string version;  // number or label; "" = the newest
  std::string signature;
};

/// @return kBadRequest when malformed or without a name, kNotFound for a label of digits.
StatusOr<ModelSpec> ReadModelSpec(std::string_view message);

/// Of a method that found none in its request.
Status MissingModelSpec();

/// Appends the ModelSpec of the version that answers as field `number`.
void AppendModelSpec(uint32_t number, const lifecycle::ServedVersion& version, std::string& out);

}  // namespace slipway::tfserving
