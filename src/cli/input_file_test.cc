#include "cli/input_file.h"

#include <cmath>
#include <fstream>

#include "data/npy.h"

namespace slipway::cli {
namespace {

using ::testing::HasSubstr;

Signature Matrix() { return {{{"x", DType::kFp32, {-1, 2}}}, {}}; }
Signature Columns() {
  return {{{"age", DType::kInt64, {-1, 1}}, {"city", DType::kBytes, {-1}}}, {}};
}

/// "x FP32 [2,2] 1 2 3 4": name, form and values of every input.
std::string Show(const StatusOr<FileInputs>& read) {
  if (!read.ok()) return "error: " + std::string(MessageOf(read.status()));
  std::string text;
  for (const NamedTensor& input : read->request.inputs) {
    text += input.name + " " + ToString(input.tensor.dtype, input.tensor.shape);
    if (input.tensor.dtype == DType::kBytes) {
      std::string_view element;
      for (BytesReader reader(input.tensor.data.bytes()); reader.Next(&element);)
        text += " " + std::string(element);
    }
    if (input.tensor.dtype == DType::kFp32)
      for (const float value : input.tensor.as<float>()) text += fmt::format(" {}", value);
    if (input.tensor.dtype == DType::kInt64)
      for (const int64_t value : input.tensor.as<int64_t>()) text += fmt::format(" {}", value);
    text += ";";
  }
  return text;
}

StatusOr<FileInputs> Read(FileFormat format, std::string_view content, const Signature& signature,
                          const std::vector<std::string>& features = {}) {
  return ReadInputs(format, content, {signature, features});
}

TEST(ReadInputsTest, TakesOneMatrixInEveryForm) {
  const std::string expected = "x FP32 [2,2] 1 2 3 4;";
  const std::pair<FileFormat, std::string_view> table[] = {
      {FileFormat::kJson, "[[1,2],[3,4]]"},
      {FileFormat::kJson, R"({"x":[[1,2],[3,4]]})"},
      {FileFormat::kJson,
       R"({"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]})"},
      {FileFormat::kJsonLines, "[1,2]\n[3,4]\n"},
      {FileFormat::kCsv, "1,2\n3,4\n"},
      {FileFormat::kCsv, "a,b\n1,2\n 3 ,4\n"},
  };
  for (const auto& [format, text] : table)
    EXPECT_EQ(Show(Read(format, text, Matrix())), expected) << text;
  const float values[] = {1, 2, 3, 4};
  const auto npy = data::WriteNpy({DType::kFp32, {2, 2}, Buffer(std::as_bytes(std::span(values)))});
  EXPECT_EQ(Show(Read(FileFormat::kNpy, *npy, Matrix())), expected);
}

TEST(ReadInputsTest, ObjectsWhoseNamesTheModelDoesNotKnowAreRefused) {
  const std::pair<FileFormat, std::string_view> named[] = {
      {FileFormat::kJson, R"([{"b":2,"a":1}])"},
      {FileFormat::kJson, R"({"b":2,"a":1})"},
      {FileFormat::kJson, R"({"b":[2],"a":[1]})"},
      {FileFormat::kJson, R"({"inputs":{"b":[2],"a":[1]}})"},
      {FileFormat::kJsonLines, R"({"b":2,"a":1})"},
  };
  for (const auto& [format, text] : named) {
    EXPECT_THAT(Show(Read(format, text, Matrix())), HasSubstr("names of the model's columns"))
        << text;
    EXPECT_EQ(Show(Read(format, text, Matrix(), {"a", "b"})), "x FP32 [1,2] 1 2;") << text;
  }
  EXPECT_EQ(Show(Read(FileFormat::kJson, R"({"columns":["b","a"],"data":[[1,2]]})", Matrix())),
            "x FP32 [1,2] 1 2;")
      << "lists have an order";
}

TEST(ReadInputsTest, TakesARowAsABatchOfOne) {
  EXPECT_EQ(Show(Read(FileFormat::kJson, "[1,2]", Matrix())), "x FP32 [1,2] 1 2;");
}

TEST(ReadInputsTest, TakesNamedColumns) {
  const std::string expected = "age INT64 [2,1] 30 40;city BYTES [2] Bern Köln;";
  const std::pair<FileFormat, std::string_view> table[] = {
      {FileFormat::kJson, R"([{"age":30,"city":"Bern"},{"city":"Köln","age":40}])"},
      {FileFormat::kJson, R"({"age":[30,40],"city":["Bern","Köln"]})"},
      {FileFormat::kJsonLines, "{\"age\":30,\"city\":\"Bern\"}\n{\"age\":40,\"city\":\"Köln\"}"},
      {FileFormat::kCsv, "age,city\n30,Bern\n40,\"Köln\"\n"},
  };
  for (const auto& [format, text] : table)
    EXPECT_EQ(Show(Read(format, text, Columns())), expected) << text;
}

