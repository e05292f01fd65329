#include "onnx/model_info.h"

#include "onnx/builder.h"
#include "onnx/onnx.pb.h"
#include "onnx/skeleton.h"
#include "onnx/types.h"

namespace slipway::onnx {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Type = ::onnx::TensorProto;

StatusOr<ModelInfo> InspectText(const std::string& model, const Limits& limits = {}) {
  return Inspect(std::as_bytes(std::span(model)), limits);
}

std::string WhyRefused(const Builder& b, Reason reason = Reason::kBadModel) {
  const auto info = InspectText(b.Serialize());
  if (info.ok()) return "accepted";
  EXPECT_EQ(ReasonOf(info.status()), reason) << info.status();
  return std::string(MessageOf(info.status()));
}

Builder Plain() {
  Builder b;
  b.Input("x", DType::kFp32, {-1, 4}).Output("y", DType::kFp32, {-1, 4}).Node("Neg", {"x"}, {"y"});
  return b;
}

TEST(InspectTest, TellsWhatTheModelSays) {
  Builder b;
  b.Input("x", DType::kFp32, {-1, 4}).Input("t", DType::kBytes, {3});
  b.Output("y", DType::kFp32, {-1, 2}).Output("s", DType::kBytes, {});
  const float w[8] = {};
  b.Constant<float>("w", {4, 2}, w).Constant<float>("b", {2}, std::span(w, 2));
  b.Node("Gemm", {"x", "w", "b"}, {"y"}).Node("Gemm", {"x", "w"}, {"unused"});
  b.Opset("ai.onnx.ml", 3).Node("Scaler", {"x"}, {"z"}, {}, "ai.onnx.ml").Metadata("task", "test");
  b.proto().set_producer_version("1.2");
  const auto info = InspectText(b.Serialize());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->ir_version, 8);
  EXPECT_EQ(info->producer, "slipway 1.2");
  EXPECT_THAT(info->opsets, ElementsAre(Pair("", 17), Pair("ai.onnx.ml", 3)));
  EXPECT_THAT(info->operators, ElementsAre(Pair("Gemm", 2), Pair("ai.onnx.ml.Scaler", 1)));
  EXPECT_THAT(info->metadata, ElementsAre(Pair("task", "test")));
  EXPECT_EQ(info->parameter_count, 10);
  const Signature expected = {.inputs = {{.name = "x", .dtype = DType::kFp32, .shape = {-1, 4}},
                                         {.name = "t", .dtype = DType::kBytes, .shape = {3}}},
                              .outputs = {{.name = "y", .dtype = DType::kFp32, .shape = {-1, 2}},
                                          {.name = "s", .dtype = DType::kBytes, .shape = {}}}};
  EXPECT_EQ(info->signature, expected);
}

TEST(InspectTest, EveryProtocolTypeHasItsOnnxType) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(DTypeOf(OnnxTypeOf(dtype)), dtype) << NameOf(dtype);
  }
}

TEST(InspectTest, TypesWithoutAWordInTheProtocolAreNamed) {
  for (const int type : {int{Type::COMPLEX64}, int{Type::COMPLEX128}, int{Type::FLOAT8E4M3FN},
                         int{Type::UINT4}, int{Type::INT2}, 0, 99, -1}) {
    Builder b = Plain();
    b.proto()
        .mutable_graph()
        ->mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->set_elem_type(type);
    EXPECT_THAT(WhyRefused(b, Reason::kUnsupported), HasSubstr("input \"x\": type tensor("));
  }
  Builder b = Plain();
  b.proto().mutable_graph()->mutable_output(0)->mutable_type()->mutable_map_type()->set_key_type(
      Type::INT64);
  EXPECT_EQ(WhyRefused(b, Reason::kUnsupported),
            "output \"y\": type map(int64,undefined) is not supported");
}

TEST(InspectTest, ShapesMayBeOpen) {
  Builder b = Plain();
  auto& x = *b.proto().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  x.mutable_shape()->add_dim();                     // neither value nor name
  x.mutable_shape()->add_dim()->set_dim_value(-3);  // some exporters write -1 for "any"
  b.proto()
      .mutable_graph()
      ->mutable_output(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->clear_shape();
  const auto info = InspectText(b.Serialize());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->signature.inputs[0].shape, Shape({-1, 4, -1, -1}));
  EXPECT_EQ(info->signature.outputs[0].shape, Shape({-1}));
  EXPECT_THAT(info->warnings, ElementsAre(HasSubstr("output \"y\"")));
  x.clear_shape();
  const auto any = InspectText(b.Serialize());
  ASSERT_TRUE(any.ok()) << any.status();
  EXPECT_TRUE(any->signature.inputs[0].any_rank);
  EXPECT_EQ(any->signature.inputs[0].shape, Shape({-1}));
  EXPECT_THAT(any->warnings, ElementsAre(HasSubstr("input \"x\": the model does not say"), _));
}

TEST(InspectTest, OptionalInputsAreThoseWithADefaultOrAnOptionalType) {
  Builder b = Plain();
  b.Input("bias", DType::kFp32, {1}).Input("maybe", DType::kFp32, {1});
  const float zero = 0;
  b.Constant<float>("bias", {1}, std::span(&zero, 1));
  auto& type = *b.proto().mutable_graph()->mutable_input(2)->mutable_type();
  const auto tensor = type.tensor_type();
  *type.mutable_optional_type()->mutable_elem_type()->mutable_tensor_type() = tensor;
  const auto info = InspectText(b.Serialize());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_FALSE(info->signature.inputs[0].optional);
  EXPECT_TRUE(info->signature.inputs[1].optional);
  EXPECT_TRUE(info->signature.inputs[2].optional);
}

