#pragma once
// The arithmetic whose results depend on the order of its operations, written once and built for
// several instruction sets. Every variant gives the bits of the reference (reference.h).
// Includes little: files built for one instruction set include it, and must not initialise
// anything.

#include <cstddef>
#include <span>
#include <string_view>

namespace slipway::tabular {

/// Width of one panel of weights, whatever the instruction set.
inline constexpr size_t kPanelBytes = 64;
template <typename T>
inline constexpr size_t kPanelColumns = kPanelBytes / sizeof(T);

/// Partial sums of a dot product.
inline constexpr size_t kSums = 16;

/// A matrix of weights [inputs, outputs] as panels of neighbouring outputs, each [inputs][64
/// bytes], a last one filled up with zeros; or, where those would be many, with the last outputs
/// one by one behind the panels, each [inputs] and filled up to kSums with -0: what adds 0 · -0
/// stays as it is.
template <typename T>
struct Panels {
  size_t inputs = 0;
  size_t outputs = 0;
  size_t singles = 0;         // outputs that stand one by one
  size_t single_stride = 0;   // from one of them to the next: inputs rounded up
  const T* values = nullptr;  // 64-byte aligned
  const T* bias = nullptr;    // [outputs], filled up to whole panels; or null for none
  bool relu = false;          // what is below 0 becomes 0
  const T* less = nullptr;    // [rows], subtracted from all outputs of a row before that; or null
};

/// One variant. Arrays may be unaligned; `to` may be `from`. Threads: any.
struct Arithmetic {
  std::string_view name;  // "avx512", "avx2", "neon", "portable"
  /// y[r][j] = Σ x[r][k]·w[k][j] + bias[j] - less[r], the sum as reference.h writes it. y is not x.
  void (*affine_f32)(const float* x, size_t rows, const Panels<float>& w, float* y);
  void (*affine_f64)(const double* x, size_t rows, const Panels<double>& w, double* y);
  /// Relative error at most 1e-15 (tested against a longer type); float goes through double.
  void (*exp_f32)(const float* from, size_t count, float* to);
  void (*exp_f64)(const double* from, size_t count, double* to);
  void (*log_f32)(const float* from, size_t count, float* to);
  void (*log_f64)(const double* from, size_t count, double* to);
  void (*tanh_f32)(const float* from, size_t count, float* to);
  void (*tanh_f64)(const double* from, size_t count, double* to);
  void (*sigmoid_f32)(const float* from, size_t count, float* to);
  void (*sigmoid_f64)(const double* from, size_t count, double* to);

  void Affine(const float* x, size_t rows, const Panels<float>& w, float* y) const {
    affine_f32(x, rows, w, y);
  }
  void Affine(const double* x, size_t rows, const Panels<double>& w, double* y) const {
    affine_f64(x, rows, w, y);
  }
  void Exp(const float* from, size_t count, float* to) const { exp_f32(from, count, to); }
  void Exp(const double* from, size_t count, double* to) const { exp_f64(from, count, to); }
};

/// The variants that this processor runs, the fastest first. Never empty.
std::span<const Arithmetic* const> AvailableArithmetic();

/// The fastest.
const Arithmetic& BestArithmetic();

}  // namespace slipway::tabular
