#pragma once
// The kernels of one variant, over vectors of Isa::kBytes bytes. A file for one instruction set
// defines an Isa in its unnamed namespace and takes MakeArithmetic<Isa>: whatever is made here has
// that Isa in its name and stays inside the file. Nothing of the standard library is called.
//
//   struct Isa {
//     static constexpr size_t kBytes;      // of a vector
//     static constexpr size_t kTileRows;   // rows that are multiplied by a panel together
//     static constexpr size_t kRowChains;  // partial sums of a single row that are added up
//     together
//     template <typename V> static V Fma(V a, V b, V c);
//     template <typename V> static V Max(V a, V b);  // a > b ? a : b
//     static V Min(V a, V b);                        // a < b ? a : b, of doubles
//     static constexpr bool kScales;
//     static V Scale(V x, V n);  // where it does: x · 2^n, rounded once, of doubles
//     template <typename T> static V LoadFirst(const T* from, size_t count);  // then zeros
//     template <typename T> static void StoreFirst(V v, size_t count, T* to);
//   };

#include <cstring>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/arithmetic/constants.h"

namespace slipway::tabular {

template <typename T, size_t kBytes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(kBytes)));
};

template <typename Isa>
struct Kernels {
  template <typename T>
  using Vector = typename VectorOf<T, Isa::kBytes>::Type;
  template <typename T>
  static constexpr size_t kWidth = Isa::kBytes / sizeof(T);
  using Doubles = Vector<double>;
  using Words = Vector<uint64_t>;

  template <typename V, typename T>
  static V Load(const T* from) {
    V v;
    __builtin_memcpy(&v, from, sizeof(V));
    return v;
  }
  template <typename T, typename V>
  static void Store(V v, T* to) {
    __builtin_memcpy(to, &v, sizeof(V));
  }

  // ---- products

  template <typename T>
  static constexpr size_t kColumns = kPanelColumns<T>;
  static constexpr size_t kPanelVectors = kPanelBytes / Isa::kBytes;

  /// Sums for kRows rows by the columns of a panel.
  template <typename T, size_t kRows>
  struct Tile {
    Vector<T> at[kRows][kPanelVectors];

    void operator+=(const Tile& other) {
#pragma GCC unroll 16
      for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 16
        for (size_t v = 0; v < kPanelVectors; ++v) at[r][v] += other.at[r][v];
    }

    /// Term k of all dot products. A row's number and a vector of weights are loaded once for all
    /// that they meet.
    void AddTerm(const T* x, const T* panel, size_t inputs, size_t k) {
      Vector<T> weights[kPanelVectors];
#pragma GCC unroll 16
      for (size_t v = 0; v < kPanelVectors; ++v)
        weights[v] = Load<Vector<T>>(panel + k * kColumns<T> + v * kWidth<T>);
#pragma GCC unroll 16
      for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 16
        for (size_t v = 0; v < kPanelVectors; ++v)
          at[r][v] = Isa::Fma(x[r * inputs + k] - Vector<T>{}, weights[v], at[r][v]);
    }
  };

  template <size_t kHalf, typename Sums, size_t kChains>
  static void AddUpperHalf(Sums (&sums)[kChains]) {
#pragma GCC unroll 16
    for (size_t c = 0; c < kHalf; ++c) sums[c] += sums[c + kHalf];
    if constexpr (kHalf > 1) AddUpperHalf<kHalf / 2>(sums);
  }

  /// kChains of the 16 partial sums, as far apart as they can be, and their reduction.
  template <typename Sums, size_t kChains, typename T>
  static Sums PartialSums(const T* x, const T* panel, size_t inputs, size_t first) {
    constexpr size_t kApart = kSums / kChains;
    Sums sums[kChains] = {};
    size_t k = first;
    for (; k + (kChains - 1) * kApart < inputs; k += kSums)
#pragma GCC unroll 16
      for (size_t c = 0; c < kChains; ++c) sums[c].AddTerm(x, panel, inputs, k + c * kApart);
#pragma GCC unroll 16
    for (size_t c = 0; c < kChains; ++c) {
      if (k + c * kApart >= inputs) break;
      sums[c].AddTerm(x, panel, inputs, k + c * kApart);
    }
    AddUpperHalf<kChains / 2>(sums);
    return sums[0];
  }

  /// All partial sums, kChains at a time, in the order in which the reduction takes them up at
  /// once: so few wait in memory.
  template <typename Sums, size_t kChains, typename T>
  static Sums Dots(const T* x, const T* panel, size_t inputs) {
    constexpr uint8_t kOrders[][8] = {{0}, {0, 1}, {0, 2, 1, 3}, {0, 4, 2, 6, 1, 5, 3, 7}};
    constexpr size_t kLevels = __builtin_ctz(kSums / kChains);
    Sums waiting[kLevels + 1];
    for (size_t i = 0;; ++i) {
      Sums sums = PartialSums<Sums, kChains>(x, panel, inputs, kOrders[kLevels][i]);
      size_t level = 0;
      for (; (i >> level & 1) != 0; ++level) sums += waiting[level];
      if (level == kLevels) return sums;
      waiting[level] = sums;
    }
  }

