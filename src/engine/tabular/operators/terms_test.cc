// CountTerms, WeighTerms and what takes sparse rows.

#include <cmath>

#include "engine/tabular/tabular_engine.h"
#include "engine/testing/harness.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kOwn = "ai.slipway";

onnx::Builder Graph() {
  onnx::Builder b;
  b.Opset("", 21).Opset(kOwn, 1).IrVersion(10);
  b.Input("texts", DType::kBytes, {-1, 1});
  return b;
}

void AddConstant(onnx::Builder& b, std::string_view name, const Shape& shape,
                 const std::vector<double>& values) {
  b.Constant<double>(name, shape, std::span<const double>(values));
}

/// [rows, columns] counts of cat, dog and "the cat".
onnx::Builder Counting(const std::vector<onnx::Attribute>& attributes = {{"ngram_max", 2}}) {
  onnx::Builder b = Graph();
  b.Initializer("terms", BytesTensorOf({3}, {"cat", "dog", "the cat"}));
  b.Node("CountTerms", {"texts", "terms"}, {"counts"}, attributes, kOwn);
  return b;
}

StatusOr<std::vector<double>> Answers(const onnx::Builder& b, const std::vector<std::string>& texts,
                                      const LoadOptions& options = {}) {
  const auto engine = CreateTabularEngine();
  ASSIGN_OR_RETURN(const auto model, LoadModel(*engine, b.Serialize(), {}, options));
  const Tensor x = BytesTensorOf({static_cast<int64_t>(texts.size()), 1}, texts);
  ASSIGN_OR_RETURN(const auto outputs, RunAll(*model, {&x}));
  return ValuesOf<double>(outputs.front());
}

std::string Refusal(const onnx::Builder& b, const std::vector<std::string>& texts = {"a cat"},
                    const LoadOptions& options = {}) {
  const auto values = Answers(b, texts, options);
  return values.ok() ? "" : std::string(MessageOf(values.status()));
}

TEST(TermsTest, CountsAreDenseWhereTheyAreAnswered) {
  onnx::Builder b = Counting();
  b.Output("counts", DType::kFp64, {-1, 3});
  EXPECT_THAT(*Answers(b, {"the cat, a CAT", "", "dog dog"}),
              ElementsAre(1, 0, 1, 0, 0, 0, 0, 2, 0));
  onnx::Builder lower = Counting({{"ngram_max", 2}, {"lowercase", 1}, {"binary", 1}});
  lower.Output("counts", DType::kFp64, {-1, 3});
  EXPECT_THAT(*Answers(lower, {"The cat, a CAT", "dog dog"}), ElementsAre(1, 0, 1, 0, 1, 0));
}

TEST(TermsTest, ProductsOfSparseRowsAreThoseOfDenseOnes) {
  onnx::Builder b = Counting();
  b.Output("y", DType::kFp64, {-1, 2});
  AddConstant(b, "w", {3, 2}, {1.0, 2, 3, 4, 5, 6});
  AddConstant(b, "c", {2}, {0.5, -0.5});
  b.Node("MatMul", {"counts", "w"}, {"xw"}).Node("Add", {"xw", "c"}, {"y"});
  EXPECT_THAT(*Answers(b, {"the cat the cat dog", ""}),
              ElementsAre(2 + 3 + 10 + 0.5, 4 + 4 + 12 - 0.5, 0.5, -0.5));
}

TEST(TermsTest, OtherOperatorsAreGivenDenseRows) {
  onnx::Builder b = Counting();
  b.Output("y", DType::kFp64, {-1, 3});
  AddConstant(b, "one", {}, {1.0});
  b.Node("Sub", {"counts", "one"}, {"y"});
  EXPECT_THAT(*Answers(b, {"dog dog"}), ElementsAre(-1, 1, -1));
}

