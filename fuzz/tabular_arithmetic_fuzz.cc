// Products of random sizes and functions of random numbers: every variant gives the reference's
// bits, whatever the numbers are, also where rows are multiplied one by one instead of together.
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/arithmetic/reference.h"
#include "engine/tabular/arithmetic/weights.h"
#include "engine/tabular/forest/testing/random_forest.h"

namespace {

using namespace slipway::tabular;
using slipway::forest::testing::Dice;

/// Mostly ordinary numbers, now and then any bits at all.
template <typename T>
std::vector<T> Numbers(size_t count, Dice& dice) {
  std::vector<T> numbers(count);
  for (T& number : numbers) {
    const uint64_t bits = dice.Next();
    if (dice.OneIn(32))
      std::memcpy(&number, &bits, sizeof(T));
    else
      number = static_cast<T>(static_cast<int64_t>(bits)) / static_cast<T>(0x1p60);
  }
  return numbers;
}

/// NaN is NaN, whichever.
template <typename T>
void ExpectSame(const std::vector<T>& expected, const std::vector<T>& got) {
  for (size_t i = 0; i < expected.size(); ++i)
    if (std::memcmp(&expected[i], &got[i], sizeof(T)) != 0 &&
        (expected[i] == expected[i] || got[i] == got[i]))
      __builtin_trap();
}

template <typename T>
void CheckProducts(Dice& dice) {
  const size_t rows = dice.Below(12), inputs = 1 + dice.Below(70), outputs = 1 + dice.Below(40);
  const auto x = Numbers<T>(rows * inputs, dice), w = Numbers<T>(inputs * outputs, dice);
  const auto bias = Numbers<T>(dice.OneIn(2) ? outputs : 0, dice);
  Weights<T> weights(inputs, outputs, std::span<const T>(w));
  weights.AddBias(bias);
  const bool relu = dice.OneIn(2);
  if (relu) weights.AddRelu();
  const auto less = Numbers<T>(dice.OneIn(2) ? rows : 0, dice);
  std::vector<T> expected(rows * outputs), got(rows * outputs);
  for (size_t i = 0; i < expected.size(); ++i) {
    const size_t row = i / outputs, column = i % outputs;
    const std::span<const T> numbers(x.data() + row * inputs, inputs);
    expected[i] = reference::Dot(numbers, w.data() + column, outputs);
    if (!bias.empty()) expected[i] += bias[column];
    if (!less.empty()) expected[i] -= less[row];
    if (relu && expected[i] < 0) expected[i] = 0;
  }
  for (const Arithmetic* variant : AvailableArithmetic()) {
    Panels<T> panels = weights.panels();
    if (!less.empty()) panels.less = less.data();
    variant->Affine(x.data(), rows, panels, got.data());
    ExpectSame(expected, got);
  }
}

void CheckFunction(Dice& dice, void (*Arithmetic::*function)(const double*, size_t, double*),
                   double (*expect)(double)) {
  const auto x = Numbers<double>(dice.Below(40), dice);
  std::vector<double> expected, got(x.size());
  for (const double number : x) expected.push_back(expect(number));
  for (const Arithmetic* variant : AvailableArithmetic()) {
    (variant->*function)(x.data(), x.size(), got.data());
    ExpectSame(expected, got);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Dice dice(data, size);
  CheckProducts<float>(dice);
  CheckProducts<double>(dice);
  CheckFunction(dice, &Arithmetic::exp_f64, reference::Exp);
  CheckFunction(dice, &Arithmetic::log_f64, reference::Log);
  CheckFunction(dice, &Arithmetic::tanh_f64, reference::Tanh);
  CheckFunction(dice, &Arithmetic::sigmoid_f64, reference::Sigmoid);
  return 0;
}