TEST(InspectTest, NamesMustBeThereOnceAndReadable) {
  Builder twice = Plain();
  twice.Input("x", DType::kFp32, {1});
  EXPECT_EQ(WhyRefused(twice), "input \"x\" stands twice");
  Builder unnamed = Plain();
  unnamed.Output("", DType::kFp32, {1});
  EXPECT_EQ(WhyRefused(unnamed), "output 1 has no name");
  Builder bytes = Plain();
  bytes.Input("\xff", DType::kFp32, {1});
  EXPECT_EQ(WhyRefused(bytes), "input 1: its name is not UTF-8");
  Builder metadata = Plain();
  metadata.Metadata("k", "\xff");
  EXPECT_THAT(WhyRefused(metadata), HasSubstr("metadata_props"));
}

TEST(InspectTest, BytesThatAreNoModelAreRefused) {
  for (const std::string& bytes : {std::string(), std::string("hello"), std::string(100, '\0')})
    EXPECT_FALSE(InspectText(bytes).ok());
  EXPECT_THAT(std::string(MessageOf(InspectText(std::string()).status())), HasSubstr("no graph"));
}

TEST(InspectTest, LimitsHold) {
  const std::string model = Plain().Serialize();
  EXPECT_THAT(std::string(MessageOf(InspectText(model, {.max_model_bytes = 10}).status())),
              HasSubstr("more than the limit of 10"));
  Builder many = Plain();
  for (int i = 0; i < 20; ++i) many.Node("Neg", {"x"}, {fmt::format("n{}", i)});
  EXPECT_THAT(std::string(MessageOf(InspectText(many.Serialize(), {.max_nodes = 20}).status())),
              HasSubstr("more than 20 nodes"));
  Builder huge = Plain();
  auto& tensor = *huge.proto().mutable_graph()->add_initializer();
  tensor.set_name("w");
  for (int i = 0; i < 3; ++i) tensor.add_dims(int64_t{1} << 30);
  EXPECT_THAT(WhyRefused(huge), HasSubstr("initializer \"w\""));
}

Builder Nested(int depth) {
  Builder inner;
  inner.Node("Neg", {"x"}, {"y"});
  for (int i = 0; i < depth; ++i) {
    Builder outer;
    outer.Node("If", {"c"}, {"y"}, {{"then_branch", &inner}});
    inner = std::move(outer);
  }
  inner.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1});
  return inner;
}

TEST(InspectTest, SubgraphsNestOnlySoDeep) {
  EXPECT_EQ(WhyRefused(Nested(16)), "accepted");
  EXPECT_THAT(WhyRefused(Nested(17)), HasSubstr("nested deeper than 16"));
  EXPECT_FALSE(InspectText(Nested(200).Serialize()).ok());
}

// A length-delimited field.
std::string Field(char tag, const std::string& payload) {
  std::string field(1, tag);
  size_t length = payload.size();
  for (; length >= 0x80; length >>= 7) field += static_cast<char>((length & 0x7f) | 0x80);
  return field + static_cast<char>(length) + payload;
}

TEST(InspectTest, TypesAndGroupsNestNoDeeperThanProtobufAllows) {
  std::string type;
  for (int i = 0; i < 2'000; ++i) type = Field('\x22', Field('\x0a', type));  // sequence of …
  const std::string input = Field('\x0a', "q") + Field('\x12', type);
  const std::string model = Plain().Serialize();
  EXPECT_FALSE(InspectText(model + Field('\x3a', Field('\x5a', input))).ok());
  EXPECT_TRUE(InspectText(model + Field('\x32', type)).ok()) << "as a doc_string it is text";
  EXPECT_FALSE(InspectText(model + std::string(1'000'000, '\x0b')).ok()) << "groups in groups";
}

// The skeleton is the model without the values of the main graph's initializers, and nothing else.
TEST(SkeletonTest, DiffersFromTheModelInItsValuesOnly) {
  Builder b = Plain();
  const float w[1000] = {};
  b.Constant<float>("w", {1000}, w).Node("Neg", {"w"}, {"v"});
  const Tensor values{DType::kFp32, {2}, Buffer(std::as_bytes(std::span(w, 2)))};
  b.Node("Constant", {}, {"c"}, {{"value", values}}).Metadata("k", "v");
  const std::string model = b.Serialize();
  const auto skeleton = ParseSkeleton(std::as_bytes(std::span(model)));
  ASSERT_TRUE(skeleton.ok());
  ::onnx::ModelProto expected = b.proto();
  expected.mutable_graph()->mutable_initializer(0)->clear_raw_data();
  EXPECT_EQ(skeleton->SerializeAsString(), expected.SerializeAsString());
}

// Protobuf merges a graph that is stored in two pieces; so must the skeleton.
TEST(SkeletonTest, MergesPiecesAsProtobufDoes) {
  Builder second;
  second.Input("z", DType::kInt64, {1});
  second.proto().mutable_graph()->clear_name();
  const std::string model = Plain().Serialize() + second.Serialize();
  ::onnx::ModelProto expected;
  ASSERT_TRUE(expected.ParseFromString(model));
  const auto skeleton = ParseSkeleton(std::as_bytes(std::span(model)));
  ASSERT_TRUE(skeleton.ok());
  EXPECT_EQ(skeleton->SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(skeleton->graph().input_size(), 2);
}

}  // namespace
}  // namespace slipway::onnx
