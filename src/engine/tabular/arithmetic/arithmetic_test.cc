#include "engine/tabular/arithmetic/arithmetic.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "engine/tabular/arithmetic/reference.h"
#include "engine/tabular/arithmetic/weights.h"
#include "engine/tabular/testing/weak_symbols.h"

namespace slipway::tabular {
namespace {

template <typename T>
bool SameBits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0 || (a != a && b != b);
}

template <typename T>
void CompareAffine(const Arithmetic& variant, size_t rows, size_t inputs, size_t outputs, bool relu,
                   bool less, std::mt19937& random) {
  std::normal_distribution<T> normal;
  std::vector<T> x(rows * inputs), w(inputs * outputs), bias(outputs), subtracted(rows);
  std::vector<T> y(rows * outputs);
  for (auto* values : {&x, &w, &bias, &subtracted})
    for (T& value : *values) value = normal(random);
  Weights<T> weights(inputs, outputs, w);
  weights.AddBias(bias);
  if (relu) weights.AddRelu();
  Panels<T> panels = weights.panels();
  if (less) panels.less = subtracted.data();
  variant.Affine(x.data(), rows, panels, y.data());
  for (size_t r = 0; r < rows; ++r)
    for (size_t j = 0; j < outputs; ++j) {
      const std::span<const T> row(x.data() + r * inputs, inputs);
      T expected = reference::Dot(row, w.data() + j, outputs) + bias[j];
      if (less) expected -= subtracted[r];
      if (relu && expected < 0) expected = 0;
      ASSERT_TRUE(SameBits(y[r * outputs + j], expected))
          << variant.name << " " << inputs << "x" << outputs << " at " << r << "," << j;
    }
}

TEST(ArithmeticTest, EveryVariantGivesTheBitsOfTheReferenceForProducts) {
  std::mt19937 random(7);
  for (const Arithmetic* variant : AvailableArithmetic())
    for (const size_t inputs : {0, 1, 2, 7, 15, 16, 17, 30, 48, 100})
      for (const size_t outputs : {1, 3, 7, 8, 9, 16, 17, 33})
        for (const size_t rows : {1, 2, 3, 4, 5, 11}) {
          const bool relu = rows % 2 == 0, less = rows % 3 == 0 || rows == 1;
          CompareAffine<float>(*variant, rows, inputs, outputs, relu, less, random);
          CompareAffine<double>(*variant, rows, inputs, outputs, relu, less, random);
        }
}

// Seventeen terms: all partial sums are -0, also those that only the first sixteen reach.
TEST(ArithmeticTest, SumsOfProductsThatUnderflowKeepTheirSign) {
  const std::vector<double> x(17, -0x1p-1000), w(17, 0x1p-1000);
  const double expected = reference::Dot(x, w.data(), 1);
  EXPECT_TRUE(SameBits(expected, -0.0));
  for (const Arithmetic* variant : AvailableArithmetic()) {
    double y = 1;
    variant->Affine(x.data(), 1, Weights<double>(17, 1, w).panels(), &y);
    EXPECT_TRUE(SameBits(y, expected)) << variant->name;
  }
}

/// Every magnitude, both signs, and the values where the functions change their ways.
std::vector<double> Samples() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> samples = {0.0,
                                 -0.0,
                                 1,
                                 -1,
                                 kInfinity,
                                 -kInfinity,
                                 0x1p-1074,
                                 0x1p-1022,
                                 std::numeric_limits<double>::max(),
                                 709.78,
                                 709.79,
                                 -745.1,
                                 -745.2,
                                 -708.4,
                                 22,
                                 23,
                                 std::numeric_limits<double>::quiet_NaN()};
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> near(-40, 40), far(-745, 709), unit(0.5, 2);
  for (int i = 0; i < 50'000; ++i) {
    samples.push_back(near(random));
    samples.push_back(far(random));
    samples.push_back(unit(random));
    samples.push_back(std::bit_cast<double>(random()));
  }
  return samples;
}

struct Function {
  const char* name;
  void (*Arithmetic::*variant)(const double*, size_t, double*);
  double (*reference)(double);
  long double (*exact)(long double);
};

long double ExactSigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

const Function kFunctions[] = {
    {"exp", &Arithmetic::exp_f64, reference::Exp, std::exp},
    {"log", &Arithmetic::log_f64, reference::Log, std::log},
    {"tanh", &Arithmetic::tanh_f64, reference::Tanh, std::tanh},
    {"sigmoid", &Arithmetic::sigmoid_f64, reference::Sigmoid, ExactSigmoid},
};

TEST(ArithmeticTest, EveryVariantGivesTheBitsOfTheReferenceForFunctions) {
  const std::vector<double> samples = Samples();
  std::vector<double> results(samples.size());
  for (const Arithmetic* variant : AvailableArithmetic())
    for (const Function& function : kFunctions) {
      (variant->*function.variant)(samples.data(), samples.size(), results.data());
      for (size_t i = 0; i < samples.size(); ++i)
        ASSERT_TRUE(SameBits(results[i], function.reference(samples[i])))
            << variant->name << " " << function.name << "(" << samples[i] << "): " << results[i]
            << " instead of " << function.reference(samples[i]);
    }
}

TEST(ArithmeticTest, FunctionsAreWithinTenToTheMinusFifteen) {
  for (const Function& function : kFunctions)
    for (const double x : Samples()) {
      const long double exact = function.exact(x);
      const double got = function.reference(x);
      if (std::isnan(exact)) {
        ASSERT_TRUE(std::isnan(got)) << function.name << "(" << x << ")";
        continue;
      }
      const auto rounded = static_cast<double>(exact);
      if (std::isinf(rounded) || std::isinf(got)) {
        ASSERT_EQ(got, rounded) << function.name << "(" << x << ")";
        continue;
      }
      if (std::fabs(rounded) < 0x1p-1022) {
        ASSERT_NEAR(got, rounded, 0x1p-1073) << function.name << "(" << x << ")";
        continue;
      }
      ASSERT_LE(std::fabs(static_cast<double>((got - exact) / exact)), 1e-15)
          << function.name << "(" << x << ") = " << got;
    }
}

TEST(ArithmeticTest, FilesOfOneInstructionSetExportNoWeakSymbol) {
  const auto symbols = testing::SymbolsOf(SLIPWAY_ARITHMETIC_ARCHIVE, "avx");
  if (!symbols) GTEST_SKIP() << "nm is not installed";
#ifdef __x86_64__
  EXPECT_GT(symbols->seen, 10);
#endif
  EXPECT_EQ(symbols->weak, std::vector<std::string>());
}

TEST(ArithmeticTest, FloatsGoThroughDouble) {
  for (const Arithmetic* variant : AvailableArithmetic()) {
    std::vector<float> x = {-3.5F, 0.25F, 88.0F, -104.0F, 0.0F}, y(x.size());
    variant->exp_f32(x.data(), x.size(), y.data());
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_EQ(y[i], static_cast<float>(reference::Exp(x[i]))) << variant->name;
  }
}

}  // namespace
}  // namespace slipway::tabular
