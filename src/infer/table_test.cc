#include "infer/table.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "infer/validate.h"

namespace slipway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
Tensor Of(DType dtype, Shape shape, std::initializer_list<T> values) {
  std::string bytes(reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T));
  return {dtype, std::move(shape), Buffer::Own(std::move(bytes))};
}

const Signature kTable = {
    .inputs = {{.name = "input",
                .dtype = DType::kFp64,
                .shape = {-1, 2},
                .any_number = true,
                .columns = {"age", "income"}}},
    .outputs = {
        {.name = "predict", .dtype = DType::kInt64, .shape = {-1}},
        {.name = "predict_proba", .dtype = DType::kFp64, .shape = {-1, 2}, .on_request = true}}};

/// What the model gets of `inputs`; the refusal when it gets nothing.
std::vector<double> Got(std::vector<NamedTensor> inputs, std::string* refusal = nullptr) {
  InferRequest request;
  request.inputs = std::move(inputs);
  BoundRequest bound;
  const Status status = Bind(request, kTable, bound);
  if (refusal != nullptr) *refusal = status.ok() ? "" : std::string(MessageOf(status));
  if (!status.ok()) return {};
  const auto values = bound.inputs[0]->as<double>();
  return {values.begin(), values.end()};
}

TEST(TableTest, TakesEveryNumericTypeUnderAnyName) {
  EXPECT_THAT(Got({{"x", Of<double>(DType::kFp64, {1, 2}, {0.1, 2})}}), ElementsAre(0.1, 2));
  EXPECT_THAT(Got({{"x", Of<float>(DType::kFp32, {1, 2}, {0.5f, 2})}}), ElementsAre(0.5, 2));
  EXPECT_THAT(Got({{"x", Of<int64_t>(DType::kInt64, {2, 2}, {1, -2, 3, 4})}}),
              ElementsAre(1, -2, 3, 4));
  EXPECT_THAT(Got({{"x", Of<uint8_t>(DType::kBool, {1, 2}, {1, 0})}}), ElementsAre(1, 0));
  EXPECT_THAT(Got({{"x", Of<uint16_t>(DType::kFp16, {1, 2}, {0x3C00, 0xC000})}}),
              ElementsAre(1, -2));
}

TEST(TableTest, TakesOneInputAColumnByName) {
  EXPECT_THAT(Got({{"income", Of<float>(DType::kFp32, {2}, {10, 20})},
                   {"age", Of<int32_t>(DType::kInt32, {2, 1}, {1, 2})}}),
              ElementsAre(1, 10, 2, 20));
}

TEST(TableTest, ColumnsWithoutNamesAreTakenInTheOrderSent) {
  Signature unnamed = kTable;
  unnamed.inputs[0].columns.clear();
  InferRequest request;
  request.inputs = {{"b", Of<float>(DType::kFp32, {1}, {1})},
                    {"a", Of<float>(DType::kFp32, {1}, {2})}};
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, unnamed, bound).ok());
  EXPECT_THAT(bound.inputs[0]->as<double>(), ElementsAre(1, 2));
}

const Signature kMixed = {
    .inputs = {{.name = "age", .dtype = DType::kFp64, .shape = {-1, 1}, .any_number = true},
               {.name = "city", .dtype = DType::kBytes, .shape = {-1, 1}, .any_number = true}},
    .outputs = {{.name = "predict", .dtype = DType::kInt64, .shape = {-1}}}};

TEST(TableTest, AColumnOfAMixedTableTakesEveryNumericTypeAndOneDimension) {
  InferRequest request;
  request.inputs = {{"city", {DType::kBytes, {1}, Buffer::Own(std::string("\2\0\0\0ab", 6))}},
                    {"age", Of<int32_t>(DType::kInt32, {1}, {7})}};
  BoundRequest bound;
  const Status status = Bind(request, kMixed, bound);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(bound.inputs[0]->as<double>(), ElementsAre(7));
  EXPECT_THAT(bound.inputs[1]->shape, ElementsAre(1, 1));
  request.inputs[1].name = "years";
  EXPECT_THAT(MessageOf(Bind(request, kMixed, bound)),
              HasSubstr("input \"years\": unknown, the model takes \"age\", \"city\""));
}

TEST(TableTest, AColumnOfTextTakesNoNumbers) {
  InferRequest request;
  request.inputs = {{"age", Of<double>(DType::kFp64, {1, 1}, {7})},
                    {"city", Of<double>(DType::kFp64, {1, 1}, {7})}};
  BoundRequest bound;
  EXPECT_THAT(MessageOf(Bind(request, kMixed, bound)),
              HasSubstr("input \"city\": expected BYTES [-1,1], got FP64 [1,1]"));
}

Tensor Words(std::vector<std::string> words) {
  std::string wire;
  for (const std::string& word : words) AppendBytesElement(wire, word);
  return {DType::kBytes, {static_cast<int64_t>(words.size())}, Buffer::Own(std::move(wire))};
}