  /// What becomes of a row's dot products and biases.
  template <typename T>
  static Vector<T> Result(Vector<T> sum, const Panels<T>& w, size_t row) {
    if (w.less != nullptr) sum -= w.less[row];
    return w.relu ? Isa::Max(Vector<T>{}, sum) : sum;
  }

  /// A row's dot products for outputs from j on become results.
  template <typename T>
  static void Finish(Vector<T> sum, const Panels<T>& w, size_t j, size_t row, T* y) {
    if (w.bias != nullptr) sum += Load<Vector<T>>(w.bias + j);
    sum = Result(sum, w, row);
    y += row * w.outputs;
    if (j + kWidth<T> <= w.outputs)
      Store(sum, y + j);
    else
      Isa::StoreFirst(sum, w.outputs - j, y + j);
  }

  template <size_t kRows, size_t kChains, typename T>
  static void AffineTile(const T* x, const Panels<T>& w, size_t first, size_t row, T* y) {
    const auto sums =
        Dots<Tile<T, kRows>, kChains>(x + row * w.inputs, w.values + first * w.inputs, w.inputs);
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 16
      for (size_t v = 0; v < kPanelVectors; ++v)
        if (const size_t j = first + v * kWidth<T>; j < w.outputs)
          Finish(sums.at[r][v], w, j, row + r, y);
  }

  template <typename T>
  static void Affine(const T* x, size_t rows, const Panels<T>& w, T* y) {
    const size_t in_panels = w.outputs - w.singles;
    for (size_t j = 0; j < in_panels; j += kColumns<T>) {
      size_t r = 0;
      for (; r + Isa::kTileRows <= rows; r += Isa::kTileRows)
        AffineTile<Isa::kTileRows, 2>(x, w, j, r, y);
      for (; r < rows; ++r) AffineTile<1, Isa::kRowChains>(x, w, j, r, y);
    }
    const T* single = w.values + in_panels * w.inputs;
    for (size_t j = in_panels; j < w.outputs; ++j, single += w.single_stride) {
      size_t r = 0;
      for (; r + Isa::kTileRows <= rows; r += Isa::kTileRows)
        SingleTile<Isa::kTileRows>(x, w, single, j, r, y);
      for (; r < rows; ++r) SingleTile<1>(x, w, single, j, r, y);
    }
  }

  // ---- products with outputs one by one: a vector's lanes are partial sums

