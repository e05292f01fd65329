#include "transport/http/query.h"

#include "transport/http/media_type.h"

namespace slipway::http {
namespace {

TEST(QueryValueTest, FindsAndDecodesTheFirstOfAName) {
  const std::string_view query = "model=a%2Fb&proba&model=second&text=x+y%2B&empty=";
  EXPECT_EQ(*QueryValue(query, "model"), "a/b");
  EXPECT_EQ(*QueryValue(query, "proba"), "");
  EXPECT_EQ(*QueryValue(query, "text"), "x y+");
  EXPECT_EQ(*QueryValue(query, "empty"), "");
  EXPECT_EQ(*QueryValue(query, "mode"), std::nullopt);
  EXPECT_EQ(*QueryValue("", "model"), std::nullopt);
  EXPECT_EQ(ReasonOf(QueryValue("a=%zz", "a").status()), Reason::kBadRequest);
}

TEST(MediaTypeTest, HasTypeAndParameters) {
  const MediaType csv = MediaType::Parse("Text/CSV ; Header=\"absent\";charset=UTF-8;;x");
  EXPECT_EQ(csv.type, "text/csv");
  EXPECT_EQ(csv.parameter("header"), "absent");
  EXPECT_EQ(csv.parameter("charset"), "UTF-8");
  EXPECT_EQ(csv.parameter("x"), "");
  EXPECT_EQ(csv.parameter("y"), std::nullopt);
  EXPECT_EQ(MediaType::Parse("").type, "");
}

}  // namespace
}  // namespace slipway::http
