#include "protocol/tfserving/kserve_reader.h"

#include <gtest/gtest.h>

#include "protocol/instances/nested.h"

namespace slipway::tfserving {
namespace {

const Signature kTable{.inputs = {{.name = "x",
                                   .dtype = DType::kFp32,
                                   .shape = {-1, 2},
                                   .any_number = true,
                                   .columns = {"a", "b"}}},
                       .outputs = {}};
const Signature kColumns{
    .inputs = {{"age", DType::kFp32, {-1, 1}}, {"city", DType::kBytes, {-1, 1}}}, .outputs = {}};

std::string Read(std::string_view body, const Signature& signature = kTable) {
  InferRequest request;
  const Status read = ReadKserveRequest(body, signature, request);
  if (!read.ok()) return std::string(MessageOf(read));
  std::string out;
  for (const NamedTensor& input : request.inputs)
    EXPECT_TRUE(instances::AppendNested(input.tensor, {NonFinite::kTokens}, out).ok());
  return out;
}

TEST(KserveReaderTest, InputsAndInstancesAreRows) {
  for (const char* body : {R"({"instances":[[1,2],[3,4]]})", R"({"inputs":[[1,2],[3,4]]})",
                           R"({"instances":"passed over","inputs":[[1,2],[3,4]],"parameters":{}})",
                           R"({"instances":[{"b":2,"a":1},{"a":3,"b":4}]})"})
    EXPECT_EQ(Read(body), "[[1.0,2.0],[3.0,4.0]]") << body;
}

TEST(KserveReaderTest, DataFramesStandOneBelowTheOther) {
  for (const char* body : {R"({"instances":[{"a":[1,3],"b":[2,4]}]})",
                           R"({"instances":[{"b":[2],"a":[1]},{"a":[3],"b":[4]}]})",
                           R"({"inputs":[{"b":{"0":2,"1":4},"a":{"0":1,"1":3}}]})",
                           R"({"inputs":[{"b":{"0":2},"a":{"0":1}},{"a":{"0":3},"b":{"0":4}}]})",
                           R"({"instances":[[{"b":2,"a":1},{"a":3,"b":4}]]})",
                           R"({"instances":[[{"b":2,"a":1}],{"a":[3],"b":[4]}]})",
                           R"({"instances":[{"a":[],"b":[]},{"a":[1,3],"b":[2,4]}]})",
                           R"({"instances":[{"a":[1,3],"b":[2,4]},{},{"b":{}},[]]})",
                           R"({"instances":[[{"b":2,"a":1},{"a":3,"b":4}],[],{"a":[],"b":[]}]})"})
    EXPECT_EQ(Read(body), "[[1.0,2.0],[3.0,4.0]]") << body;
  EXPECT_EQ(Read(R"({"instances":[{"age":[7,8],"city":["Ulm","Bonn"]}]})", kColumns),
            "[[7.0],[8.0]][[\"Ulm\"],[\"Bonn\"]]");
}

TEST(KserveReaderTest, RowsOfOtherColumnsAloneAreRefused) {
  Signature declared = kTable;
  declared.columns = {{.name = "a"}, {.name = "b"}};
  EXPECT_EQ(Read(R"({"instances":[{"a":[1],"b":[2],"c":[0]},{"c":["x","y"],"b":[4],"a":[3]}]})",
                 declared),
            "[[1.0,2.0],[3.0,4.0]]");
  EXPECT_EQ(Read(R"({"instances":[{"a":[1],"b":[2]},{"c":[]}]})", declared), "[[1.0,2.0]]");
  EXPECT_EQ(Read(R"({"instances":[{"a":[1],"b":[2]},{"c":[3]}]})", declared),
            "JSON, byte 41: expected the columns of the first frame, got none of them");
  EXPECT_EQ(Read(R"({"instances":[[{"a":1,"b":2}],[{"c":3}]]})", declared),
            "row 1: missing columns \"a\", \"b\"");
}

TEST(KserveReaderTest, AFrameHasNoMoreColumnsThanTheFirst) {
  EXPECT_EQ(Read(R"({"instances":[{"a":[1],"b":[2]},{"a":[],"a":[],"a":[]}]})"),
            "JSON, byte 51: expected at most 2 columns, as in the first frame");
  EXPECT_EQ(Read(R"({"instances":[{"a":[1],"b":[2]},{"a":[3],"c":[4]}]})"),
            "row 1: unknown columns \"c\"; the model takes \"a\", \"b\"");
  EXPECT_EQ(Read(R"({"instances":[{"x":[],"x":[]}]})"), "columns \"x\" occur twice");
}

TEST(KserveReaderTest, NamesWhatDoesNotFit) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{}", "expected \"instances\" or \"inputs\", got neither"},
      {R"({"instances":[{"a":[1],"c":[2]}]})",
       "unknown columns \"c\"; missing columns \"b\"; the model takes \"a\", \"b\""},
      {R"({"inputs":[{"a":{"0":1},"b":{"1":2}}]})",
       "column \"b\": JSON, byte 33: expected row \"0\", as in the columns before, got \"1\""},
      {R"({"inputs":[{"a":[1],"b":2}]})",
       "column \"b\": JSON, byte 24: expected a list or an object of cells, got '2'"},
      {R"({"inputs":[{"a":[1,2],"b":[2]}]})", "row 1: missing columns \"b\""},
      {R"({"inputs":[[{"a":1,"b":2},3]]})", "JSON, byte 26: expected an object, got '3'"},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(Read(body), expected) << body;
}

}  // namespace
}  // namespace slipway::tfserving