TEST(ReadInputsTest, NamesTheCulprit) {
  const std::tuple<FileFormat, Signature, std::string_view, std::string_view> table[] = {
      {FileFormat::kJson, Columns(), "[[1]]", "missing columns \"age\", \"city\""},
      {FileFormat::kJson, Columns(), R"({"agee":[1]})",
       "unknown columns \"agee\"; missing columns \"age\", \"city\""},
      {FileFormat::kJson, Columns(), R"({"age":[1.5]})", "input \"age\": JSON"},
      {FileFormat::kJson, Matrix(), "[[1,2],[3]]", "row 1: missing columns \"1\""},
      {FileFormat::kCsv, Matrix(), "1,2\n3,x\n",
       "line 2: row 1, column \"1\": expected FP32, got \"x\""},
      {FileFormat::kCsv, Columns(), "age,city\nold,Bern\n",
       "line 2: row 0, column \"age\": expected INT64, got \"old\""},
      {FileFormat::kCsv, Matrix(), "", "at least one line"},
      {FileFormat::kCsv, Matrix(), "a,b\n", "at least one row"},
      {FileFormat::kNpy, Matrix(), "nonsense", "no .npy file"},
  };
  for (const auto& [format, signature, text, message] : table)
    EXPECT_THAT(Show(Read(format, text, signature)), HasSubstr(message)) << text;
}

TEST(ReadInputsTest, ColumnsOfCsvGoByTheNamesOfFeatures) {
  const std::vector<std::string> features = {"a", "b"};
  const auto read = Read(FileFormat::kCsv, "b,a\n2,1\n4,3\n", Matrix(), features);
  EXPECT_EQ(Show(read), "x FP32 [2,2] 1 2 3 4;");
  EXPECT_EQ(read->warning, "");
  EXPECT_EQ(Show(Read(FileFormat::kCsv, "b,c\n2,1\n", Matrix(), features)),
            "error: unknown columns \"c\"; missing columns \"a\"; the model takes \"a\", \"b\"");
}

TEST(ReadInputsTest, WarnsOfNamesThatNothingChecks) {
  const auto read = Read(FileFormat::kCsv, "b,a\n1,2\n", Matrix());
  EXPECT_EQ(Show(read), "x FP32 [1,2] 1 2;");
  EXPECT_THAT(read->warning, HasSubstr("the first line (b,a) are not checked"));
  EXPECT_EQ(Read(FileFormat::kCsv, "1,2\n", Matrix())->warning, "");
}

TEST(ReadInputsTest, CsvMayLackValues) {
  EXPECT_EQ(Show(Read(FileFormat::kCsv, "nan,+1\n,inf\n", Matrix())),
            "x FP32 [2,2] nan 1 nan inf;");
  EXPECT_THAT(Show(Read(FileFormat::kCsv, "age,city\nnan,Bern\n", Columns())),
              HasSubstr("line 2: row 0, column \"age\": expected INT64, got \"nan\""));
}

// By a table: the byte of the file that the message has to name is marked with '!'.
TEST(ReadInputsTest, CountsBytesFromTheFilesStart) {
  const std::pair<FileFormat, std::string_view> table[] = {
      {FileFormat::kJson, R"({"x":[[1,!"4"]]})"},
      {FileFormat::kJson, R"([[1,2],[3,!"4"]])"},
      {FileFormat::kJsonLines, "[1,2]\r\n\n[3,!\"4\"]\n[5,6]"},
      {FileFormat::kJsonLines, "{\"x\":[1,2]}\n{\"x\":[3,!\"4\"]}\n"},
      {FileFormat::kJsonLines, "[1,2]\n[3!\n"},
      {FileFormat::kJsonLines, "[1,2]!,[3,4]\n"},
  };
  for (const auto& [format, marked] : table) {
    const size_t byte = marked.find('!');
    const std::string text = std::string(marked.substr(0, byte)).append(marked.substr(byte + 1));
    EXPECT_THAT(Show(Read(format, text, Matrix())), HasSubstr(fmt::format("JSON, byte {}:", byte)))
        << text;
  }
}

Signature Trained() {
  return {{{.name = "age", .dtype = DType::kFp64, .shape = {-1, 1}},
           {.name = "city", .dtype = DType::kBytes, .shape = {-1, 1}}},
          {}};
}

TEST(TakesDataFileTest, WhereEachColumnIsReadAsATrainingReadsIt) {
  EXPECT_TRUE(TakesDataFile(Trained()));
  Signature table = {
      {{.name = "x", .dtype = DType::kFp64, .shape = {-1, 2}, .columns = {"a", "b"}}}, {}};
  EXPECT_TRUE(TakesDataFile(table));
  table.inputs[0].columns.clear();
  EXPECT_FALSE(TakesDataFile(table)) << "names are known";
  EXPECT_FALSE(TakesDataFile(Columns())) << "whole numbers of 64 bits are exact";
  EXPECT_FALSE(TakesDataFile(Matrix())) << "decimals are rounded to FP32 once";
  Signature declared = Trained();
  declared.columns = {{"age", ColumnSpec::Kind::kLong}, {"city", ColumnSpec::Kind::kString}};
  EXPECT_FALSE(TakesDataFile(declared)) << "cells are cast as declared";
}

