#include "infer/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace slipway {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Tensor Zeros(DType dtype, Shape shape) {
  const auto bytes = static_cast<size_t>(*ByteCount(dtype, shape));
  return {dtype, std::move(shape), Buffer::Own(std::string(bytes, '\0'))};
}

const Signature kSignature = {
    .inputs = {{"x", DType::kFp32, {-1, 30}},
               {"mode", DType::kInt64, {1}},
               {"text", DType::kBytes, {-1}, /*optional=*/true}},
    .outputs = {{"label", DType::kInt64, {-1}},
                {"probabilities", DType::kFp32, {-1, 2}},
                {"name", DType::kBytes, {-1}}},
};

TEST(ValidateTest, AnInputOfAnyRankTakesEveryShapeThatATensorMayHave) {
  const Signature any = {
      .inputs = {{.name = "x", .dtype = DType::kFp32, .shape = {-1}, .any_rank = true}},
      .outputs = {}};
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0, 4}, Shape(kMaxRank, 1)}) {
    InferRequest request;
    request.inputs = {{"x", Zeros(DType::kFp32, shape)}};
    EXPECT_TRUE(Validate(request, any).ok()) << ToString(shape);
  }
  InferRequest request;
  request.inputs = {{"x", {DType::kFp32, Shape(kMaxRank + 1, 1), {}}}};
  EXPECT_THAT(std::string(MessageOf(Validate(request, any))),
              HasSubstr("expected at most 32 dimensions, got 33"));
}

InferRequest GoodRequest() {
  InferRequest request;
  request.inputs = {{"x", Zeros(DType::kFp32, {4, 30})}, {"mode", Zeros(DType::kInt64, {1})}};
  return request;
}

std::string Refusal(const InferRequest& request, const Signature& signature = kSignature) {
  const Status status = Validate(request, signature);
  if (status.ok()) return "accepted";
  EXPECT_EQ(ReasonOf(status), Reason::kBadRequest);
  return std::string(MessageOf(status));
}

TEST(BindTest, MapsInputsInAnyOrderAndLeavesOptionalOnesNull) {
  InferRequest request = GoodRequest();
  std::swap(request.inputs[0], request.inputs[1]);
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, kSignature, bound).ok());
  EXPECT_THAT(bound.inputs,
              ElementsAre(&request.inputs[1].tensor, &request.inputs[0].tensor, nullptr));
}

TEST(BindTest, GivesAllOutputsInTheSignaturesOrderUnlessAsked) {
  InferRequest request = GoodRequest();
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, kSignature, bound).ok());
  EXPECT_THAT(bound.outputs, ElementsAre(0, 1, 2));
  request.outputs = {{.name = "name"}, {.name = "label"}};
  ASSERT_TRUE(Bind(request, kSignature, bound).ok());
  EXPECT_THAT(bound.outputs, ElementsAre(2, 0));
}

TEST(BindTest, StartsAfreshEachTime) {
  BoundRequest bound;
  const InferRequest request = GoodRequest();
  ASSERT_TRUE(Bind(request, kSignature, bound).ok());
  ASSERT_TRUE(Bind(request, kSignature, bound).ok());
  EXPECT_EQ(bound.inputs.size(), 3u);
  EXPECT_EQ(bound.outputs.size(), 3u);
}

struct Refused {
  std::string fact;
  std::function<void(InferRequest&)> spoil;
  std::string message;
};

TEST(ValidateTest, NamesTheCulpritWhatWasExpectedAndWhatCame) {
  const std::vector<Refused> table = {
      {"dtype", [](auto& r) { r.inputs[0].tensor = Zeros(DType::kFp64, {4, 30}); },
       "input \"x\": expected FP32 [-1,30], got FP64 [4,30]"},
      {"shape", [](auto& r) { r.inputs[0].tensor = Zeros(DType::kFp32, {4, 29}); },
       "input \"x\": expected FP32 [-1,30], got FP32 [4,29]"},
      {"rank", [](auto& r) { r.inputs[0].tensor = Zeros(DType::kFp32, {30}); },
       "input \"x\": expected FP32 [-1,30], got FP32 [30]"},
      {"negative", [](auto& r) { r.inputs[0].tensor.shape = {-5, 30}; },
       "input \"x\": expected dimensions >= 0, got [-5,30]"},
      {"overflow", [](auto& r) { r.inputs[0].tensor.shape = {16, (int64_t{1} << 60) + 2}; },
       "input \"x\": element count of [16,1152921504606846978] exceeds 2^63-1"},
      {"too short", [](auto& r) { r.inputs[0].tensor.shape = {5, 30}; },
       "input \"x\": expected 600 bytes for FP32 [5,30], got 480"},
      {"too long", [](auto& r) { r.inputs[0].tensor.shape = {3, 30}; },
       "input \"x\": expected 360 bytes for FP32 [3,30], got 480"},
      {"strings",
       [](auto& r) {
         r.inputs.push_back({"text", {DType::kBytes, {2}, Buffer::Own(std::string(4, '\0'))}});
       },
       "input \"text\": expected 2 elements, got 1"},
      {"string past the end",
       [](auto& r) {
         r.inputs.push_back({"text", {DType::kBytes, {1}, Buffer::Own(std::string(4, '\xff'))}});
       },
       "input \"text\": BYTES element 0: its length runs past the data"},
      {"missing", [](auto& r) { r.inputs.pop_back(); },
       "input \"mode\": missing, expected INT64 [1]"},
      {"twice", [](auto& r) { r.inputs.push_back(r.inputs[0]); },
       "input \"x\": given more than once"},
      {"unknown", [](auto& r) { r.inputs.push_back({"y", {}}); },
       "input \"y\": unknown, the model takes \"x\", \"mode\", \"text\""},
      {"unknown output", [](auto& r) { r.outputs = {{.name = "p"}, {.name = "label"}}; },
       "output \"p\": unknown, the model gives \"label\", \"probabilities\", \"name\""},
      {"output twice", [](auto& r) { r.outputs = {{.name = "label"}, {.name = "label"}}; },
       "output \"label\": asked for more than once"},
      {"classes of strings", [](auto& r) { r.outputs = {{.name = "name", .classification = 3}}; },
       "output \"name\": classification needs numbers, got BYTES [-1]"},
  };
  for (const Refused& row : table) {
    InferRequest request = GoodRequest();
    row.spoil(request);
    EXPECT_EQ(Refusal(request), row.message) << row.fact;
  }
}

