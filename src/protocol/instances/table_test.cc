#include "protocol/instances/table.h"

#include <cmath>

#include "base/clock.h"
#include "protocol/instances/csv_table.h"

namespace slipway::instances {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kNoFeatures;
const std::vector<std::string> kFeatures = {"width", "height", "depth"};
const Signature kOneInput = {{{"x", DType::kFp32, {-1, 3}}}, {}};
const Signature kColumns = {{{"age", DType::kInt64, {-1, 1}},
                             {"sex", DType::kBytes, {-1, 1}},
                             {"fare", DType::kFp32, {-1}},
                             {"note", DType::kBytes, {-1}, true}},
                            {}};

template <typename T>
std::vector<T> Values(const NamedTensor& input) {
  const auto values = input.tensor.as<T>();
  return {values.begin(), values.end()};
}

std::vector<std::string> Texts(const NamedTensor& input) {
  std::vector<std::string> all;
  BytesReader reader(input.tensor.data.bytes());
  for (std::string_view element; reader.Next(&element);) all.emplace_back(element);
  return all;
}

/// As MLflow's signatures declare them.
const Signature kDeclared = {{{"x", DType::kFp64, {-1, 3}}},
                             {},
                             {{"width", ColumnSpec::Kind::kLong},
                              {"height", ColumnSpec::Kind::kFloat},
                              {"depth", ColumnSpec::Kind::kBoolean}}};

struct Outcome {
  InferRequest request;
  Status status;
};

/// Rows as lists of cells, under `names` or, without names, by position.
Outcome Fill(const Signature& signature, const std::vector<std::string>& features,
             const std::vector<std::string>& names, std::string_view rows) {
  Outcome outcome;
  const auto fill = [&]() -> Status {
    Table table(signature, features);
    RETURN_IF_ERROR(names.empty() ? table.SetWidth(3) : table.SetColumns(names));
    JsonReader json(rows, {.allow_nan_tokens = true});
    RETURN_IF_ERROR(json.BeginArray());
    for (;;) {
      ASSIGN_OR_RETURN(const bool row, json.NextElement());
      if (!row) return table.Finish(outcome.request);
      RETURN_IF_ERROR(json.BeginArray());
      for (size_t column = 0;; ++column) {
        ASSIGN_OR_RETURN(const bool cell, json.NextElement());
        if (!cell) break;
        RETURN_IF_ERROR(table.Put(column, json));
      }
      RETURN_IF_ERROR(table.EndRow());
    }
  };
  outcome.status = fill();
  return outcome;
}

TEST(TableTest, FeaturesAreFoundByName) {
  const auto got =
      Fill(kOneInput, kFeatures, {"depth", "width", "height"}, "[[3,1,2],[6,null,true]]");
  ASSERT_TRUE(got.status.ok()) << got.status;
  const NamedTensor& x = got.request.inputs.at(0);
  EXPECT_EQ(x.name, "x");
  EXPECT_THAT(x.tensor.shape, ElementsAre(2, 3));
  const auto values = Values<float>(x);
  EXPECT_TRUE(std::isnan(values[3])) << "a missing value";
  EXPECT_THAT((std::vector{values[0], values[1], values[2], values[4], values[5]}),
              ElementsAre(1, 2, 3, 1, 6));
}

TEST(TableTest, DeclaredColumnsPassOverOthersAndCastTheirCells) {
  const auto got = Fill(kDeclared, kFeatures, {"note", "depth", "width", "height"},
                        R"([["x",true,1.9,0.1],[[1],0.5,"-7","2.5"],[null,null,2e3,NaN]])");
  ASSERT_TRUE(got.status.ok()) << got.status;
  EXPECT_THAT(got.request.inputs.at(0).tensor.shape, ElementsAre(3, 3));
  auto values = Values<double>(got.request.inputs.at(0));
  EXPECT_TRUE(std::isnan(values[7]));
  values[7] = 0;
  EXPECT_THAT(values, ElementsAre(1, 0.1f, 1, -7, 2.5, 1, 2000, 0, 0));
}

TEST(TableTest, DeclaredColumnsRefuseWhatTheirTypeCannotHold) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[[null,1,true]]", "row 0, column \"width\": JSON, byte"},
      {R"([["1.5",1,true]])", "expected an integer of 64 bits"},
      {"[[1e19,1,true]]", "expected an integer of 64 bits"},
      {R"([[1,"one",true]])", "row 0, column \"height\": JSON, byte 9: expected a number"},
      {R"([[1,1,"yes"]])", "expected a boolean"},
  };
  for (const auto& [rows, message] : cases)
    EXPECT_THAT(MessageOf(Fill(kDeclared, kFeatures, {"width", "height", "depth"}, rows).status),
                HasSubstr(message))
        << rows;
  EXPECT_THAT(MessageOf(Fill(kDeclared, kFeatures, {"width", "depth", "note"}, "[]").status),
              HasSubstr("missing columns \"height\""));
}

