#include "protocol/admin/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "base/utf8.h"
#include "protocol/admin/html.h"
#include "protocol/admin/page_style.h"

namespace slipway::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

const Signature kDigits = {
    .inputs = {{"image", DType::kFp32, {-1, 1, 8, 8}}, {"mask", DType::kBool, {-1}, true}},
    .outputs = {{"digit", DType::kInt64, {-1}, false, {"zero", "one", "two"}}},
};

PageData OneModel() {
  PageData data{.server_version = "0.1.0", .engine = "onnxruntime 1.30.0", .status = "ready"};
  data.models = {{.name = "digits",
                  .versions = {{.version = "2",
                                .state = "READY",
                                .aliases = {"stable"},
                                .platform = "onnxruntime_onnx",
                                .signature = kDigits,
                                .curl = "curl -s http://127.0.0.1:8080/v2/models/digits/infer",
                                .traffic = PageTraffic{1204, 3, 310e3, 1.25e6}},
                               {.version = "1",
                                .state = "UNAVAILABLE",
                                .reason = "golden example \"first\": output differs"}}}};
  return data;
}

TEST(HtmlWriterTest, EscapesWhatHtmlReads) {
  std::string out;
  HtmlWriter(out).Raw("<b title=\"").Text("a\"b'c<d>&e").Raw("\">");
  EXPECT_EQ(out, "<b title=\"a&quot;b&#39;c&lt;d&gt;&amp;e\">");
}

TEST(HtmlWriterTest, MakesValidUtf8OfAnyBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  std::string out;
  HtmlWriter(out).Text(all);
  EXPECT_TRUE(IsValidUtf8(out));
  EXPECT_EQ(out.find('\0'), std::string::npos);
  EXPECT_EQ(out.find('\r'), std::string::npos);
}

TEST(PageTest, TellsWhatIsServedAndHowToAsk) {
  const std::string page = RenderPage(OneModel());
  for (const std::string_view fact :
       {"<h2>digits</h2>", "version 2", ">ready</span>", ">stable</span>", "onnxruntime_onnx",
        "<td>image</td><td>FP32</td><td>[-1,1,8,8]</td>", "<td>[-1]</td><td>optional</td>",
        "zero, one, two", "curl -s http://127.0.0.1:8080/v2/models/digits/infer", "version 1",
        ">unavailable</span>", "golden example &quot;first&quot;: output differs",
        "1,204 requests · 3 failed · p50 310 µs · p99 1.25 ms", "1 model, 1 of 2 versions ready",
        "href=\"/metrics\"", "href=\"/v2\""})
    EXPECT_THAT(page, HasSubstr(std::string(fact)));
}

TEST(PageTest, WithoutModelsItSaysSo) {
  PageData data = OneModel();
  data.models.clear();
  EXPECT_THAT(RenderPage(data), HasSubstr("No models are served here yet."));
}

TEST(PageTest, OnlyTheNewestServedVersionIsOpen) {
  PageData data = OneModel();
  auto& versions = data.models[0].versions;
  std::swap(versions[0], versions[1]);  // the refused one is the newest
  versions.push_back(versions[1]);
  const std::string page = RenderPage(data);
  const size_t open = page.find("<table>");
  const size_t closed = page.find("<details>");
  EXPECT_LT(open, closed);
  EXPECT_NE(page.find("<table>", closed), std::string::npos);
}

// Every text that comes from a model, its folder or its requests, at once.
TEST(PageTest, ScriptCanariesAreInertWhereverTheyStand) {
  const std::string canary = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;";
  PageData data{.server_version = canary, .engine = canary, .status = canary};
  data.links = {{canary, canary}};
  data.models = {{.name = canary, .description = canary, .problem = canary}};
  data.models[0].versions = {
      {.version = canary,
       .state = canary,
       .reason = canary,
       .aliases = {canary},
       .platform = canary,
       .digest = canary,
       .signature =
           Signature{{{canary, DType::kFp32, {1}}}, {{canary, DType::kFp32, {1}, false, {canary}}}},
       .curl = canary}};
  const std::string page = RenderPage(data);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("\"'>")));
  size_t shown = 0;
  for (size_t at = page.find("&lt;script&gt;"); at != std::string::npos;
       at = page.find("&lt;script&gt;", at + 1))
    ++shown;
  EXPECT_EQ(shown, 18u);
}

TEST(PageTest, AllowsItsOwnStyleAndNothingElse) {
  const std::string policy = PageSecurityPolicy();
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("script-src")));
  const std::string page = RenderPage(OneModel());
  EXPECT_THAT(page, HasSubstr("<style>" + std::string(kPageStyle) + "</style>"));
  EXPECT_THAT(page, Not(HasSubstr(" style=")));
  EXPECT_FALSE(std::regex_search(page, std::regex("(src|href)=\"https?:")));
}

/// Balanced and in order: what a browser repairs silently, a reader of the source should not have
/// to.
TEST(PageTest, EveryElementIsClosed) {
  const std::string page = RenderPage(OneModel());
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*>");
  for (std::sregex_iterator it(page.begin(), page.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (name == "meta" || name == "link") continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

}  // namespace
}  // namespace slipway::admin