  /// Adds the upper half to the lower one until one number is left.
  template <typename T, size_t kBytes>
  static T SumOf(typename VectorOf<T, kBytes>::Type v) {
    if constexpr (kBytes == 2 * sizeof(T)) {
      return v[0] + v[1];
    } else {
      typename VectorOf<T, kBytes / 2>::Type low, high;
      __builtin_memcpy(&low, &v, sizeof(low));
      __builtin_memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof(low), sizeof(high));
      return SumOf<T, kBytes / 2>(low + high);
    }
  }

  template <size_t kRows, typename T>
  static void SingleTile(const T* x, const Panels<T>& w, const T* single, size_t j, size_t row,
                         T* y) {
    x += row * w.inputs;
    constexpr size_t kVectors = kSums / kWidth<T>;
    Vector<T> sums[kRows][kVectors] = {};
    const auto add = [&](size_t k, auto load) {
#pragma GCC unroll 16
      for (size_t v = 0; v < kVectors; ++v) {
        const auto weights = Load<Vector<T>>(single + k + v * kWidth<T>);
#pragma GCC unroll 16
        for (size_t r = 0; r < kRows; ++r)
          sums[r][v] = Isa::Fma(load(x + r * w.inputs + k + v * kWidth<T>, v), weights, sums[r][v]);
      }
    };
    const size_t whole = w.inputs / kSums * kSums, rest = w.inputs - whole;
    for (size_t k = 0; k < whole; k += kSums)
      add(k, [](const T* from, size_t) { return Load<Vector<T>>(from); });
    if (rest != 0)
      add(whole, [&](const T* from, size_t v) {
        const size_t begin = v * kWidth<T>;
        return Isa::LoadFirst(from, rest < begin ? 0 : rest - begin);
      });
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
      AddUpperHalf<kVectors / 2>(sums[r]);
      T sum = SumOf<T, Isa::kBytes>(sums[r][0]);
      if (w.bias != nullptr) sum += w.bias[j];
      y[(row + r) * w.outputs + j] = Result(sum - Vector<T>{}, w, row + r)[0];
    }
  }

  // ---- functions, as reference.cc writes them for one number

  static Doubles Fma(Doubles a, Doubles b, Doubles c) { return Isa::Fma(a, b, c); }
  static Doubles All(double value) { return value - Doubles{}; }

  template <size_t kTerms>
  static Doubles Horner(const double (&coefficients)[kTerms], Doubles x) {
    Doubles sum = All(coefficients[0]);
#pragma GCC unroll 16
    for (size_t i = 1; i < kTerms; ++i) sum = Fma(sum, x, All(coefficients[i]));
    return sum;
  }

  static Doubles Round(Doubles x, double scale) {
    return Fma(x, All(scale), All(kShifter)) - kShifter;
  }
  static Doubles Remainder(Doubles x, Doubles n) {
    return Fma(-n, All(kLn2Low), Fma(-n, All(kLn2High), x));
  }
  static Doubles PowerOfTwo(Doubles n) { return (Doubles)((Words)(n + kExponentShifter) << 52); }
  static Doubles Magnitude(Doubles x) { return (Doubles)((Words)x & (~uint64_t{0} >> 1)); }
  static Words SignOf(Doubles x) { return (Words)x & (uint64_t{1} << 63); }

  static Doubles Exp(Doubles x) {
    x = Isa::Min(All(kExpHighest), Isa::Max(All(kExpLowest), x));
    const Doubles n = Round(x, kLog2E);
    const Doubles r = Remainder(x, n);
    const Doubles p = Fma(Horner(kExpM1, r), r, All(1));
    if constexpr (Isa::kScales) return Isa::Scale(p, n);
    const Doubles half = Round(n, 0.5);
    return p * PowerOfTwo(half) * PowerOfTwo(n - half);
  }

  static Doubles Log(Doubles x) {
    const auto tiny = x < kSmallestNormal;
    const Words bits = (Words)(tiny ? x * kTwoTo54 : x);
    const Words biased = (bits + (kOneBits - kRootHalfBits)) >> 52;
    const Doubles m = (Doubles)(bits - ((biased - kExponentBias) << 52));
    const Doubles k = (Doubles)(biased | kTwoTo52Bits) - kTwoTo52 - (tiny ? All(1077) : All(1023));
    const Doubles f = m - 1;
    const Doubles s = f / (2 + f);
    const Doubles z = s * s;
    const Doubles half_square = 0.5 * f * f;
    const Doubles low = Fma(k, All(kLn2Low), s * Fma(z, Horner(kAtanh, z), half_square));
    Doubles log = Fma(k, All(kLn2High), f - (half_square - low));
    log = x < kInfinity ? log : x;
    log = x < 0 ? All(kNaN) : log;
    return x == 0 ? All(-kInfinity) : log;
  }

  static Doubles Tanh(Doubles x) {
    Doubles twice = 2 * Magnitude(x);
    twice = twice > kTanhOne ? All(kTanhOne) : twice;
    const Doubles n = Round(twice, kLog2E);
    const Doubles r = Remainder(twice, n);
    const Doubles scale = PowerOfTwo(n);
    const Doubles expm1 = Fma(scale, Horner(kExpM1, r) * r, scale - 1);
    return (Doubles)((Words)(expm1 / (expm1 + 2)) | SignOf(x));
  }

  static Doubles Sigmoid(Doubles x) {
    const Doubles e = Exp((Doubles)((Words)Magnitude(x) ^ (uint64_t{1} << 63)));
    const Doubles s = 1 / (1 + e);
    return x < 0 ? e * s : s;
  }

  using Function = Doubles (*)(Doubles);

  template <Function kFunction>
  static void MapDoubles(const double* from, size_t count, double* to) {
    constexpr size_t kStep = kWidth<double>;
    size_t i = 0;
    for (; i + kStep <= count; i += kStep) Store(kFunction(Load<Doubles>(from + i)), to + i);
    if (i == count) return;
    const Doubles last = kFunction(Isa::LoadFirst(from + i, count - i));
    Isa::StoreFirst(last, count - i, to + i);
  }

  /// Floats as doubles, and the result rounded: half a vector of them at a time.
  template <Function kFunction>
  static void MapFloats(const float* from, size_t count, float* to) {
    using Floats = typename VectorOf<float, Isa::kBytes / 2>::Type;
    constexpr size_t kStep = kWidth<double>;
    for (size_t i = 0; i < count; i += kStep) {
      const size_t size = (count - i < kStep ? count - i : kStep) * sizeof(float);
      Floats values = {};
      __builtin_memcpy(&values, from + i, size);
      values = __builtin_convertvector(kFunction(__builtin_convertvector(values, Doubles)), Floats);
      __builtin_memcpy(to + i, &values, size);
    }
  }
};

template <typename Isa>
constexpr Arithmetic MakeArithmetic(std::string_view name) {
  using K = Kernels<Isa>;
  return {.name = name,
          .affine_f32 = K::template Affine<float>,
          .affine_f64 = K::template Affine<double>,
          .exp_f32 = K::template MapFloats<K::Exp>,
          .exp_f64 = K::template MapDoubles<K::Exp>,
          .log_f32 = K::template MapFloats<K::Log>,
          .log_f64 = K::template MapDoubles<K::Log>,
          .tanh_f32 = K::template MapFloats<K::Tanh>,
          .tanh_f64 = K::template MapDoubles<K::Tanh>,
          .sigmoid_f32 = K::template MapFloats<K::Sigmoid>,
          .sigmoid_f64 = K::template MapDoubles<K::Sigmoid>};
}

}  // namespace slipway::tabular
