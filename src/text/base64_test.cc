#include "text/base64.h"

namespace slipway {
namespace {

TEST(Base64Test, EncodesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(*DecodeBase64(text), bytes);
  }
}

TEST(Base64Test, EveryByteSurvives) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(*DecodeBase64(EncodeBase64(all)), all);
}

TEST(Base64Test, RefusesWhatAnEncoderNeverWrites) {
  for (const std::string_view bad : {"Zg=", "Zg", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==",
                                     "Zm 9", "Zm9v\n", "Zm-v", "=Zg=", "Z=g="})
    EXPECT_FALSE(DecodeBase64(bad).ok()) << bad;
}

}  // namespace
}  // namespace slipway
