// CategoryHash and CombineHashes.

#include "engine/tabular/tabular_engine.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kOwn = "ai.slipway";

StatusOr<std::vector<int64_t>> Hashes(const Tensor& x, std::string_view op) {
  onnx::Builder b;
  b.Opset("", 21).Opset(kOwn, 1).IrVersion(10);
  b.Input("x", x.dtype, {-1, x.shape[1]});
  b.Node(op, {"x"}, {"y"}, {}, kOwn);
  b.Output("y", DType::kInt64, op == "CombineHashes" ? Shape{-1} : Shape{-1, x.shape[1]});
  const auto engine = CreateTabularEngine();
  ASSIGN_OR_RETURN(const auto model, LoadModel(*engine, b.Serialize()));
  ASSIGN_OR_RETURN(const auto outputs, RunAll(*model, {&x}));
  return ValuesOf<int64_t>(outputs.front());
}

TEST(CategoriesTest, HashesAreTheLowerHalfWithItsSign) {
  const Tensor x = BytesTensorOf({2, 2}, {"", "a", "29", "a longer word than eight"});
  EXPECT_THAT(*Hashes(x, "CategoryHash"),
              ElementsAre(797982799, -805065478, -354276528, -503316180));
}

TEST(CategoriesTest, CombinedHashesWrapAround) {
  constexpr uint64_t kFactor = 0x4906BA494954CB65;
  const auto combined = [](uint64_t a, uint64_t b) {
    return static_cast<int64_t>(kFactor * (kFactor * (kFactor * a) + kFactor * b));
  };
  const Tensor x = TensorOf<int64_t>({2, 2}, {797982799, 1, -805065478, 0});
  EXPECT_THAT(*Hashes(x, "CombineHashes"),
              ElementsAre(combined(797982799, 1), combined(static_cast<uint64_t>(-805065478), 0)));
}

TEST(CategoriesTest, OtherTypesAreRefused) {
  const Tensor numbers = TensorOf<int64_t>({1, 1}, {1});
  EXPECT_THAT(std::string(MessageOf(Hashes(numbers, "CategoryHash").status())),
              HasSubstr("expected STRING"));
  EXPECT_THAT(
      std::string(MessageOf(Hashes(BytesTensorOf({1, 1}, {"a"}), "CombineHashes").status())),
      HasSubstr("expected INT64 [n,k]"));
}

}  // namespace
}  // namespace slipway::testing