TEST(ReadInputFileTest, ReadsWhatATrainingReads) {
  const std::string path = ::testing::TempDir() + "/rows.csv";
  std::ofstream(path) << "\xEF\xBB\xBF\"city\";price;age\nBern;9;1970-01-02\nNA;8;?\n";
  const Signature signature = Trained();
  const auto read = ReadInputFile(path, {signature, {}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->inputs.at(0).name, "age");
  const auto ages = read->inputs[0].tensor.as<double>();
  EXPECT_EQ(ages[0], 86'400);
  EXPECT_TRUE(std::isnan(ages[1]));
  std::string_view city;
  BytesReader cities(read->inputs.at(1).tensor.data.bytes());
  EXPECT_TRUE(cities.Next(&city) && city == "Bern" && cities.Next(&city) && city.empty());
}

TEST(ReadInputFileTest, WhatIsWrongWithAFileOfDataIsNamed) {
  Signature signature = Trained();
  for (TensorSpec& input : signature.inputs) input.any_number = true;
  const std::pair<std::string_view, std::string_view> table[] = {
      {"city;size\nBern;1\n", "there is no column \"age\""},
      {"city;age\nBern;old\nUlm;1\n",
       "column \"age\" holds the word \"old\": the model takes numbers"},
      {"city;age\nBern;2024-02-29\n", "column \"age\" holds times: the model takes numbers there"},
      {"city,age\nBern,2024-02-29\n", "column \"age\" holds times: the model takes numbers there"}};
  const std::string path = ::testing::TempDir() + "/wrong.csv";
  for (const auto& [text, says] : table) {
    std::ofstream(path) << text;
    EXPECT_THAT(MessageOf(ReadInputFile(path, {signature, {}}).status()), HasSubstr(says)) << text;
  }
  signature.inputs[0].times = {true};
  EXPECT_TRUE(ReadInputFile(path, {signature, {}}).ok());
  std::ofstream(path) << "city;age\nBern;29.02.2024\n";
  EXPECT_THAT(MessageOf(ReadInputFile(path, {signature, {}}).status()),
              HasSubstr("the model takes times like 2024-02-29T23:59:59Z there"));
}

TEST(ReadInputFileTest, WhereOneColumnOfATableIsToldToBeATimeTheOthersAreNone) {
  Signature table{{{"x", DType::kFp64, {-1, 2}}}, {{"y", DType::kFp64, {-1}}}};
  table.inputs[0].columns = {"since", "age"};
  const std::string path = ::testing::TempDir() + "/times.csv";
  std::ofstream(path) << "since,age\n2024-02-29,2024-02-29\n";
  EXPECT_TRUE(ReadInputFile(path, {table, {}}).ok()) << "a server that does not tell";
  table.inputs[0].times = {true, false};
  EXPECT_THAT(MessageOf(ReadInputFile(path, {table, {}}).status()),
              HasSubstr("column \"age\" holds times: the model takes numbers there"));
}

TEST(FormatOfTest, GoesByTheNamesEnd) {
  EXPECT_EQ(*FormatOf("a.ndjson"), FileFormat::kJsonLines);
  EXPECT_EQ(*FormatOf("-"), FileFormat::kJson);
  EXPECT_EQ(MessageOf(FormatOf("a.txt").status()),
            "\"a.txt\": expected a name that ends in .json, .jsonl, .csv or .npy");
}

TEST(SyntheticRequestTest, FitsTheSignatureAndIsTheSameEveryTime) {
  Signature signature;
  for (int i = 0; i < kDTypeCount; ++i)
    signature.inputs.push_back({"i" + std::to_string(i), static_cast<DType>(i), {-1, 3, -1}});
  signature.inputs.push_back({"left out", DType::kFp32, {1}, /*optional=*/true});
  const auto a = SyntheticRequest(signature, 4), b = SyntheticRequest(signature, 4);
  ASSERT_TRUE(a.ok()) << a.status();
  ASSERT_EQ(a->inputs.size(), static_cast<size_t>(kDTypeCount));
  for (size_t i = 0; i < a->inputs.size(); ++i) {
    EXPECT_EQ(a->inputs[i].tensor.shape, (Shape{4, 3, 1}));
    EXPECT_TRUE(CheckData(a->inputs[i].tensor).ok()) << i;
    EXPECT_TRUE(
        std::ranges::equal(a->inputs[i].tensor.data.bytes(), b->inputs[i].tensor.data.bytes()));
  }
  signature.inputs = {{"huge", DType::kFp32, {1 << 20, 1 << 20}}};
  EXPECT_EQ(ReasonOf(SyntheticRequest(signature, 1).status()), Reason::kTooLarge);
}

}  // namespace
}  // namespace slipway::cli
