#include "data/json_columns.h"

namespace slipway::data {
namespace {

std::string Show(const StatusOr<std::vector<JsonColumn>>& columns) {
  if (!columns.ok()) return "error: " + std::string(MessageOf(columns.status()));
  std::string text;
  for (const JsonColumn& column : *columns) text += column.name + "=" + column.array + " ";
  return text;
}

TEST(ColumnsFromJsonTest, TakesRowsObjectsAndColumns) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"[[1,2],[3,4]]", "=[[1,2],[3,4]] "},
      {" [1, 2] ", "=[1, 2] "},
      {R"([{"a":1,"b":"x"},{"b":"y","a":2}])", R"(a=[1,2] b=["x","y"] )"},
      {R"({"a":[1,2],"b":[[3]]})", "a=[1,2] b=[[3]] "},
      {"[]", "error: expected at least one row"},
      {"3", "error: expected a JSON array of rows or an object of columns"},
      {R"({"a":1})", "error: key \"a\": expected an array of values"},
      {R"([{"a":1},{"b":1}])", "error: row 1: key \"b\" is not in the first row"},
      {R"([{"a":1,"b":1},{"a":1}])", "error: row 1: expected 2 keys as in the first row, got 1"},
      {R"([{"a":1,"a":2}])", "error: row 0: key \"a\" is there twice"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(Show(ColumnsFromJson(text)), expected) << text;
  EXPECT_FALSE(ColumnsFromJson("[1,2").ok());
  EXPECT_FALSE(ColumnsFromJson("[1,2] x").ok());
  EXPECT_FALSE(ColumnsFromJson(R"([{"a":1},2])").ok());
  EXPECT_FALSE(ColumnsFromJson("").ok());
}

TEST(ColumnsFromJsonLinesTest, ReadsARowALine) {
  EXPECT_EQ(Show(ColumnsFromJsonLines("[1,2]\r\n\n[3,4]\n")), "=[[1,2],[3,4]] ");
  EXPECT_EQ(Show(ColumnsFromJsonLines("{\"a\":1}\n{\"a\":2}")), "a=[1,2] ");
  EXPECT_THAT(Show(ColumnsFromJsonLines("[1,2]\n[3\n")), testing::HasSubstr("error: line 2: JSON"));
  EXPECT_THAT(Show(ColumnsFromJsonLines("[1],[2]\n")), testing::HasSubstr("error: line 1: JSON"));
}

TEST(ShapeOfJsonArrayTest, CountsEveryDepth) {
  const std::pair<std::string_view, Shape> table[] = {{"[]", {0}},
                                                      {"[1,2,3]", {3}},
                                                      {"[[1,2],[3,4],[5,6]]", {3, 2}},
                                                      {"[[],[]]", {2, 0}},
                                                      {R"([[["a"]]])", {1, 1, 1}}};
  for (const auto& [text, shape] : table) EXPECT_EQ(*ShapeOfJsonArray(text), shape) << text;
}

TEST(ShapeOfJsonArrayTest, RefusesRaggedAndDeepArrays) {
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  for (const std::string& text :
       {std::string("[[1],[1,2]]"), std::string("[1,[2]]"), std::string("[[1],2]"),
        std::string("[[[1]],[1]]"), std::string("[[1],[[1]]]"), deep, std::string(100'000, '['),
        std::string("1"), std::string("[1")})
    EXPECT_FALSE(ShapeOfJsonArray(text).ok()) << text.substr(0, 40);
}

}  // namespace
}  // namespace slipway::data
