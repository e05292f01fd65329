#include "protocol/dialect/model_registration.h"

namespace slipway::dialect {
namespace {

using ::testing::HasSubstr;

/// Models of these names, of which those in capitals are not loaded.
lifecycle::ServingTable TableOf(std::initializer_list<std::string> names) {
  lifecycle::ServingTable table;
  for (const std::string& name : names) {
    auto entry = std::make_shared<lifecycle::ModelEntry>();
    entry->name = name;
    if (name[0] >= 'a')
      entry->ready.push_back(std::make_shared<lifecycle::ServedVersion>(
          lifecycle::ServedVersion{.name = *ModelName::Parse(name)}));
    table.models[name] = std::move(entry);
  }
  return table;
}

std::string Page(std::string_view query) {
  const auto page = ReadPage(query);
  if (!page.ok()) return std::string(MessageOf(page.status()));
  std::string out;
  WriteModelPage(TableOf({"b", "a", "c", "D"}), *page, out);
  return out;
}

TEST(ModelPageTest, TellsLoadedModelsByName) {
  const std::string a = R"({"modelName":"a","modelUrl":"a"})";
  const std::string b = R"({"modelName":"b","modelUrl":"b"})";
  const std::string c = R"({"modelName":"c","modelUrl":"c"})";
  const std::pair<std::string_view, std::string> table[] = {
      {"", a + "," + b + "," + c + "]}"},
      {"limit=2", a + "," + b + R"(],"nextPageToken":"2"})"},
      {"limit=2&next_page_token=2", c + "]}"},
      {"next_page_token=9", "]}"},
      {"limit=0&next_page_token=2", c + "]}"},
      {"limit=x&next_page_token=-1", a + "," + b + "," + c + "]}"},
      {"limit=99999999999999999999&next_page_token=2", c + "]}"},
  };
  for (const auto& [query, rest] : table) EXPECT_EQ(Page(query), "{\"models\":[" + rest) << query;
  EXPECT_THAT(Page("limit=%zz"), HasSubstr("limit"));
}

std::string Load(std::string_view url, std::string_view name = "") {
  const Repository repositories[] = {
      {"/srv/models"}, {"/srv/one/wine.onnx"}, {"/srv/other/7", "beer.onnx"}};
  const auto model =
      ModelToLoad({std::string(name), std::string(url)}, repositories, TableOf({"taken", "FREE"}));
  return model.ok() ? *model : std::string(MessageOf(model.status()));
}

TEST(ModelToLoadTest, IsAModelOfARepository) {
  for (const std::string_view url :
       {"/srv/models/m", "/srv/models/m/", "file:///srv/models/m", "/srv/models/m.onnx", "m",
        "m.onnx", "m.mar", "/srv/models/m/model", "/srv/models/m/model/", "/srv//models/./m"})
    EXPECT_EQ(Load(url), "m") << url;
  EXPECT_EQ(Load("/srv/one/wine.onnx", "wine"), "wine");
  EXPECT_EQ(Load("FREE"), "FREE") << "known, but not loaded";
  EXPECT_EQ(Load("/srv/other/7", "beer.onnx"), "beer.onnx") << "the name that it was given";
}

TEST(ModelToLoadTest, IsNothingElse) {
  for (const std::string_view url :
       {"/etc/passwd", "/srv/models/m/1", "/srv/models/m/model/1", "/srv/x/m/model", "../m",
        "/srv/models/../models/m", "https://x/m.mar", "s3://b/m", "file://https://x/m", "a/b", "..",
        "/", "/srv", "file://"})
    EXPECT_THAT(Load(url), HasSubstr("expected a model of this server's repositories")) << url;
  EXPECT_EQ(Load(""), "Parameter url is required.");
  EXPECT_THAT(Load("m", "n"), HasSubstr("model_name \"n\": expected \"m\""));
  EXPECT_EQ(Load("taken"), "model \"taken\" is registered already");
}

TEST(ReadRegistrationTest, ReadsNameAndUrl) {
  const auto read = ReadRegistration(R"({"model_name":"m","url":"/srv/m","other":[1]})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->model_name, "m");
  EXPECT_EQ(read->url, "/srv/m");
  EXPECT_FALSE(ReadRegistration(R"({"url":1})").ok());
  EXPECT_FALSE(ReadRegistration("[]").ok());
  EXPECT_FALSE(ReadRegistration(R"({"url":"m"} x)").ok());
}

}  // namespace
}  // namespace slipway::dialect
