#include "base/nearest_word.h"

namespace slipway {
namespace {

TEST(NearestWordTest, FindsTheWordThatWasMeant) {
  constexpr std::string_view words[] = {"max_body", "max_headers", "idle_timeout", "http"};
  const std::pair<std::string_view, std::string_view> table[] = {
      {"max_boddy", "max_body"}, {"max-body", "max_body"},        {"mxa_body", "max_body"},
      {"htp", "http"},           {"idle_timout", "idle_timeout"}, {"max_header", "max_headers"}};
  for (const auto& [word, expected] : table) EXPECT_EQ(NearestWord(word, words), expected) << word;
}

TEST(NearestWordTest, OffersNothingWhenNoWordIsNear) {
  constexpr std::string_view words[] = {"max_body", "http"};
  for (const std::string& word : {std::string("colour"), std::string(), std::string(65, 'h')})
    EXPECT_EQ(NearestWord(word, words), std::nullopt) << word;
  EXPECT_EQ(DidYouMean("colour", words), "");
}

}  // namespace
}  // namespace slipway
