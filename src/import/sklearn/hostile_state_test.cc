// Estimators whose attributes nest, repeat or disagree without end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/pickle/testing/assembler.h"
#include "import/sklearn/sklearn.h"

namespace slipway::importing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace pickle::testing;  // NOLINT: the opcodes are the test's language

std::string Refusal(const std::string& object) {
  const std::string bytes = "\x80\x02" + object + ".";
  const auto document = pickle::Read(std::as_bytes(std::span(bytes)));
  if (!document.ok()) return std::string(MessageOf(document.status()));
  const auto imported = ImportScikitLearn(**document);
  return imported.ok() ? "imported" : std::string(MessageOf(imported.status()));
}

std::string Instance(std::string_view module, std::string_view name, const std::string& state) {
  return Build(Global(module, name) + ")\x81", state);
}

std::string Doubles(std::initializer_list<double> values, std::initializer_list<int64_t> sizes) {
  std::string data, shape;
  for (const double value : values) data += LittleEndian(value);
  for (const int64_t size : sizes) shape += Int(size);
  return Ndarray("(" + shape + "t", Type("f8"), Bytes(data));
}

std::string Process(const std::string& kernel) {
  return Instance("sklearn.gaussian_process._gpr", "GaussianProcessRegressor",
                  Dict({Text("n_features_in_"), Int(1), Text("X_train_"), Doubles({1, 2}, {2, 1}),
                        Text("alpha_"), Doubles({1, 2}, {2}), Text("kernel_"), kernel}));
}

constexpr std::string_view kKernels = "sklearn.gaussian_process.kernels";

TEST(SklearnHostileStateTest, KernelsThatNestWithoutEndAreRefused) {
  constexpr int kDepth = 1'000'000;
  // The memo holds the kernel so far; POP leaves the stack as it was.
  const std::string level = "p0\n0" + Global(kKernels, "Exponentiation") + ")\x81" +
                            Dict({Text("exponent"), Int(1), Text("kernel"), "g0\n"}) + "b";
  std::string kernel = "N";
  for (int i = 0; i < kDepth; ++i) kernel += level;
  EXPECT_THAT(Refusal(Process(kernel)), HasSubstr("nest deeper than"));
}

TEST(SklearnHostileStateTest, KernelsThatAreHeldManyTimesOverAreRefused) {
  // Each level adds the one below to itself: 2^40 kernels in a file of a few kB.
  std::string kernel = Instance(kKernels, "RBF", Dict({Text("length_scale"), Int(1)}));
  for (int i = 0; i < 40; ++i) {
    const std::string memo = fmt::format("{}\n", i);
    kernel = kernel + "p" + memo + "0" +
             Instance(kKernels, "Sum", Dict({Text("k1"), "g" + memo, Text("k2"), "g" + memo}));
  }
  EXPECT_THAT(Refusal(Process(kernel)), HasSubstr("number more than 4096"));
}

TEST(SklearnHostileStateTest, KernelsWithoutCounterpartAreNamed) {
  EXPECT_EQ(Refusal(Process(Instance(kKernels, "PairwiseKernel", "}"))),
            "PairwiseKernel (kernel_): it has no counterpart");
  EXPECT_EQ(Refusal(Process(Instance(kKernels, "Matern",
                                     Dict({Text("nu"), Int(4), Text("length_scale"), Int(1)})))),
            "Matern (kernel_): nu: expected 0.5, 1.5, 2.5 or infinity, got 4");
  EXPECT_EQ(Refusal(Process(
                Instance(kKernels, "RBF", Dict({Text("length_scale"), Doubles({1, 2, 3}, {3})})))),
            "RBF (kernel_): length_scale: expected 1 or 1 numbers, got 3");
}

std::string Splines(const std::string& knots, const std::string& weights, int64_t degree) {
  const std::string spline =
      Instance("scipy.interpolate._bsplines", "BSpline",
               Dict({Text("t"), knots, Text("c"), weights, Text("k"), Int(degree)}));
  return Instance("sklearn.preprocessing._polynomial", "SplineTransformer",
                  Dict({Text("n_features_in_"), Int(1), Text("bsplines_"), "(" + spline + "l"}));
}

TEST(SklearnHostileStateTest, SplinesWhoseKnotsAndWeightsDisagreeAreRefused) {
  const std::string weights = Doubles({1, 0, 0, 1}, {2, 2});
  EXPECT_EQ(Refusal(Splines(Doubles({0, 1, 2, 3}, {4}), weights, 1)), "imported");
  EXPECT_EQ(Refusal(Splines(Doubles({0, 1, 2}, {3}), weights, 1)),
            "BSpline (bsplines_[0]): t: expected at least 4 knots, got 3");
  EXPECT_EQ(Refusal(Splines(Doubles({0, 2, 1, 3}, {4}), weights, 1)),
            "BSpline (bsplines_[0]): t: expected ascending numbers, got others");
  EXPECT_EQ(Refusal(Splines(Doubles({0, 1, NAN, 3}, {4}), weights, 1)),
            "BSpline (bsplines_[0]): t: expected ascending numbers, got others");
  EXPECT_EQ(Refusal(Splines(Doubles({0, 1, 2, 3}, {4}), weights, 99)),
            "BSpline (bsplines_[0]): k: expected 0 to 32, got 99");
  EXPECT_THAT(Refusal(Splines(Doubles({0, 1, 2, 3, 4}, {5}), weights, 1)),
              StartsWith("BSpline (bsplines_[0]): c: expected a number array [3,-1]"));
}

TEST(SklearnHostileStateTest, ABisectingTreeThatHoldsItselfIsRefused) {
  const std::string centres = Doubles({1, 2, 3}, {3, 1});
  const std::string node =
      Global("sklearn.cluster._bisect_k_means", "_BisectingTree") + ")\x81p0\n" +
      Dict({Text("center"), Doubles({1}, {1}), Text("left"), "g0\n", Text("right"), "g0\n"}) + "b";
  EXPECT_EQ(Refusal(Instance("sklearn.cluster._bisect_k_means", "BisectingKMeans",
                             Dict({Text("n_features_in_"), Int(1), Text("cluster_centers_"),
                                   centres, Text("_bisecting_tree"), node}))),
            "_BisectingTree (_bisecting_tree): more splits than 3 clusters need");
}

}  // namespace
}  // namespace slipway::importing