TEST(TableTest, DeclaredColumnsCastCsvAsPandasReadsIt) {
  const auto read = [](std::string_view text) {
    Outcome outcome;
    outcome.status =
        ReadCsvTable(text, CsvHeader::kAuto, kDeclared, kFeatures, outcome.request).status();
    return outcome;
  };
  const auto got = read("note,depth,width,height\nx,True,7,0.1\ny,0,1e3,\n");
  ASSERT_TRUE(got.status.ok()) << got.status;
  auto values = Values<double>(got.request.inputs.at(0));
  EXPECT_TRUE(std::isnan(values[4]));
  values[4] = 0;
  EXPECT_THAT(values, ElementsAre(7, 0.1f, 1, 1000, 0, 0));
  const std::pair<std::string_view, std::string_view> refused[] = {
      {"1,2,5.1", "column \"depth\": expected a boolean, got \"5.1\""},
      {"1,2,", "expected a boolean, got \"\""},
      {"1.5,2,1", "column \"width\": expected an integer of 64 bits, got \"1.5\""},
      {",2,1", "expected an integer of 64 bits, got \"\""},
      {"1,x,1", "column \"height\": expected a number, got \"x\""},
  };
  for (const auto& [row, message] : refused)
    EXPECT_THAT(MessageOf(read(fmt::format("width,height,depth\n{}\n", row)).status),
                HasSubstr(message));
}

TEST(TableTest, DeclaredColumnsAreNeverTakenByTheirOrder) {
  const std::vector<std::string> orders[] = {{}, {"0", "1", "2"}};
  for (const auto& names : orders)
    EXPECT_THAT(MessageOf(Fill(kDeclared, kFeatures, names, "[[1,2,3]]").status),
                HasSubstr("missing columns \"width\", \"height\", \"depth\""));
}

TEST(TableTest, ColumnsOfAModelWithoutFeatureNamesKeepTheirOrder) {
  const std::vector<std::string> orders[] = {{}, {"c", "b", "a"}, {"0", "1", "2"}};
  for (const auto& names : orders) {
    const auto got = Fill(kOneInput, kNoFeatures, names, "[[1,2,3]]");
    ASSERT_TRUE(got.status.ok()) << got.status;
    EXPECT_THAT(Values<float>(got.request.inputs.at(0)), ElementsAre(1, 2, 3));
  }
  EXPECT_TRUE(Fill(kOneInput, kFeatures, {"0", "1", "2"}, "[[1,2,3]]").status.ok())
      << "names that only count say nothing against the features";
}

TEST(TableTest, AMissingTextIsTheEmptyOneWhereTheModelTakesTables) {
  const auto fill = [](bool any_number) {
    const Signature city = {
        {{.name = "city", .dtype = DType::kBytes, .shape = {-1, 1}, .any_number = any_number}}, {}};
    return Fill(city, kNoFeatures, {"city"}, R"([["Bern"],[null],["Ulm"]])");
  };
  const auto got = fill(true);
  ASSERT_TRUE(got.status.ok()) << got.status;
  EXPECT_THAT(Texts(got.request.inputs.at(0)), ElementsAre("Bern", "", "Ulm"));
  EXPECT_THAT(MessageOf(fill(false).status), HasSubstr("row 1, column \"city\""));
}

