#include "import/pickle/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/pickle/testing/files.h"
#include "import/pickle/text.h"

namespace slipway::pickle {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::OwnedDocument;
using testing::ReadFixture;

std::string DescribeFile(const std::string& name, const DescribeOptions& options = {}) {
  const OwnedDocument document(ReadFixture(name));
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? Describe(*document, options) : "";
}

size_t CountOf(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(DescribeTest, CycleIsShownOnceWithANumber) {
  EXPECT_EQ(DescribeFile("cycle.pkl"),
            "pickle of protocol 4\n"
            "globals: none\n"
            "values:\n"
            "  list of 1  #1\n"
            "    - see #1\n");
}

TEST(DescribeTest, GlobalsHaveOffsetsAndVerdicts) {
  const auto only_shapes = [](std::string_view module, std::string_view) {
    return module == "shapes";
  };
  const std::string text = DescribeFile("values_4.pkl", {.allowed = only_shapes});
  EXPECT_THAT(text, HasSubstr("  allowed shapes.Point at byte "));
  EXPECT_THAT(text, HasSubstr("  REFUSED collections.OrderedDict at byte "));
  EXPECT_THAT(text, HasSubstr("\n    \"point\": shapes.Point\n      state: dict of 2\n"));
  const size_t refused = CountOf(text, "  REFUSED ");
  EXPECT_GT(refused, 0u);
  EXPECT_THAT(text, ::testing::EndsWith(fmt::format("\n{} of {} globals are refused\n", refused,
                                                    refused + CountOf(text, "  allowed "))));
}

TEST(DescribeTest, ArraysShowTypeShapeAndFirstElements) {
  const std::string text = DescribeFile("joblib_zlib.joblib");
  EXPECT_THAT(text, HasSubstr("packed with zlib"));
  EXPECT_THAT(text, HasSubstr("\"f8\": array of f8, shape [3]: 0.5, -1.0, inf\n"));
  EXPECT_THAT(
      text,
      HasSubstr("\"fortran\": array of f8, shape [2, 3, 4]: 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, …\n"));
  EXPECT_THAT(text, HasSubstr("\"U\": array of U20, shape [2]: \"a\", \"Größe\"\n"));
  EXPECT_THAT(text, HasSubstr("with fields left, threshold, flag, shape [2]\n"));
  EXPECT_THAT(text, HasSubstr("\"u8\": array of u8, shape [1]\n"));
}

TEST(DescribeTest, LinesElementsAndDepthAreBounded) {
  EXPECT_THAT(DescribeFile("values_4.pkl", {.max_elements = 2}), HasSubstr("\n    … 19 more\n"));
  const std::string text = DescribeFile("values_4.pkl", {.max_lines = 10});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
  EXPECT_THAT(text, ::testing::EndsWith("… and more, which is not shown\n"));
  EXPECT_THAT(DescribeFile("values_4.pkl", {.max_depth = 2}),
              AllOf(HasSubstr("\n      …\n"), Not(HasSubstr("\n        "))));
}

TEST(DescribeTest, TextCannotSteerTheTerminal) {
  using namespace std::string_literals;
  const OwnedDocument document("X\x0e\0\0\0\x1b[31m\n\u202e\u00fc\u009b\x7f."s);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_THAT(Describe(*document), HasSubstr("\"\\x1b[31m\\x0a\\u202eü\\x9b\\x7f\""));
  EXPECT_EQ(Printable("\xff"
                      "a"),
            "\\xffa");
}

}  // namespace
}  // namespace slipway::pickle