TEST(ValidateTest, ListsEveryCulpritAndWhatTheModelHasOnce) {
  InferRequest request;
  request.inputs = {{"x", Zeros(DType::kFp32, {4, 29})}, {"q", {}}, {"r", {}}};
  request.outputs = {{.name = "p"}};
  EXPECT_EQ(Refusal(request),
            "input \"x\": expected FP32 [-1,30], got FP32 [4,29]; "
            "input \"q\": unknown, the model takes \"x\", \"mode\", \"text\"; "
            "input \"r\": unknown; "
            "input \"mode\": missing, expected INT64 [1]; "
            "output \"p\": unknown, the model gives \"label\", \"probabilities\", \"name\"");
}

TEST(ValidateTest, ListsTwentyAndCountsTheRest) {
  InferRequest request = GoodRequest();
  for (int i = 0; i < 100; ++i) request.inputs.push_back({std::to_string(i), {}});
  const std::string message = Refusal(request);
  EXPECT_THAT(message, HasSubstr("\"19\": unknown; and 80 more"));
}

// An error body is at most 1 KiB, whatever the client sends.
TEST(ValidateTest, MessageIsBoundedAndStaysUtf8) {
  InferRequest request = GoodRequest();
  std::string name;
  for (int i = 0; i < 100'000; ++i) name += "é";
  for (int i = 0; i < 50; ++i) request.inputs.push_back({std::string(i % 2, 'a') + name, {}});
  request.inputs.push_back({"line\nbreak", {}});
  const std::string message = Refusal(request);
  EXPECT_LE(message.size(), 950u);
  EXPECT_THAT(message, EndsWith(" more"));
  EXPECT_THAT(message, HasSubstr("é…\""));

  InferRequest quotes = GoodRequest();
  quotes.inputs[0].name = std::string(5000, '"');
  EXPECT_LE(Refusal(quotes).size(), 950u);

  InferRequest control = GoodRequest();
  control.inputs.push_back({"a\nb\x7f", {}});
  EXPECT_THAT(Refusal(control), StartsWith("input \"a?b?\": unknown"));
}

TEST(ValidateTest, ShapesWithManyDimensionsAreNotPrinted) {
  InferRequest request = GoodRequest();
  request.inputs[0].tensor.shape.assign(100'000, 1);
  EXPECT_EQ(Refusal(request), "input \"x\": expected at most 32 dimensions, got 100000");
}

Signature Wide(size_t inputs) {
  Signature signature;
  for (size_t i = 0; i < inputs; ++i)
    signature.inputs.push_back({"feature" + std::to_string(i), DType::kFp32, {1}});
  return signature;
}

// 5,000 inputs given backwards cost 12.5 million string comparisons if each is looked for.
TEST(ValidateTest, WideSignaturesAreBoundInAnyOrder) {
  const Signature signature = Wide(5000);
  InferRequest request;
  for (size_t i = signature.inputs.size(); i-- > 0;)
    request.inputs.push_back({signature.inputs[i].name, Zeros(DType::kFp32, {1})});
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, signature, bound).ok());
  EXPECT_EQ(bound.inputs.front(), &request.inputs.back().tensor);
  EXPECT_EQ(bound.inputs.back(), &request.inputs.front().tensor);
}

TEST(ValidateTest, AMillionUnknownInputsAreRefusedInTime) {
  InferRequest request;
  for (int i = 0; i < 1'000'000; ++i) request.inputs.push_back({std::to_string(i), {}});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Refusal(request, Wide(1000)), EndsWith("more"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace slipway