TEST(TermsTest, SparseAndDenseColumnsStandSideBySide) {
  onnx::Builder b = Counting();
  b.Input("x", DType::kFp64, {-1, 2}).Output("all", DType::kFp64, {-1, 8});
  for (auto& input : *b.proto().mutable_graph()->mutable_input())  // rows of one request
    input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param(
        "n");
  b.Node("Concat", {"counts", "x", "counts"}, {"all"}, {{"axis", 1}});
  const auto engine = CreateTabularEngine();
  const Tensor texts = BytesTensorOf({2, 1}, {"cat", "dog"});
  const Tensor x = TensorOf<double>({2, 2}, {7, 0, -0.0, NAN});
  const auto outputs = LoadAndRun(*engine, b, {&texts, &x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const auto all = ValuesOf<double>(outputs->front());
  EXPECT_THAT(std::vector(all.begin(), all.begin() + 8), ElementsAre(1, 0, 0, 7, 0, 1, 0, 0));
  EXPECT_TRUE(std::isnan(all[12]));
  EXPECT_EQ(all[14], 1);
}

TEST(TermsTest, ColumnsArePickedInAnyOrder) {
  onnx::Builder b = Counting();
  b.Output("y", DType::kFp64, {-1, 4});
  const int64_t picked[] = {2, 0, 1, 0};
  b.Constant<int64_t>("picked", {4}, std::span<const int64_t>(picked));
  b.Node("Gather", {"counts", "picked"}, {"y"}, {{"axis", 1}});
  EXPECT_THAT(*Answers(b, {"the cat cat", "dog"}), ElementsAre(1, 2, 0, 2, 0, 0, 1, 0));
}

TEST(TermsTest, WeighingIsLogarithmWeightAndNorm) {
  onnx::Builder b = Counting();
  b.Output("y", DType::kFp64, {-1, 3});
  AddConstant(b, "w", {3}, {2.0, 3, 5});
  b.Node("WeighTerms", {"counts", "w"}, {"y"}, {{"sublinear", 1}, {"norm", "l2"}}, kOwn);
  const double cat = 2 * (1 + std::log(2.0)), dog = 3, length = std::sqrt(cat * cat + dog * dog);
  const auto y = *Answers(b, {"cat cat dog", ""});
  EXPECT_DOUBLE_EQ(y[0], cat / length);
  EXPECT_DOUBLE_EQ(y[1], dog / length);
  EXPECT_EQ(y[3], 0);
}

TEST(TermsTest, HashedTermsCancelUnlessOnlyTheirPresenceCounts) {
  for (const int binary : {0, 1}) {
    onnx::Builder b = Graph();
    b.Output("y", DType::kFp64, {-1, 1});
    // The hash of "hello" is positive, that of "ab" negative.
    b.Node("CountTerms", {"texts"}, {"y"},
           {{"hash_features", 1}, {"alternate_sign", 1}, {"binary", binary}}, kOwn);
    EXPECT_THAT(*Answers(b, {"hello ab", "ab ab", ""}),
                ElementsAre(double(binary), binary == 1 ? 1 : -2, 0));
  }
}

TEST(TermsTest, WideHashesAreServedByWhatKeepsThemSparse) {
  constexpr int64_t kWide = int64_t{1} << 20;
  onnx::Builder b = Graph();
  b.Output("y", DType::kFp64, {-1, 1});
  AddConstant(b, "w", {kWide, 1}, std::vector<double>(kWide, 0.5));
  b.Node("CountTerms", {"texts"}, {"counts"}, {{"hash_features", kWide}}, kOwn);
  b.Node("MatMul", {"counts", "w"}, {"y"});
  EXPECT_THAT(*Answers(b, {"three different words"}), ElementsAre(1.5));
}

TEST(TermsTest, GraphsThatMakeNoSenseAreRefused) {
  onnx::Builder twice = Graph();
  twice.Output("y", DType::kFp64, {-1, 2});
  twice.Initializer("terms", BytesTensorOf({2}, {"a", "a"}));
  twice.Node("CountTerms", {"texts", "terms"}, {"y"}, {}, kOwn);
  EXPECT_THAT(Refusal(twice), HasSubstr("terms: 1 of 2 are different"));

  const std::pair<std::vector<onnx::Attribute>, std::string_view> kCases[] = {
      {{{"hash_features", onnx::Attribute::Value(int64_t{1} << 40)}},
       "hash_features: expected 1 to 2^31 - 1, got 1099"},
      {{}, "hash_features: expected 1 to 2^31 - 1, got 0"},
      {{{"hash_features", 8}, {"ngram_max", 1000}}, "n-grams of up to 1000: at most 64 are read"},
      {{{"hash_features", 8}, {"analyzer", "line"}}, "analyzer is not"},
      {{{"hash_features", 8}, {"token_pattern", "(a"}}, "token pattern \"(a\", byte 2"},
      {{{"hash_features", 1 << 30}}, "one row takes"},
  };
  for (const auto& [attributes, message] : kCases) {
    onnx::Builder b = Graph();
    b.Output("y", DType::kFp64, {-1, -1});
    b.Node("CountTerms", {"texts"}, {"y"}, attributes, kOwn);
    EXPECT_THAT(Refusal(b), HasSubstr(message));
  }
}

TEST(TermsTest, TextsAreChecked) {
  onnx::Builder b = Counting();
  b.Output("counts", DType::kFp64, {-1, 3});
  EXPECT_EQ(Refusal(b, {"cat", "\xff"}), "a text is not UTF-8");
  EXPECT_THAT(*Answers(b, {std::string("cat\0dog", 7)}), ElementsAre(1, 1, 0));
}

TEST(TermsTest, LongTextsTakeMemoryByTheirTermsAndNoMoreThanARunMayTake) {
  onnx::Builder b = Graph();
  b.Output("y", DType::kFp64, {-1, 1});
  AddConstant(b, "w", {1 << 20, 1}, std::vector<double>(1 << 20, 1));
  b.Node("CountTerms", {"texts"}, {"counts"},
         {{"hash_features", 1 << 20}, {"analyzer", "char"}, {"ngram_max", 4}}, kOwn);
  b.Node("MatMul", {"counts", "w"}, {"y"});
  std::string text;
  for (uint32_t seed = 1; text.size() < (1 << 18); seed = seed * 1664525 + 1013904223)
    text.push_back(static_cast<char>('a' + (seed >> 24) % 26));
  EXPECT_THAT(*Answers(b, {text}), ElementsAre(4.0 * (1 << 18) - 6));
  LoadOptions options;
  options.memory.run_bytes = size_t{1} << 20;
  EXPECT_THAT(Refusal(b, {text}, options), HasSubstr("more terms than the memory of a run holds"));
}

}  // namespace
}  // namespace slipway::testing
