#include "protocol/instances/rows.h"

#include <cmath>

namespace slipway::instances {
namespace {

const Signature kOne{.inputs = {{"x", DType::kFp32, {-1, 2}}}, .outputs = {}};
const Signature kTwo{.inputs = {{"a", DType::kInt64, {-1}}, {"s", DType::kBytes, {-1, 2}}},
                     .outputs = {}};
const Signature kOptional{
    .inputs = {{"x", DType::kInt32, {-1}}, {"o", DType::kInt32, {-1}, /*optional=*/true}},
    .outputs = {}};

using Reader = Status (*)(JsonReader&, const Signature&, InferRequest&);

/// "a INT64 [2] [1,2]; s …", or the error.
std::string Read(Reader reader, const Signature& signature, std::string_view text) {
  InferRequest request;
  JsonReader json(text, {.allow_nan_tokens = true});
  if (const Status read = reader(json, signature, request); !read.ok())
    return std::string(MessageOf(read));
  if (const Status end = json.End(); !end.ok()) return std::string(MessageOf(end));
  std::string out;
  for (const auto& [name, tensor] : request.inputs) {
    EXPECT_TRUE(CheckData(tensor).ok());
    if (!out.empty()) out += "; ";
    out += name + " " + ToString(tensor.dtype, tensor.shape) + " ";
    EXPECT_TRUE(AppendNested(tensor, {NonFinite::kTokens}, out).ok());
  }
  return out;
}

TEST(RowsTest, ALoneInputNeedsNoName) {
  EXPECT_EQ(Read(ReadRows, kOne, "[[1,2],[3,NaN]]"), "x FP32 [2,2] [[1.0,2.0],[3.0,NaN]]");
  EXPECT_EQ(Read(ReadRows, kOne, "[1,2]"), "x FP32 [2] [1.0,2.0]");
  EXPECT_EQ(Read(ReadRows, kOne, R"([{"x":[1,2]}])"), "x FP32 [1,2] [[1.0,2.0]]");
  EXPECT_EQ(Read(ReadRows, kOptional, "[1,2]"), "x INT32 [2] [1,2]");
}

TEST(RowsTest, ObjectsNameTheirInputs) {
  EXPECT_EQ(Read(ReadRows, kTwo, R"([{"a":1,"s":["p","q"]},{"s":[{"b64":"cg=="},"t"],"a":2}])"),
            R"(a INT64 [2] [1,2]; s BYTES [2,2] [["p","q"],["r","t"]])");
  EXPECT_EQ(Read(ReadRows, kOptional, R"([{"x":1},{"x":2}])"), "x INT32 [2] [1,2]");
  EXPECT_EQ(Read(ReadRows, kOptional, R"([{"x":1,"o":5}])"), "x INT32 [1] [1]; o INT32 [1] [5]");
}

TEST(RowsTest, ObjectsNameTheColumnsOfATable) {
  const Signature table{.inputs = {{.name = "input",
                                    .dtype = DType::kFp64,
                                    .shape = {-1, 2},
                                    .any_number = true,
                                    .columns = {"age", "income"}}},
                        .outputs = {}};
  EXPECT_EQ(Read(ReadRows, table, R"([{"income":3,"age":41},{"age":7,"income":null}])"),
            "input FP64 [2,2] [[41.0,3.0],[7.0,NaN]]");
  EXPECT_EQ(Read(ReadColumns, table, R"({"income":[3,null],"age":[41,7]})"),
            "input FP64 [2,2] [[41.0,3.0],[7.0,NaN]]");
  EXPECT_EQ(Read(ReadColumns, table, R"({"input":[[1,2]]})"), "input FP64 [1,2] [[1.0,2.0]]");
  EXPECT_EQ(Read(ReadRows, table, R"([{"input":[1,2]}])"), "input FP64 [1,2] [[1.0,2.0]]");
  EXPECT_EQ(Read(ReadRows, table, R"([{"age":41}])"),
            R"(missing columns "income"; the model takes "age", "income")");
}

TEST(RowsTest, CellsOfATableMayBeMissing) {
  const auto part = [](const char* name, DType dtype) {
    return TensorSpec{.name = name, .dtype = dtype, .shape = {-1, 1}, .any_number = true};
  };
  const Signature mixed{.inputs = {part("age", DType::kFp64), part("city", DType::kBytes)},
                        .outputs = {}};
  EXPECT_EQ(Read(ReadRows, mixed, R"([{"age":null,"city":"Bern"},{"age":true,"city":null}])"),
            R"(age FP64 [2] [NaN,1.0]; city BYTES [2] ["Bern",""])");
  EXPECT_EQ(Read(ReadColumns, mixed, R"({"age":[7,null],"city":[null,"Bern"]})"),
            R"(age FP64 [2] [7.0,NaN]; city BYTES [2] ["","Bern"])");
}

TEST(RowsTest, ABase64ObjectIsAValue) {
  const Signature bytes{.inputs = {{"b64", DType::kBytes, {-1}}}, .outputs = {}};
  EXPECT_EQ(Read(ReadRows, bytes, R"([{"b64":"YQ=="},"b"])"), R"(b64 BYTES [2] ["a","b"])");
  EXPECT_EQ(Read(ReadRows, bytes, R"([{"b64":["a"]}])"), R"(b64 BYTES [1,1] [["a"]])");
  EXPECT_EQ(Read(ReadColumns, bytes, R"({"b64":"YQ=="})"), R"(b64 BYTES [] "a")");
}

TEST(RowsTest, InstancesThatDifferAreRefusedByPlace) {
  const std::tuple<const Signature*, std::string_view, std::string_view> cases[] = {
      {&kOne, "[]", "expected at least one instance"},
      {&kOne, "{}", "JSON, byte 0: expected a list of instances, got '{'"},
      {&kOne, "3", "JSON, byte 0: expected a list of instances, got '3'"},
      {&kOne, "[[1,2],[3]]",
       "input \"x\": JSON, byte 10: expected a list of 2 like those before it, got 1"},
      {&kOne, R"([{"y":1}])", "instance 0: the model has no input \"y\""},
      {&kTwo, "[1,2]", "the model has 2 inputs: expected an object with their names"},
      {&kTwo, R"([{"a":1,"a":2}])", "instance 0: input \"a\" is given twice"},
      {&kTwo, R"([{"a":1},{"a":2,"a":2}])", "instance 1: input \"a\" is given twice"},
      {&kTwo, R"([{"a":1,"s":["p","q"]},{"a":1}])", "instance 1: input \"s\" is missing"},
      {&kTwo, R"([{"a":1},{"a":1,"s":["p","q"]}])",
       "instance 1: input \"s\" is not in the instances before it"},
      {&kTwo, R"([{"a":1},2])",
       "JSON, byte 9: expected an object, like the instances before it, got '2'"},
      {&kTwo, R"([{"s":["p"]},{"s":["p","q"]}])",
       "instance 1: input \"s\": JSON, byte 27: expected a list of 1 like those before it, got 2"},
  };
  for (const auto& [signature, text, expected] : cases)
    EXPECT_EQ(Read(ReadRows, *signature, text), expected) << text;
}

TEST(RowsTest, ColumnsHaveShapesOfTheirOwn) {
  EXPECT_EQ(Read(ReadColumns, kOne, "[[1,2],[3,4]]"), "x FP32 [2,2] [[1.0,2.0],[3.0,4.0]]");
  EXPECT_EQ(Read(ReadColumns, kOne, "7"), "x FP32 [] 7.0");
  EXPECT_EQ(Read(ReadColumns, kTwo, R"({"s":[["p","q"]],"a":[1,2,3]})"),
            R"(s BYTES [1,2] [["p","q"]]; a INT64 [3] [1,2,3])");
  EXPECT_EQ(Read(ReadColumns, kTwo, R"({"a":1,"a":1})"), "input \"a\" is given twice");
  EXPECT_EQ(Read(ReadColumns, kTwo, R"({"b":1})"), "the model has no input \"b\"");
  EXPECT_EQ(Read(ReadColumns, kTwo, "[1]"),
            "the model has 2 inputs: expected an object with their names");
}

TEST(RowsTest, ManyInputsInAnyOrderAreFound) {
  Signature wide;
  std::string forwards = "{", backwards = "{";
  for (int i = 0; i < 200; ++i) {
    wide.inputs.push_back({fmt::format("f{}", i), DType::kInt32, {-1}});
    forwards += fmt::format("{}\"f{}\":{}", i > 0 ? "," : "", i, i);
    backwards += fmt::format("{}\"f{}\":{}", i > 0 ? "," : "", 199 - i, 199 - i);
  }
  const std::string read = Read(ReadRows, wide, "[" + forwards + "}," + backwards + "}]");
  EXPECT_TRUE(read.ends_with("f199 INT32 [2] [199,199]")) << read;
}

template <typename T>
NamedTensor Make(std::string name, DType dtype, Shape shape, std::vector<T> values) {
  return {std::move(name),
          {dtype, std::move(shape),
           Buffer::Own(std::string(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(T)))}};
}

NamedTensor MakeBytes(std::string name, Shape shape, const std::vector<std::string>& elements) {
  std::string wire;
  for (const std::string& element : elements) AppendBytesElement(wire, element);
  return {std::move(name), {DType::kBytes, std::move(shape), Buffer::Own(std::move(wire))}};
}

using Writer = Status (*)(std::span<const NamedTensor>, OutputStyle, std::string&);

std::string Write(Writer writer, const std::vector<NamedTensor>& outputs) {
  std::string out;
  const Status written = writer(outputs, {}, out);
  return written.ok() ? out : std::string(MessageOf(written));
}

TEST(RowsTest, ALoneOutputIsWrittenWithoutItsName) {
  const auto y = Make<float>("y", DType::kFp32, {2, 2}, {1, 2, 3, INFINITY});
  EXPECT_EQ(Write(AppendRows, {y}), "[[1.0,2.0],[3.0,Infinity]]");
  EXPECT_EQ(Write(AppendColumns, {y}), "[[1.0,2.0],[3.0,Infinity]]");
  EXPECT_EQ(Write(AppendRows, {Make<int64_t>("y", DType::kInt64, {2}, {1, 2})}), "[1,2]");
  EXPECT_EQ(Write(AppendColumns, {Make<int64_t>("y", DType::kInt64, {}, {1})}), "1");
}

TEST(RowsTest, SeveralOutputsAreObjects) {
  const std::vector<NamedTensor> outputs = {Make<float>("p", DType::kFp32, {2, 2}, {1, 2, 3, 4}),
                                            MakeBytes("label", {2}, {"a", "b\""}),
                                            MakeBytes("raw_bytes", {2, 1}, {"a", "b"})};
  EXPECT_EQ(Write(AppendRows, outputs),
            R"([{"p":[1.0,2.0],"label":"a","raw_bytes":[{"b64":"YQ=="}]},)"
            R"({"p":[3.0,4.0],"label":"b\"","raw_bytes":[{"b64":"Yg=="}]}])");
  EXPECT_EQ(Write(AppendColumns, outputs), R"({"p":[[1.0,2.0],[3.0,4.0]],"label":["a","b\""],)"
                                           R"("raw_bytes":[[{"b64":"YQ=="}],[{"b64":"Yg=="}]]})");
}

TEST(RowsTest, OutputsThatAreNoRowsAreRefused) {
  const auto y = Make<float>("y", DType::kFp32, {2}, {1, 2});
  EXPECT_EQ(Write(AppendRows, {y, Make<float>("z", DType::kFp32, {1}, {1})}),
            "output \"z\": expected 2 rows like output \"y\", got 1; ask by column");
  EXPECT_EQ(Write(AppendRows, {Make<float>("z", DType::kFp32, {}, {1})}),
            "output \"z\" has no rows; ask by column");
  EXPECT_EQ(Write(AppendRows, {y, MakeBytes("s", {2}, {"a", "\xff"})}),
            "output \"s\": element 1 is not UTF-8, which JSON cannot say");
}

}  // namespace
}  // namespace slipway::instances