TEST(TableTest, ATimeMayBeSentAsText) {
  const Signature table = {.inputs = {{.name = "input",
                                       .dtype = DType::kFp64,
                                       .shape = {-1, 2},
                                       .any_number = true,
                                       .columns = {"age", "when"},
                                       .times = {false, true}}},
                           .outputs = kMixed.outputs};
  Signature own = kMixed;
  own.inputs[0].times = {true};
  InferRequest request;
  request.inputs = {{"when", Words({"1970-01-02", "", "1970-01-01T00:00:01Z"})},
                    {"age", Of<int32_t>(DType::kInt32, {3}, {7, 8, 9})}};
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, table, bound).ok());
  const auto values = bound.inputs[0]->as<double>();
  EXPECT_THAT(values.first(2), ElementsAre(7, 86'400));
  EXPECT_TRUE(std::isnan(values[3]));
  EXPECT_EQ(values[5], 1);

  request.inputs = {{"age", Words({"1970-01-02"})}, {"city", Words({"Bern"})}};
  ASSERT_TRUE(Bind(request, own, bound = {}).ok());
  EXPECT_THAT(bound.inputs[0]->as<double>(), ElementsAre(86'400));
  EXPECT_THAT(MessageOf(Bind(request, kMixed, bound = {})),
              HasSubstr("input \"age\": expected numbers FP64 [-1,1], got BYTES [1,1]"));
  request.inputs[0].tensor = Words({"tomorrow"});
  EXPECT_THAT(MessageOf(Bind(request, own, bound = {})),
              HasSubstr("input \"age\", row 0: expected a time like \"2024-02-29T23:59:59Z\", got "
                        "\"tomorrow\""));
}

TEST(TableTest, TheOnlyInputOfTextTakesAnyName) {
  const Signature text = {.inputs = {kMixed.inputs[1]}, .outputs = kMixed.outputs};
  InferRequest request;
  request.inputs = {{"x", {DType::kBytes, {1}, Buffer::Own(std::string("\2\0\0\0ab", 6))}}};
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, text, bound).ok());
  EXPECT_THAT(bound.inputs[0]->shape, ElementsAre(1, 1));
}

TEST(TableTest, RefusalsNameTheInput) {
  struct Case {
    std::vector<NamedTensor> inputs;
    std::string_view says;
  };
  const Tensor column = Of<float>(DType::kFp32, {1}, {1});
  const Case cases[] = {
      {{{"x", Of<float>(DType::kFp32, {1, 3}, {1, 2, 3})}},
       "input \"x\": expected numbers FP64 [-1,2], got FP32 [1,3]"},
      {{{"x", Of<char>(DType::kBytes, {1, 2}, {})}},
       "input \"x\": expected numbers FP64 [-1,2], got BYTES [1,2]"},
      {{{"x", Of<float>(DType::kFp32, {2, 2}, {1, 2, 3})}},
       "input \"x\": expected 16 bytes for FP32 [2,2], got 12"},
      {{{"age", column}, {"height", column}},
       "input \"height\": the model has no such column (\"age\", \"income\")"},
      {{{"age", column}, {"age", column}}, "input \"age\": given more than once"},
      {{{"age", column}, {"income", Of<float>(DType::kFp32, {2}, {1, 2})}},
       "input \"income\": expected a column of 1 numbers, got FP32 [2]"},
      {{{"age", column}, {"income", column}, {"x", column}},
       "expected one input, or 2 named after the columns (\"age\", \"income\"), got 3"},
      {{{"age", Of<float>(DType::kFp32, {}, {1})}, {"income", column}},
       "input \"age\": expected a column of numbers, got FP32 []"},
      {{}, "input \"input\": missing"},
  };
  for (const Case& c : cases) {
    std::string refusal;
    Got(c.inputs, &refusal);
    EXPECT_THAT(refusal, HasSubstr(std::string(c.says)));
  }
}

TEST(TableTest, ATableThatGrowsTooLargeIsToldByItsSendersName) {
  constexpr int64_t kRows = int64_t{17} << 20;  // 34 MiB as booleans, 272 MiB as FP64
  const std::string bytes(static_cast<size_t>(2 * kRows), '\1');
  InferRequest request;
  request.inputs.push_back(
      {"x", {DType::kBool, {kRows, 2}, Buffer(std::as_bytes(std::span(bytes)))}});
  const Status refused = Validate(request, kTable);
  EXPECT_EQ(ReasonOf(refused), Reason::kTooLarge);
  EXPECT_THAT(MessageOf(refused), HasSubstr("input \"x\": expected at most 268435456 bytes"));
}

TEST(TableTest, WhoAsksForNothingGetsWhatIsNotOnRequest) {
  InferRequest request;
  request.inputs = {{"x", Of<double>(DType::kFp64, {1, 2}, {1, 2})}};
  BoundRequest bound;
  ASSERT_TRUE(Bind(request, kTable, bound).ok());
  EXPECT_THAT(bound.outputs, ElementsAre(0));
  EXPECT_TRUE(bound.made.empty()) << "a tensor that fits is borrowed";
  request.outputs = {{"predict_proba"}};
  ASSERT_TRUE(Bind(request, kTable, bound).ok());
  EXPECT_THAT(bound.outputs, ElementsAre(1));
}

}  // namespace
}  // namespace slipway
