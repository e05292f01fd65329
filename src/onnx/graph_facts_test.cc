#include "onnx/graph_facts.h"

#include <array>

#include "onnx/builder.h"
#include "onnx/onnx.pb.h"

namespace slipway::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

StatusOr<GraphFacts> FactsOfText(const std::string& onnx,
                                 std::vector<ModelBytes::External> files = {}) {
  return FactsOf({std::as_bytes(std::span(onnx)), std::move(files)});
}

Builder Sample() {
  Builder builder;
  builder.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  const std::array<float, 4> weights = {1, 2, 3, 4};
  builder.Constant<float>("w", {2, 2}, weights);
  builder.Node("Gemm", {"x", "w"}, {"y"}, {{"transB", 1}});
  return builder;
}

TEST(GraphFactsTest, NameEachPart) {
  const auto facts = FactsOfText(Sample().Serialize());
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(facts->operator_sets, ElementsAre(Pair("ai.onnx", "17")));
  EXPECT_THAT(facts->nodes, ElementsAre(Pair("y", "Gemm(x, w)")));
  EXPECT_THAT(facts->attributes, ElementsAre(Pair("y.transB", "1")));
  // SHA-256 of the four floats, by hashlib.
  EXPECT_THAT(facts->weights, ElementsAre(Pair("w", "FP32 [2,2] sha256:ad73b9acd6e4a74b")));
}

TEST(GraphFactsTest, AreTheSameWhereverValuesLie) {
  const auto inside = FactsOfText(Sample().Serialize());
  Builder typed = Sample();
  ::onnx::TensorProto& weight = *typed.proto().mutable_graph()->mutable_initializer(0);
  const std::string raw = std::exchange(*weight.mutable_raw_data(), "");
  weight.clear_raw_data();
  for (const float value : {1, 2, 3, 4}) weight.add_float_data(value);
  EXPECT_EQ(FactsOfText(typed.Serialize())->weights, inside->weights);
  Builder outside;
  outside.ExternalInitializer("w", DType::kFp32, {2, 2}, "w.bin", 4, 16);
  const std::string file = "skip" + raw;
  const std::vector<ModelBytes::External> files = {{"w.bin", std::as_bytes(std::span(file))}};
  EXPECT_EQ(FactsOfText(outside.Serialize(), files)->weights, inside->weights);
  EXPECT_THAT(MessageOf(FactsOfText(outside.Serialize()).status()),
              HasSubstr("its file \"w.bin\" is missing"));
}

TEST(GraphFactsTest, LongAttributesAreTold) {
  const auto facts = [](int64_t last) {
    Builder b;
    std::vector<int64_t> many(20, 7);
    many.back() = last;
    b.Node("Op", {}, {"y"}, {{"few", std::vector<int64_t>{1, 2}}, {"many", many}}, "my.domain");
    return FactsOfText(b.Serialize()).value();
  };
  EXPECT_THAT(facts(7).nodes, ElementsAre(Pair("y", "my.domain.Op()")));
  EXPECT_EQ(facts(7).attributes.at("y.few"), "[1, 2]");
  EXPECT_THAT(facts(7).attributes.at("y.many"), HasSubstr("20 elements, sha256:"));
  EXPECT_NE(facts(7).attributes, facts(8).attributes);
}

TEST(GraphFactsTest, NumbersKeepTheirKind) {
  Builder builder;
  builder.Node("Op", {}, {"y"},
               {{"alpha", 0.5F}, {"beta", 0.25}, {"axis", int64_t{1} << 40}, {"n", -1}});
  EXPECT_THAT(FactsOfText(builder.Serialize())->attributes,
              ElementsAre(Pair("y.alpha", "0.5"), Pair("y.axis", "1099511627776"),
                          Pair("y.beta", "0.25"), Pair("y.n", "-1")));
}

TEST(GraphFactsTest, DoNotCountNamesOfNodesAndDocumentation) {
  Builder other = Sample();
  other.proto().set_producer_name("somebody");
  other.proto().mutable_graph()->mutable_node(0)->set_name("first");
  other.proto().mutable_graph()->mutable_node(0)->set_doc_string("…");
  const auto a = FactsOfText(Sample().Serialize()), b = FactsOfText(other.Serialize());
  EXPECT_EQ(a->nodes, b->nodes);
  EXPECT_EQ(a->attributes, b->attributes);
  EXPECT_EQ(ReasonOf(FactsOfText("no model").status()), Reason::kBadModel);
}

}  // namespace
}  // namespace slipway::onnx
