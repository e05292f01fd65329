#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace slipway::openinference {

template <typename T>
std::vector<T> Values(const Tensor& tensor) {
  const auto values = tensor.as<T>();
  return {values.begin(), values.end()};
}

inline std::vector<std::string> Strings(const Tensor& tensor) {
  std::vector<std::string> all;
  BytesReader reader(tensor.data.bytes());
  for (std::string_view element; reader.Next(&element);) all.emplace_back(element);
  return all;
}

}  // namespace slipway::openinference