TEST(TableTest, ATimeIsTextOrSeconds) {
  const Signature when = {{{.name = "input",
                            .dtype = DType::kFp64,
                            .shape = {-1, 2},
                            .any_number = true,
                            .times = {false, true}}},
                          {}};
  const std::vector<std::string> features = {"age", "when"};
  const auto got =
      Fill(when, features, {"when", "age"},
           R"([["1970-01-02",1],[60,2],["1970-01-01T00:01:00+00:01",3],["",4],[null,5]])");
  ASSERT_TRUE(got.status.ok()) << got.status;
  const auto values = Values<double>(got.request.inputs.at(0));
  EXPECT_THAT(std::vector(values.begin(), values.begin() + 6), ElementsAre(1, 86'400, 2, 60, 3, 0));
  EXPECT_TRUE(std::isnan(values[7]) && std::isnan(values[9]));
  EXPECT_THAT(MessageOf(Fill(when, features, {"when", "age"}, R"([["noon",1]])").status),
              HasSubstr("row 0, column \"when\""));
  EXPECT_THAT(MessageOf(Fill(when, features, {"when", "age"}, R"([[1,"1970-01-02"]])").status),
              HasSubstr("row 0, column \"age\""));

  InferRequest request;
  const auto read = ReadCsvTable("age,when\n1, 1970-01-02 \n2,60\n3,\n", CsvHeader::kAuto, when,
                                 features, request);
  ASSERT_TRUE(read.ok()) << read.status();
  const auto cells = Values<double>(request.inputs.at(0));
  EXPECT_THAT(std::vector(cells.begin(), cells.begin() + 4), ElementsAre(1, 86'400, 2, 60));
  EXPECT_TRUE(std::isnan(cells[5]));
  InferRequest bad;
  EXPECT_THAT(
      MessageOf(ReadCsvTable("age,when\n1,noon\n", CsvHeader::kAuto, when, features, bad).status()),
      HasSubstr("line 2: row 0, column \"when\": expected a time like"));
}

TEST(TableTest, AColumnMayBeAnInputOfItsOwn) {
  const auto got =
      Fill(kColumns, kNoFeatures, {"fare", "sex", "age"}, R"([[7.25,"male",22],[NaN,"f",38]])");
  ASSERT_TRUE(got.status.ok()) << got.status;
  const auto& inputs = got.request.inputs;
  ASSERT_EQ(inputs.size(), 3u);
  EXPECT_EQ(inputs[0].name, "fare");
  EXPECT_THAT(inputs[0].tensor.shape, ElementsAre(2));
  EXPECT_EQ(Values<float>(inputs[0])[0], 7.25f);
  EXPECT_THAT(inputs[1].tensor.shape, ElementsAre(2, 1));
  EXPECT_THAT(Texts(inputs[1]), ElementsAre("male", "f"));
  EXPECT_THAT(Values<int64_t>(inputs[2]), ElementsAre(22, 38));

  const auto by_position = Fill(kColumns, kNoFeatures, {}, R"([[22,"male",7.25]])");
  ASSERT_TRUE(by_position.status.ok()) << by_position.status;
  EXPECT_THAT(Texts(by_position.request.inputs.at(1)), ElementsAre("male"));
}

TEST(TableTest, ACellMayBeAListWhereARowTakesSeveralValues) {
  const Signature wide = {{{"pixels", DType::kUint8, {-1, 2, 2}}, {"gain", DType::kFp64, {}}}, {}};
  const auto got = Fill(wide, kNoFeatures, {"pixels", "gain"}, "[[[[1,2],[3,4]],0.5]]");
  ASSERT_TRUE(got.status.ok()) << got.status;
  EXPECT_THAT(got.request.inputs.at(0).tensor.shape, ElementsAre(1, 2, 2));
  EXPECT_THAT(Values<uint8_t>(got.request.inputs.at(0)), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(got.request.inputs.at(1).tensor.shape.empty());
}

TEST(TableTest, NamesWhatDoesNotFit) {
  struct Case {
    const Signature& signature;
    const std::vector<std::string>& features;
    std::vector<std::string> names;
    std::string_view rows;
    std::string_view message;
  };
  const Case table[] = {
      {kOneInput,
       kFeatures,
       {"width", "hight"},
       "[]",
       R"(unknown columns "hight"; missing columns "height", "depth"; the model takes "width", "height", "depth")"},
      {kColumns,
       kNoFeatures,
       {"age", "name"},
       "[]",
       R"(unknown columns "name"; missing columns "sex", "fare"; the model takes "age", "sex", "fare", "note")"},
      {kOneInput, kFeatures, {"width", "width"}, "[]", R"(columns "width" occur twice)"},
      {kOneInput,
       kNoFeatures,
       {"a", "b"},
       "[]",
       R"(expected 3 columns for input "x" FP32 [-1,3], got 2)"},
      {kOneInput,
       kFeatures,
       {},
       R"([[1,2,3],[1,"2",3]])",
       R"(row 1, column "1": JSON, byte 12: expected FP32, got '"')"},
      {kOneInput, kFeatures, {}, "[[1,2]]", R"(row 0: missing columns "2")"},
      {kOneInput,
       kFeatures,
       {},
       "[[1,2,1e39]]",
       R"(row 0, column "2": JSON, byte 10: expected FP32, got 1e39)"},
      {kColumns,
       kNoFeatures,
       {"age", "sex", "fare"},
       R"([[1.5,"m",2]])",
       R"(row 0, column "age": JSON, byte 5: expected INT64, got 1.5)"},
      {kColumns,
       kNoFeatures,
       {"age", "sex", "fare"},
       R"([[null,"m",2]])",
       R"(row 0, column "age": JSON, byte 2: expected INT64, got 'n')"},
      {kColumns,
       kNoFeatures,
       {"age", "sex", "fare"},
       R"([[1,["a","b"],2]])",
       R"(row 0, column "sex": JSON, byte 9: expected 1 values)"},
      {kOneInput, kFeatures, {}, "[]", "expected at least one row"},
  };
  for (const Case& row : table) {
    const auto got = Fill(row.signature, row.features, row.names, row.rows);
    EXPECT_EQ(ReasonOf(got.status), Reason::kBadRequest);
    EXPECT_EQ(MessageOf(got.status), row.message);
  }
}

TEST(TableTest, AMessageStaysShortWhateverTheNames) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(std::to_string(i) + std::string(500, 'x'));
  const auto got = Fill(kOneInput, kFeatures, names, "[]");
  EXPECT_THAT(MessageOf(got.status), HasSubstr("and 980 more"));
  EXPECT_LT(MessageOf(got.status).size(), 2000u);
}

Outcome FromCsv(std::string_view text, CsvHeader header, const Signature& signature,
                const std::vector<std::string>& features) {
  Outcome outcome;
  const auto names = ReadCsvTable(text, header, signature, features, outcome.request);
  outcome.status = names.status();
  return outcome;
}

TEST(CsvTableTest, TellsAHeaderFromValues) {
  for (const std::string_view text : {"1,2,3\n4,,+6\n", "width,height,depth\n1,2,3\n4,nan, 6\n",
                                      "depth,height,width\n3,2,1\n6,,4"}) {
    const auto got = FromCsv(text, CsvHeader::kAuto, kOneInput, kFeatures);
    ASSERT_TRUE(got.status.ok()) << got.status;
    const auto values = Values<float>(got.request.inputs.at(0));
    EXPECT_TRUE(std::isnan(values[4]));
    EXPECT_THAT((std::vector{values[0], values[1], values[2], values[3], values[5]}),
                ElementsAre(1, 2, 3, 4, 6));
  }
}

TEST(CsvTableTest, SaysWhetherTheNamesDecided) {
  const auto names_of = [](std::string_view text, const std::vector<std::string>& features) {
    InferRequest request;
    return *ReadCsvTable(text, CsvHeader::kAuto, kOneInput, features, request);
  };
  EXPECT_EQ(names_of("1,2,3", kFeatures), CsvNames::kNone);
  EXPECT_EQ(names_of("depth,height,width\n1,2,3", kFeatures), CsvNames::kFound);
  EXPECT_EQ(names_of("depth,height,width\n1,2,3", kNoFeatures), CsvNames::kUnchecked);
}

TEST(CsvTableTest, TruthValuesAreNoHeader) {
  const Signature flags = {{{"flags", DType::kBool, {-1, 2}}}, {}};
  const auto got = FromCsv("true,False\n0,1\n", CsvHeader::kAuto, flags, kNoFeatures);
  EXPECT_EQ(got.request.inputs.at(0).tensor.shape, (Shape{2, 2}));
}

TEST(CsvTableTest, TakesTextAsItStands) {
  const auto got =
      FromCsv("sex,age,fare\n\"a,\"\"b\",7,1e-3\n", CsvHeader::kAuto, kColumns, kNoFeatures);
  ASSERT_TRUE(got.status.ok()) << got.status;
  EXPECT_THAT(Texts(got.request.inputs.at(0)), ElementsAre("a,\"b"));

  const Signature text = {{{"text", DType::kBytes, {-1}}}, {}};
  EXPECT_THAT(Texts(FromCsv("first\nsecond", CsvHeader::kAuto, text, {}).request.inputs.at(0)),
              ElementsAre("first", "second"));
  EXPECT_THAT(Texts(FromCsv("first\nsecond", CsvHeader::kPresent, text, {}).request.inputs.at(0)),
              ElementsAre("second"));
}

TEST(CsvTableTest, TheHeaderCanBeSaid) {
  const std::string_view numbers = "0,1,2\n3,4,5\n";
  const auto rows = [&](CsvHeader header) {
    return FromCsv(numbers, header, kOneInput, kNoFeatures).request.inputs.at(0).tensor.shape[0];
  };
  EXPECT_EQ(rows(CsvHeader::kAuto), 2);
  EXPECT_EQ(rows(CsvHeader::kAbsent), 2);
  EXPECT_EQ(rows(CsvHeader::kPresent), 1);
}

TEST(CsvTableTest, ManyColumnsInAnyOrderAreFoundInLinearTime) {
  constexpr size_t kMany = 100'000;
  Signature inputs, declared{{{"x", DType::kFp64, {-1, kMany}}}, {}};
  std::vector<std::string> names;
  std::string header, row;
  for (size_t i = 0; i < kMany; ++i) {
    names.push_back(fmt::format("a_column_called_{:05}", i));
    inputs.inputs.push_back({names.back(), DType::kFp64, {-1, 1}});
    declared.columns.push_back({names.back(), ColumnSpec::Kind::kDouble});
    const size_t other = i * 7919 % kMany;
    header += fmt::format("{}a_column_called_{:05}", i > 0 ? "," : "", other);
    row += fmt::format("{}{}", i > 0 ? "," : "", other);
  }
  const std::string text = header + "\n" + row + "\n";
  const SteadyClock clock;
  const TimePoint begin = clock.Now();
  const auto by_input = FromCsv(text, CsvHeader::kAuto, inputs, kNoFeatures);
  const auto by_feature = FromCsv(text, CsvHeader::kAuto, declared, names);
  EXPECT_LT(clock.Now() - begin, std::chrono::seconds(10)) << "each with each is 10^10 pairs";
  ASSERT_TRUE(by_input.status.ok() && by_feature.status.ok());
  const std::vector<double> values = Values<double>(by_feature.request.inputs.at(0));
  for (size_t i = 0; i < kMany; i += 997) EXPECT_EQ(values[i], static_cast<double>(i));
  EXPECT_EQ(by_input.request.inputs.at(1).name, names[7919]);
  EXPECT_EQ(Values<double>(by_input.request.inputs.at(1)), std::vector<double>{7919});
}

TEST(CsvTableTest, NamesWhatDoesNotFit) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", "expected at least one line of values"},
      {"width,height,depth\n", "expected at least one row"},
      {"1,2,3\n1,x,3", R"(line 2: row 1, column "1": expected FP32, got "x")"},
      {"1,2,3\n1,2", "line 2: expected 3 cells, got 2"},
      {"1,2", R"(expected 3 columns for input "x" FP32 [-1,3], got 2)"},
      {"width,height,size\n1,2,3",
       R"(unknown columns "size"; missing columns "depth"; the model takes "width", "height", "depth")"},
  };
  for (const auto& [text, message] : table)
    EXPECT_EQ(MessageOf(FromCsv(text, CsvHeader::kAuto, kOneInput, kFeatures).status), message);
}

}  // namespace
}  // namespace slipway::instances
