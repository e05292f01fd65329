#include "transport/http/multipart.h"

namespace slipway::http {
namespace {

using ::testing::HasSubstr;

/// "name|type|body" of each part; or the message. "~" is a line's end.
std::string Read(std::string_view text, std::string_view boundary = "B") {
  std::string form;
  for (const char c : text) c == '~' ? form += "\r\n" : form += c;
  const auto parts = ReadForm(form, boundary);
  if (!parts.ok()) return std::string(MessageOf(parts.status()));
  std::string all;
  for (const FormPart& part : *parts)
    all += fmt::format("[{}|{}|{}]", part.name, part.content_type, part.body);
  return all;
}

TEST(MultipartTest, CutsAFormIntoItsParts) {
  const std::string data = "Content-Disposition: form-data; name=\"data\"";
  EXPECT_EQ(Read("--B~" + data + "~~1~--B--~"), "[data||1]");
  EXPECT_EQ(Read("--B~" + data + "; filename=\"a.jpg\"~Content-Type: image/JPEG~~\x01~~2~--B--"),
            "[data|image/jpeg|\x01\r\n\r\n2]");
  EXPECT_EQ(Read("--B \t~" + data + "~~a~--B~" + data + "~~~--B--"), "[data||a][data||]");
  EXPECT_EQ(Read("ignored~--B~content-disposition: form-data; name=x~~1~--B--~ignored"), "[x||1]");
  EXPECT_EQ(Read("--B~" + data + "~~1~-B~--C~--B--"), "[data||1\r\n-B\r\n--C]");
}

TEST(MultipartTest, NamesWhatIsWrong) {
  const std::string data = "Content-Disposition: form-data; name=data";
  const std::pair<std::string, std::string_view> table[] = {
      {"", "form: expected a line \"--B\""},
      {"--B--", "form: expected at least one part"},
      {"--Bc", "form, byte 3: expected a line's end"},
      {"--B~~1~--B--", "form, part 0: expected a header Content-Disposition"},
      {"--B~Content-Disposition: attachment; name=x~~1~--B--", "part 0: expected a header"},
      {"--B~" + data + "~~1", "form, part 0: expected the boundary after it"},
      {"--B~" + data, "form, part 0: expected headers of at most 8192 bytes and a blank line"},
      {"--B~X: " + std::string(9'000, 'x') + "~" + data + "~~1~--B--", "at most 8192 bytes"},
  };
  for (const auto& [form, message] : table) EXPECT_THAT(Read(form), HasSubstr(message)) << form;
  EXPECT_THAT(Read("--~", ""), HasSubstr("a boundary of 1 to 70 bytes"));
  EXPECT_THAT(Read("--~", std::string(71, 'x')), HasSubstr("a boundary of 1 to 70 bytes"));
}

TEST(MultipartTest, TakesAThousandPartsAndNoMore) {
  const std::string part = "--B~Content-Disposition: form-data; name=d~~~";
  std::string form;
  for (size_t i = 0; i < kMaxFormParts; ++i) form += part;
  EXPECT_TRUE(Read(form + "--B--").starts_with("[d||][d||]"));
  EXPECT_EQ(Read(form + part + "--B--"), "form: expected at most 1000 parts");
}

}  // namespace
}  // namespace slipway::http
