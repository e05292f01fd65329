#include "protocol/openinference/repository_reader.h"

namespace slipway::openinference {
namespace {

TEST(RepositoryReaderTest, TheIndexMayBeAskedForReadyModelsOnly) {
  EXPECT_FALSE(*ReadIndexRequest(""));
  EXPECT_FALSE(*ReadIndexRequest("{}"));
  EXPECT_FALSE(*ReadIndexRequest(R"({"ready":false})"));
  EXPECT_TRUE(*ReadIndexRequest(R"({"spare":[{}],"ready":true})"));
  for (const std::string_view bad : {"[]", "null", R"({"ready":1})", "{}x", " "})
    EXPECT_FALSE(ReadIndexRequest(bad).ok()) << bad;
}

TEST(RepositoryReaderTest, AClientMayNotBringItsOwnModel) {
  EXPECT_TRUE(ReadLoadRequest("").ok());
  EXPECT_TRUE(ReadLoadRequest(R"({"parameters":{"spare":1}})").ok());
  for (const std::string_view name : {"config", "file:1/model.onnx", "file:"}) {
    const Status status = ReadLoadRequest(fmt::format(R"({{"parameters":{{"{}":"x"}}}})", name));
    EXPECT_EQ(ReasonOf(status), Reason::kNotOffered);
    EXPECT_EQ(MessageOf(status),
              fmt::format("parameter \"{}\": models and their configuration come "
                          "from the repository only",
                          name));
  }
}

TEST(RepositoryReaderTest, UnloadDependentsIsABool) {
  EXPECT_FALSE(ReadUnloadRequest("").value());
  EXPECT_TRUE(ReadUnloadRequest(R"({"parameters":{"unload_dependents":true}})").value());
  EXPECT_FALSE(ReadUnloadRequest(R"({"parameters":{"unload_dependents":"yes"}})").ok());
}

TEST(RepositoryReaderTest, SettingsAreMembersOfAnObject) {
  for (const std::string_view none : {"", "{}"}) EXPECT_FALSE(ReadSettings(none).value()) << none;
  for (const std::string_view some : {R"({"log_info":null})", R"({"a":[1],"b":2})"})
    EXPECT_TRUE(ReadSettings(some).value()) << some;
  for (const std::string_view bad : {"[]", "{\"a\":1", "{} x"})
    EXPECT_EQ(ReasonOf(ReadSettings(bad).status()), Reason::kBadRequest) << bad;
}

TEST(RepositoryReaderTest, DepthIsBoundedInFieldsOfNoUse) {
  const std::string deep = std::string(250'000, '[') + std::string(250'000, ']');
  const std::string body = "{\"spare\":" + deep + "}";
  for (const Status& read : {ReadLoadRequest(body), ReadUnloadRequest(body).status()})
    EXPECT_EQ(MessageOf(read), "JSON, byte 108: nested deeper than 100");
}

}  // namespace
}  // namespace slipway::openinference
