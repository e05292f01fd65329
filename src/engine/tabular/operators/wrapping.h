#pragma once
#include <type_traits>

namespace slipway::tabular {

/// Whole numbers wrap around, as they do in ONNX Runtime; C++ leaves that open for signed ones.
template <auto kFunction, typename T>
constexpr T Wrapping(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(kFunction(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
  } else {
    return kFunction(a, b);
  }
}

}  // namespace slipway::tabular
